package dev.whittle.engine.emitted;

import dev.whittle.engine.emitted.x86.ConvolutionShape.Numbers;
import dev.whittle.engine.emitted.x86.DepthwiseCode;
import dev.whittle.engine.emitted.x86.DepthwiseLayout;
import dev.whittle.engine.kernel.Convolution;
import dev.whittle.engine.kernel.Window;
import dev.whittle.engine.model.ElementType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// As [ConvolutionSelfTest], of depthwise convolutions: of the first, the middle and the last row both ends and the middle, and
/// there the channels at both ends and around the middle.
final class DepthwiseSelfTest {
    /// Code of padding, where a run tells it.
    private static final byte PADDING = 17;

    private final Convolution convolution;
    private final DepthwiseLayout layout;
    private final Window window;
    private final int channels;
    private final int rowElements;
    private final float[] factors;
    private final Set<Integer> positions;
    private final Set<Integer> testedChannels;

    private DepthwiseSelfTest(Convolution convolution, DepthwiseLayout layout) {
        this.convolution = convolution;
        this.layout = layout;
        this.window = convolution.window();
        this.channels = convolution.channels();
        this.rowElements = window.inWidth() * channels;
        this.factors = convolution.scaling() == null ? new float[0] : ConvolutionSelfTest.reals(3 * channels);
        this.positions = ends(window.outWidth());
        this.testedChannels = ends(channels);
    }

    private static Set<Integer> ends(int count) {
        Set<Integer> ends = new TreeSet<>(List.of(0, 1, count / 2 - 1, count / 2, count - 2, count - 1));
        ends.removeIf(i -> i < 0 || i >= count);
        return ends;
    }

    /// @return whether the code yields the bits of the plain loops
    static boolean passes(MemorySegment code, MemorySegment constants, Convolution convolution,
            DepthwiseLayout layout) {
        DepthwiseSelfTest test = new DepthwiseSelfTest(convolution, layout);
        int last = test.window.outHeight() - 1;
        for (int y : new TreeSet<>(List.of(0, last / 2, last))) {
            if (!test.passes(code, constants, y)) {
                return false;
            }
        }
        return true;
    }

    private boolean passes(MemorySegment code, MemorySegment constants, int outY) {
        int firstRow = Math.max(0, window.inY(outY, 0));
        int endRow = Math.min(window.inHeight(), window.inY(outY, window.filterHeight() - 1) + 1);
        int elements = Math.max(0, endRow - firstRow) * rowElements;
        boolean takesReals = layout.numbers() == Numbers.FLOAT32;
        boolean yieldsReals = convolution.codes() == null;
        float[] reals = ConvolutionSelfTest.reals(takesReals ? elements : 0);
        byte[] codes = ConvolutionSelfTest.codes(takesReals ? 0 : elements + rowElements);
        Arrays.fill(codes, Math.min(elements, codes.length), codes.length, PADDING);
        int outputs = window.outWidth() * channels;
        float[] outReals = new float[yieldsReals ? outputs : 0];
        byte[] outCodes = new byte[yieldsReals ? 0 : outputs];
        // There are only the rows under the filter, so that the image would begin before them.
        NativeCall.call(code, takesReals ? MemorySegment.ofArray(reals) : MemorySegment.ofArray(codes),
                yieldsReals ? MemorySegment.ofArray(outReals) : MemorySegment.ofArray(outCodes), constants,
                MemorySegment.ofArray(factors), -(long) firstRow * rowElements * layout.numbers().bytes(), 0,
                DepthwiseCode.rows(outY, 1), DepthwiseCode.run(elements, 0));
        for (int x : positions) {
            for (int channel : testedChannels) {
                int place = x * channels + channel;
                boolean isEqual = yieldsReals
                        ? Float.compare(outReals[place], takesReals
                                ? real(reals, firstRow, outY, x, channel)
                                : scaled(sum(codes, firstRow, outY, x, channel), channel)) == 0
                        : outCodes[place] == (byte) ConvolutionSelfTest
                                .code(convolution, channel, sum(codes, firstRow, outY, x, channel));
                if (!isEqual) {
                    return false;
                }
            }
        }
        return true;
    }

    private float real(float[] input, int firstRow, int y, int x, int channel) {
        float sum = 0;
        for (int tap = 0; tap < window.taps(); tap++) {
            int from = place(firstRow, y, x, tap);
            if (from >= 0) {
                sum = Math.fma(input[from + channel], weight(channel, tap), sum);
            }
        }
        float[] bias = convolution.bias();
        return clamp(sum + (bias == null ? -0f : bias[channel]));
    }

    private float scaled(int sum, int channel) {
        return clamp((sum + factors[channels + channel]) * factors[2 * channels + channel] + factors[channel]);
    }

    private float clamp(float value) {
        float atLeast = convolution.min() > value ? convolution.min() : value;
        return convolution.max() < atLeast ? convolution.max() : atLeast;
    }

    private int sum(byte[] input, int firstRow, int y, int x, int channel) {
        int mask = convolution.type() == ElementType.UINT8 ? 0xff : -1;
        int padding = convolution.scaling() == null ? convolution.inputZeroPoint() : PADDING;
        int sum = 0;
        for (int tap = 0; tap < window.taps(); tap++) {
            int from = place(firstRow, y, x, tap);
            int code = from >= 0 ? input[from + channel] & mask : padding;
            sum += (code - convolution.inputZeroPoint()) * (int) weight(channel, tap);
        }
        return sum;
    }

    private float weight(int channel, int tap) {
        return convolution.weights()[channel * window.taps() + tap];
    }

    /// Where the channels under a tap begin; −1 where it lies on padding.
    private int place(int firstRow, int y, int x, int tap) {
        int inY = window.inY(y, tap / window.filterWidth());
        int inX = window.inX(x, tap % window.filterWidth());
        boolean isInside = inY >= 0 && inY < window.inHeight() && inX >= 0 && inX < window.inWidth();
        return isInside ? ((inY - firstRow) * window.inWidth() + inX) * channels : -1;
    }
}

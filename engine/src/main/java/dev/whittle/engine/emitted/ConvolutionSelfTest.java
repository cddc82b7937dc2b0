package dev.whittle.engine.emitted;

import dev.whittle.engine.emitted.x86.ConvolutionLayout;
import dev.whittle.engine.emitted.x86.ConvolutionShape;
import dev.whittle.engine.emitted.x86.ConvolutionShape.Numbers;
import dev.whittle.engine.kernel.Convolution;
import dev.whittle.engine.kernel.Convolution.Requantization;
import dev.whittle.engine.kernel.Multiplier;
import dev.whittle.engine.kernel.Window;
import dev.whittle.engine.model.ElementType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.TreeSet;

/// Runs new code once, on random input and the operator's own constants, and computes some of its output with plain loops:
/// of the first, the middle and the last row both ends, both ends of each run of tiles, and channels of all panels. Few
/// enough that a JVM which still interprets them is done within half a millisecond.
final class ConvolutionSelfTest {
    /// Products that are computed, of all rows together; but each row has two elements of output, however deep.
    private static final int MOST_PRODUCTS = 12_000;
    private static final int ROWS = 3;
    /// Random numbers that follow each other again and again; a prime number, so that they stand elsewhere in each row.
    private static final int PERIOD = 1021;
    private static final byte[] CODES = new byte[PERIOD];
    private static final float[] REALS = new float[PERIOD];

    static {
        Random random = new Random(PERIOD);
        random.nextBytes(CODES);
        for (int i = 0; i < PERIOD; i++) {
            REALS[i] = random.nextFloat() - 0.5f;
        }
    }

    private final Convolution convolution;
    private final ConvolutionLayout layout;
    private final ConvolutionShape shape;
    private final Window window;
    private final float[] factors;
    private final List<Integer> positions;
    private final List<Integer> channels;

    private ConvolutionSelfTest(Convolution convolution, ConvolutionLayout layout) {
        this.convolution = convolution;
        this.layout = layout;
        this.shape = layout.shape();
        this.window = shape.window();
        this.factors = convolution.scaling() == null ? new float[0] : reals(3 * shape.rowChannels());
        this.positions = layout.tileEnds();
        this.channels = layout.panelEnds();
    }

    /// @param convolution what the code computes, that of a part
    /// @return whether the code yields the bits of the plain loops
    static boolean passes(MemorySegment code, MemorySegment constants, Convolution convolution,
            ConvolutionLayout layout) {
        ConvolutionSelfTest test = new ConvolutionSelfTest(convolution, layout);
        int last = layout.outHeight() - 1;
        for (int y : new TreeSet<>(List.of(0, last / 2, last))) {
            if (!test.passes(code, constants, y)) {
                return false;
            }
        }
        return true;
    }

    private boolean passes(MemorySegment code, MemorySegment constants, int outY) {
        int firstRow = (int) (layout.inputOffset(outY) / rowBytes());
        int elements = (rowsUnder(outY) - firstRow) * window.inWidth() * window.inChannels();
        int outputs = layout.outWidth() * shape.rowChannels();
        boolean takesReals = shape.numbers() == Numbers.FLOAT32;
        boolean yieldsReals = convolution.codes() == null;
        float[] reals = reals(takesReals ? elements : 0);
        byte[] codes = codes(takesReals ? 0 : elements);
        float[] outReals = new float[yieldsReals ? outputs : 0];
        byte[] outCodes = new byte[yieldsReals ? 0 : outputs];
        NativeCall.call(code, takesReals ? MemorySegment.ofArray(reals) : MemorySegment.ofArray(codes),
                yieldsReals ? MemorySegment.ofArray(outReals) : MemorySegment.ofArray(outCodes), constants,
                MemorySegment.ofArray(factors), 0, 0, ConvolutionLayout.rows(layout.row(outY), 1), 0);
        int products = window.taps() * window.inChannels() * (shape.isPooled() ? 4 : 1);
        int most = Math.max(2, MOST_PRODUCTS / ROWS / products);
        int count = Math.min(most, Math.max(positions.size(), channels.size()));
        for (int i = 0; i < count; i++) {
            int x = positions.get(i % positions.size());
            int channel = channels.get(i % channels.size());
            int place = x * shape.rowChannels() + channel;
            boolean isEqual = yieldsReals
                    ? Float.compare(outReals[place], real(reals, codes, firstRow, outY, x, channel)) == 0
                    : outCodes[place] == (byte) code(codes, firstRow, outY, x, channel);
            if (!isEqual) {
                return false;
            }
        }
        return true;
    }

    private long rowBytes() {
        return (long) window.inWidth() * window.inChannels() * shape.numbers().bytes();
    }

    /// The row of input behind the last under the filter.
    private int rowsUnder(int outY) {
        int y = outY * step() + step() - 1;
        int rows = 0;
        for (int filterY = 0; filterY < window.filterHeight(); filterY++) {
            int inY = window.inY(y, filterY);
            rows = inY < window.inHeight() ? Math.max(rows, inY + 1) : rows;
        }
        return rows;
    }

    private int step() {
        return shape.isPooled() ? 2 : 1;
    }

    /// Random numbers.
    static float[] reals(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i += PERIOD) {
            System.arraycopy(REALS, 0, values, i, Math.min(PERIOD, count - i));
        }
        return values;
    }

    /// Random codes.
    static byte[] codes(int count) {
        byte[] values = new byte[count];
        for (int i = 0; i < count; i += PERIOD) {
            System.arraycopy(CODES, 0, values, i, Math.min(PERIOD, count - i));
        }
        return values;
    }

    /// An element of output that is a real number.
    private float real(float[] reals, byte[] codes, int firstRow, int outY, int outX,
            int channel) {
        float largest = -Float.MAX_VALUE;
        for (int part = 0; part < step() * step(); part++) {
            int y = outY * step() + part / step();
            int x = outX * step() + part % step();
            float value;
            float[] bias = convolution.bias();
            if (shape.numbers() == Numbers.FLOAT32) {
                value = sum(reals, firstRow, y, x, channel) + (bias == null ? -0f : bias[channel]);
            } else {
                int section = shape.rowChannels();
                value = (sum(codes, firstRow, y, x, channel) + factors[section + channel])
                        * factors[2 * section + channel] + factors[channel];
            }
            value = convolution.min() > value ? convolution.min() : value;
            value = convolution.max() < value ? convolution.max() : value;
            largest = !shape.isPooled() || value > largest ? value : largest;
        }
        return largest;
    }

    /// An element of output that is a code.
    private int code(byte[] input, int firstRow, int outY, int outX, int channel) {
        int largest = Integer.MIN_VALUE;
        for (int part = 0; part < step() * step(); part++) {
            int y = outY * step() + part / step();
            int x = outX * step() + part % step();
            largest = Math.max(largest, code(convolution, channel, sum(input, firstRow, y, x, channel)));
        }
        return largest;
    }

    /// What a sum of products becomes.
    static int code(Convolution convolution, int channel, int products) {
        Requantization codes = Objects.requireNonNull(convolution.codes());
        int sum = products + (int) codes.bias()[channel];
        int scaled = codes.isReal() ? roundedOnce(sum, codes.factor()[channel]) : roundedTwice(sum, codes, channel);
        return Math.clamp((long) codes.zeroPoint() + scaled, codes.min(), codes.max());
    }

    private static int roundedOnce(int sum, double factor) {
        double product = sum * factor;
        double whole = Math.floor(Math.abs(product));
        double rounded = Math.abs(product) - whole >= 0.5 ? whole + 1 : whole;
        return (int) (product < 0 ? -rounded : rounded);
    }

    private static int roundedTwice(int sum, Requantization codes, int channel) {
        Multiplier multiplier = new Multiplier(codes.multiplier()[channel], codes.shift()[channel]);
        if (channel >= codes.tiesUp() || multiplier.shift() == 0) {
            return multiplier.apply(sum);
        }
        return (int) (multiplier.high(sum) + (1L << -multiplier.shift() - 1) >> -multiplier.shift());
    }

    private float sum(float[] input, int firstRow, int y, int x, int channel) {
        float[] weights = convolution.weights();
        int depth = window.inChannels();
        float sum = 0;
        for (int filterY = 0; filterY < window.filterHeight(); filterY++) {
            for (int filterX = 0; filterX < window.filterWidth(); filterX++) {
                if (isOutside(y, x, filterY, filterX)) {
                    continue;
                }
                int from = place(firstRow, y, x, filterY, filterX);
                int at = ((channel * window.filterHeight() + filterY) * window.filterWidth() + filterX) * depth;
                for (int i = 0; i < depth; i++) {
                    sum = Math.fma(input[from + i], weights[at + i], sum);
                }
            }
        }
        return sum;
    }

    private int sum(byte[] input, int firstRow, int y, int x, int channel) {
        float[] weights = convolution.weights();
        int depth = window.inChannels();
        int mask = convolution.type() == ElementType.UINT8 ? 0xff : -1;
        int zeroPoint = convolution.inputZeroPoint();
        int sum = 0;
        for (int filterY = 0; filterY < window.filterHeight(); filterY++) {
            for (int filterX = 0; filterX < window.filterWidth(); filterX++) {
                if (isOutside(y, x, filterY, filterX)) {
                    continue;
                }
                int from = place(firstRow, y, x, filterY, filterX);
                int at = ((channel * window.filterHeight() + filterY) * window.filterWidth() + filterX) * depth;
                for (int i = 0; i < depth; i++) {
                    sum += ((input[from + i] & mask) - zeroPoint) * (int) weights[at + i];
                }
            }
        }
        return sum;
    }

    private boolean isOutside(int y, int x, int filterY, int filterX) {
        int inY = window.inY(y, filterY);
        int inX = window.inX(x, filterX);
        return inY < 0 || inY >= window.inHeight() || inX < 0 || inX >= window.inWidth();
    }

    private int place(int firstRow, int y, int x, int filterY, int filterX) {
        return ((window.inY(y, filterY) - firstRow) * window.inWidth() + window.inX(x, filterX)) * window.inChannels();
    }
}

package dev.whittle.engine.emitted;

import dev.whittle.engine.emitted.x86.ConvolutionLayout;
import dev.whittle.engine.emitted.x86.ConvolutionShape;
import dev.whittle.engine.emitted.x86.ConvolutionShape.Numbers;
import dev.whittle.engine.emitted.x86.DepthwiseLayout;
import dev.whittle.engine.kernel.Convolution;
import dev.whittle.engine.kernel.Convolution.Requantization;
import dev.whittle.engine.model.ElementType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// The numbers of a depthwise convolution, checked and laid out as [DepthwiseLayout] has them.
final class PackedDepthwise {
    private static final int ALIGNMENT = 64;
    /// Codes of INT8 become unsigned by so much.
    private static final int FLIP = 128;
    private static final int SIGN = 0x8000_0000;
    private static final int MOST_FRACTION = 16;
    /// With fewer bits too much would be in doubt.
    private static final int LEAST_FRACTION = 10;
    private static final double MOST_SCALED = 0x7f00_0000;
    private static final int MOST_CODE = 255;

    private final Convolution convolution;
    private final DepthwiseLayout layout;
    private final MemorySegment memory;

    private PackedDepthwise(Convolution convolution, DepthwiseLayout layout) {
        this.convolution = convolution;
        this.layout = layout;
        this.memory = Arena.ofAuto().allocate(layout.bytes(), ALIGNMENT);
    }

    /// The layout that a convolution needs, or null where its numbers fit none.
    static @Nullable DepthwiseLayout layout(Convolution convolution) {
        ConvolutionShape shape = PackedConvolution.shape(convolution);
        return shape == null
                ? null
                : DepthwiseLayout.of(shape, parts(convolution.weights()), fraction(convolution));
    }

    /// How many bytes add up to any of the weights.
    private static int parts(float[] weights) {
        int parts = 1;
        for (float weight : weights) {
            while (weight < parts * Byte.MIN_VALUE || weight > parts * Byte.MAX_VALUE) {
                parts++;
            }
        }
        return parts;
    }

    /// The most bits behind the point that scaled sums have room for.
    private static int fraction(Convolution convolution) {
        Requantization codes = convolution.codes();
        if (codes == null) {
            return 0;
        }
        int taps = convolution.window().taps();
        double most = 0;
        for (int channel = 0; channel < convolution.channels(); channel++) {
            double sum = Math.abs((double) codes.bias()[channel]);
            for (int tap = 0; tap < taps; tap++) {
                sum += MOST_CODE * Math.abs(convolution.weights()[channel * taps + tap]);
            }
            most = Math.max(most, (sum + 1) * factor(codes, channel));
        }
        int fraction = MOST_FRACTION;
        while (fraction >= LEAST_FRACTION && (most + 2) * (1 << fraction) > MOST_SCALED) {
            fraction--;
        }
        return fraction < LEAST_FRACTION ? 0 : fraction;
    }

    private static double factor(Requantization codes, int channel) {
        return codes.isReal()
                ? codes.factor()[channel]
                : Math.scalb((double) codes.multiplier()[channel], codes.shift()[channel] - 31);
    }

    /// The constants in memory that lives as long as anybody holds it.
    static MemorySegment pack(Convolution convolution, DepthwiseLayout layout) {
        PackedDepthwise packed = new PackedDepthwise(convolution, layout);
        packed.even();
        if (layout.numbers() == Numbers.FLOAT32) {
            packed.bounds();
            packed.reals();
        } else if (convolution.codes() == null) {
            packed.bounds();
            packed.codes(null);
        } else {
            packed.requantization(convolution.codes());
            packed.codes(convolution.codes());
        }
        return packed.memory.asReadOnly();
    }

    /// Of real numbers.
    private void bounds() {
        floatAt(ConvolutionLayout.MINIMUM, convolution.min());
        floatAt(ConvolutionLayout.MAXIMUM, convolution.max());
    }

    private void reals() {
        int taps = convolution.window().taps();
        float[] bias = convolution.bias();
        layout.eachLane((channel, base, vector, lane) -> {
            for (int tap = 0; tap < taps; tap++) {
                floatAt(base + tap * ConvolutionLayout.VECTOR_BYTES + lane * Float.BYTES,
                        convolution.weights()[channel * taps + tap]);
            }
            // Adding −0 changes no float.
            floatAt(base + layout.bias(0, lane), bias == null ? -0f : bias[channel]);
        });
    }

    /// Of two vectors taken as one, the words of every second position.
    private void even() {
        int words = Math.max(1, convolution.channels() * layout.numbers().bytes() / Integer.BYTES);
        for (int i = 0; i < ConvolutionLayout.LANES; i++) {
            intAt(DepthwiseLayout.EVEN_POSITIONS + i * Integer.BYTES, (i / words * 2 * words + i % words) % 32);
        }
    }

    private void requantization(Requantization codes) {
        longAt(ConvolutionLayout.SIGN, Long.MIN_VALUE);
        longAt(ConvolutionLayout.ALMOST_HALF, Double.doubleToRawLongBits(Math.nextDown(0.5)));
        int unit = 1 << layout.fraction();
        int doubt = layout.doubt();
        intAt(DepthwiseLayout.CLEAR, unit - 2 * doubt);
        floatAt(DepthwiseLayout.HALF, unit / 2f + doubt);
        fill(DepthwiseLayout.LEAST_CODES, codes.min());
        fill(DepthwiseLayout.LARGEST_CODES, codes.max());
        fill(DepthwiseLayout.PADDING, convolution.inputZeroPoint());
        for (int i = 0; i < ConvolutionLayout.VECTOR_BYTES; i += Short.BYTES) {
            memory.set(ValueLayout.JAVA_SHORT, DepthwiseLayout.ZERO_POINTS + i, (short) codes.zeroPoint());
        }
        memory.asSlice(layout.paddingRow(), layout.paddingRowBytes()).fill((byte) convolution.inputZeroPoint());
    }

    private void codes(@Nullable Requantization codes) {
        int taps = convolution.window().taps();
        int zeroPoint = convolution.inputZeroPoint() + (convolution.type() == ElementType.INT8 ? FLIP : 0);
        layout.eachLane((channel, base, vector, lane) -> {
            int sum = 0;
            for (int tap = 0; tap < taps; tap++) {
                sum += (int) convolution.weights()[channel * taps + tap];
            }
            intAt(base + layout.bias(vector, lane),
                    (codes == null ? 0 : (int) codes.bias()[channel]) - zeroPoint * sum);
            layout.eachCode(base, vector, lane, (offset, tap, part) -> memory.set(ValueLayout.JAVA_BYTE, offset,
                    part((int) convolution.weights()[channel * taps + tap], part)));
            if (codes != null) {
                quick(codes, channel, base + layout.quickFactors(vector, lane));
                PackedConvolution.factors(memory, codes, channel, base + layout.exactFactors(vector), lane);
            }
        });
    }

    private static byte part(int weight, int part) {
        int rest = weight;
        int taken = 0;
        for (int i = 0; i <= part; i++) {
            taken = Math.clamp(rest, Byte.MIN_VALUE, Byte.MAX_VALUE);
            rest -= taken;
        }
        return (byte) taken;
    }

    /// Rounding twice in fixed point comes to rounding down once, after adding a half and what the first rounding adds.
    private void quick(Requantization codes, int channel, int at) {
        double unit = 1 << layout.fraction();
        int right = -codes.shift()[channel];
        double first = codes.isReal() || right == 0 ? 0 : Math.scalb(unit, -1 - right);
        boolean hasSigns = !codes.isReal() && roundsAway(codes);
        boolean isAway = hasSigns && channel >= codes.tiesUp() && right > 0;
        floatAt(at + DepthwiseLayout.QUICK_FACTOR, (float) (factor(codes, channel) * unit));
        floatAt(at + DepthwiseLayout.QUICK_ADDEND,
                (float) (hasSigns ? first : first + unit / 2 + layout.doubt()));
        intAt(at + DepthwiseLayout.QUICK_SIGN, isAway ? SIGN : 0);
    }

    private boolean roundsAway(Requantization codes) {
        for (int channel = codes.tiesUp(); channel < convolution.channels(); channel++) {
            if (codes.shift()[channel] < 0) {
                return true;
            }
        }
        return false;
    }

    private void fill(int offset, int code) {
        memory.asSlice(offset, ConvolutionLayout.VECTOR_BYTES).fill((byte) code);
    }

    private void floatAt(int offset, float value) {
        memory.set(ValueLayout.JAVA_FLOAT, offset, value);
    }

    private void intAt(int offset, int value) {
        memory.set(ValueLayout.JAVA_INT, offset, value);
    }

    private void longAt(int offset, long value) {
        memory.set(ValueLayout.JAVA_LONG, offset, value);
    }
}

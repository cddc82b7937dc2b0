package dev.whittle.engine.emitted;

import dev.whittle.engine.emitted.x86.ConvolutionLayout;
import dev.whittle.engine.emitted.x86.ConvolutionShape;
import dev.whittle.engine.emitted.x86.ConvolutionShape.Numbers;
import dev.whittle.engine.emitted.x86.DepthwiseLayout;
import dev.whittle.engine.emitted.x86.VectorUnit;
import dev.whittle.engine.kernel.Convolution;
import dev.whittle.engine.kernel.Convolution.Requantization;
import dev.whittle.engine.model.ElementType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// The numbers of a depthwise convolution, checked and laid out as [DepthwiseLayout] has them.
final class PackedDepthwise {
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
    private final Constants constants;

    private PackedDepthwise(Convolution convolution, DepthwiseLayout layout) {
        this.convolution = convolution;
        this.layout = layout;
        this.constants = new Constants(layout.bytes());
    }

    /// The layout that a convolution needs, or null where its numbers fit none.
    static @Nullable DepthwiseLayout layout(Convolution convolution, VectorUnit unit) {
        ConvolutionShape shape = PackedConvolution.shape(convolution);
        return shape == null
                ? null
                : DepthwiseLayout.of(shape, unit, parts(convolution.weights(), shape.numbers()), fraction(convolution));
    }

    /// How many bytes add up to any of the weights; real numbers, which have no bound, are never cut.
    private static int parts(float[] weights, Numbers numbers) {
        int parts = 1;
        if (numbers != Numbers.FLOAT32) {
            for (float weight : weights) {
                int largest = weight < 0 ? Byte.MIN_VALUE : Byte.MAX_VALUE;
                parts = Math.max(parts, (int) Math.ceil(weight / largest));
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
            packed.lastLanes();
            packed.reals();
        } else if (convolution.codes() == null) {
            packed.bounds();
            packed.codes(null);
        } else {
            packed.requantization(convolution.codes());
            packed.codes(convolution.codes());
        }
        return packed.constants.seal();
    }

    /// Of real numbers.
    private void bounds() {
        constants.putFloat(ConvolutionLayout.MINIMUM, convolution.min());
        constants.putFloat(ConvolutionLayout.MAXIMUM, convolution.max());
    }

    private void lastLanes() {
        VectorUnit unit = layout.unit();
        if (!unit.hasMasks()) {
            for (int lane = 0; lane < convolution.channels() % unit.lanes(); lane++) {
                constants.putInt(DepthwiseLayout.LAST_LANES + lane * Integer.BYTES, -1);
            }
        }
    }

    private void reals() {
        int taps = convolution.window().taps();
        float[] bias = convolution.bias();
        layout.eachLane((channel, base, vector, lane) -> {
            for (int tap = 0; tap < taps; tap++) {
                constants.putFloat(base + tap * layout.unit().bytes() + lane * Float.BYTES,
                        convolution.weights()[channel * taps + tap]);
            }
            // Adding −0 changes no float.
            constants.putFloat(base + layout.bias(0, lane), bias == null ? -0f : bias[channel]);
        });
    }

    /// Of two vectors taken as one, the words of every second position.
    private void even() {
        int words = Math.max(1, convolution.channels() * layout.numbers().bytes() / Integer.BYTES);
        for (int i = 0; i < DepthwiseLayout.LANES; i++) {
            constants.putInt(DepthwiseLayout.EVEN_POSITIONS + i * Integer.BYTES,
                    (i / words * 2 * words + i % words) % 32);
        }
    }

    private void requantization(Requantization codes) {
        PackedConvolution.header(constants, VectorUnit.AVX512);
        int unit = 1 << layout.fraction();
        int doubt = layout.doubt();
        constants.putInt(DepthwiseLayout.CLEAR, unit - 2 * doubt);
        constants.putFloat(DepthwiseLayout.HALF, unit / 2f + doubt);
        fill(DepthwiseLayout.LEAST_CODES, codes.min());
        fill(DepthwiseLayout.LARGEST_CODES, codes.max());
        fill(DepthwiseLayout.PADDING, convolution.inputZeroPoint());
        constants.fillShorts(DepthwiseLayout.ZERO_POINTS, DepthwiseLayout.VECTOR_BYTES, codes.zeroPoint());
        constants.fillBytes(layout.paddingRow(), layout.paddingRowBytes(), convolution.inputZeroPoint());
    }

    private void codes(@Nullable Requantization codes) {
        int taps = convolution.window().taps();
        int zeroPoint = convolution.inputZeroPoint() + (convolution.type() == ElementType.INT8 ? FLIP : 0);
        layout.eachLane((channel, base, vector, lane) -> {
            int sum = 0;
            for (int tap = 0; tap < taps; tap++) {
                sum += (int) convolution.weights()[channel * taps + tap];
            }
            constants.putInt(base + layout.bias(vector, lane),
                    (codes == null ? 0 : (int) codes.bias()[channel]) - zeroPoint * sum);
            layout.eachCode(base, vector, lane, (offset, tap, part) -> constants.putByte(offset,
                    part((int) convolution.weights()[channel * taps + tap], part)));
            if (codes != null) {
                quick(codes, channel, base + layout.quickFactors(vector, lane));
                PackedConvolution.factors(constants, VectorUnit.AVX512, codes, channel,
                        base + layout.exactFactors(vector), lane);
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
        constants.putFloat(at + DepthwiseLayout.QUICK_FACTOR, (float) (factor(codes, channel) * unit));
        constants.putFloat(at + DepthwiseLayout.QUICK_ADDEND,
                (float) (hasSigns ? first : first + unit / 2 + layout.doubt()));
        constants.putInt(at + DepthwiseLayout.QUICK_SIGN, isAway ? SIGN : 0);
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
        constants.fillBytes(offset, DepthwiseLayout.VECTOR_BYTES, code);
    }
}

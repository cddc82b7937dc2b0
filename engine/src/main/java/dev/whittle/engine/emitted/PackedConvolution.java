package dev.whittle.engine.emitted;

import dev.whittle.engine.emitted.x86.ConvolutionLayout;
import dev.whittle.engine.emitted.x86.ConvolutionShape;
import dev.whittle.engine.emitted.x86.ConvolutionShape.Finish;
import dev.whittle.engine.emitted.x86.ConvolutionShape.Numbers;
import dev.whittle.engine.emitted.x86.VectorUnit;
import dev.whittle.engine.kernel.Convolution;
import dev.whittle.engine.kernel.Convolution.Requantization;
import dev.whittle.engine.model.ElementType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// The numbers of a convolution, checked for what the code takes for granted and laid out as it reads them.
final class PackedConvolution {
    /// Sums with their bias stay below this, so that nothing that follows leaves 32 bits.
    private static final double MOST_SUM = 1 << 30;
    private static final int MOST_CODE = 255;
    /// Codes of INT8 become unsigned by so much.
    private static final int FLIP = 128;

    private final Convolution convolution;
    private final ConvolutionLayout layout;
    private final VectorUnit unit;
    private final Constants constants;

    private PackedConvolution(Convolution convolution, ConvolutionLayout layout) {
        this.convolution = convolution;
        this.layout = layout;
        this.unit = layout.unit();
        this.constants = new Constants(layout.bytes());
    }

    /// The code that a convolution needs, or null where its numbers fit none.
    static @Nullable ConvolutionShape shape(Convolution convolution) {
        Numbers numbers = switch (convolution.type()) {
            case FLOAT32 -> Numbers.FLOAT32;
            case INT8 -> Numbers.INT8;
            case UINT8 -> Numbers.UINT8;
            default -> null;
        };
        Finish finish = finish(convolution);
        return numbers == null || finish == null
                ? null
                : new ConvolutionShape(numbers, convolution.window(), convolution.channels(), convolution.channels(),
                        convolution.isPooled(), numbers != Numbers.FLOAT32 && offset(convolution) != 0,
                        finish);
    }

    private static @Nullable Finish finish(Convolution convolution) {
        if (convolution.scaling() != null) {
            return new Finish.Scaled(convolution.min() > Float.NEGATIVE_INFINITY,
                    convolution.max() < Float.POSITIVE_INFINITY);
        }
        return convolution.codes() == null ? reals(convolution) : codes(convolution, convolution.codes());
    }

    private static @Nullable Finish reals(Convolution convolution) {
        for (float weight : convolution.weights()) {
            // What lies on padding takes no part, where the specification multiplies it by 0.
            if (!Float.isFinite(weight)) {
                return null;
            }
        }
        return new Finish.Reals(convolution.min() > Float.NEGATIVE_INFINITY,
                convolution.max() < Float.POSITIVE_INFINITY);
    }

    /// What is taken off codes so that they fit a byte; NaN where they span more.
    private static float offset(Convolution convolution) {
        if (convolution.type() != ElementType.UINT8) {
            // Bytes as they are.
            return 0;
        }
        float[] weights = convolution.weights();
        float least = 0;
        float most = 0;
        for (float weight : weights) {
            least = Math.min(least, weight);
            most = Math.max(most, weight);
        }
        float offset = most > Byte.MAX_VALUE ? most - Byte.MAX_VALUE : Math.min(0, least - Byte.MIN_VALUE);
        return least - offset < Byte.MIN_VALUE ? Float.NaN : offset;
    }

    private static @Nullable Finish codes(Convolution convolution, Requantization codes) {
        float[] weights = convolution.weights();
        int depth = weights.length / convolution.channels();
        int away = 0;
        if (Float.isNaN(offset(convolution))) {
            return null;
        }
        for (int channel = 0; channel < convolution.channels(); channel++) {
            double most = Math.abs((double) codes.bias()[channel]);
            for (int i = channel * depth; i < (channel + 1) * depth; i++) {
                if (convolution.type() == ElementType.INT8 && weights[i] != (byte) weights[i]) {
                    return null;
                }
                // Once in the sum, once in what makes up for zero points.
                most += 2.0 * MOST_CODE * Math.abs(weights[i]);
            }
            boolean isExact = codes.isReal() ? most * codes.factor()[channel] < MOST_SUM : codes.shift()[channel] <= 0;
            if (most >= MOST_SUM || !isExact) {
                return null;
            }
            away += isAway(codes, channel) ? 1 : 0;
        }
        boolean saturates = convolution.type() == ElementType.INT8 && codes.min() == Byte.MIN_VALUE
                && codes.max() == Byte.MAX_VALUE;
        return codes.isReal() ? new Finish.Real(saturates)
                : new Finish.FixedPoint(away > 0, away > 0 && away < convolution.channels(), saturates);
    }

    /// The constants in memory that lives as long as anybody holds it.
    static MemorySegment pack(Convolution convolution, ConvolutionLayout layout) {
        PackedConvolution packed = new PackedConvolution(convolution, layout);
        if (layout.numbers() == Numbers.FLOAT32) {
            packed.reals();
        } else {
            packed.codes();
        }
        if (!packed.unit.hasMasks()) {
            packed.withoutMasks();
        }
        return packed.constants.seal();
    }

    private void reals() {
        bounds();
        float[] weights = convolution.weights();
        layout.eachWeight((offset, index) -> constants.putFloat(offset, weights[index]));
        float[] bias = convolution.bias();
        for (int channel = 0; channel < convolution.channels(); channel++) {
            // Adding −0 changes no float.
            constants.putFloat(layout.biasOffset() + channel * Float.BYTES, bias == null ? -0f : bias[channel]);
        }
    }

    /// Of real numbers.
    private void bounds() {
        put(ConvolutionLayout.MINIMUM, Float.floatToRawIntBits(convolution.min()));
        put(ConvolutionLayout.MAXIMUM, Float.floatToRawIntBits(convolution.max()));
        put(ConvolutionLayout.LOWEST, Float.floatToRawIntBits(-Float.MAX_VALUE));
    }

    /// A number that all lanes take.
    private void put(int place, int value) {
        for (int i = 0; i < unit.repeats(); i++) {
            constants.putInt(unit.place(place) + i * Integer.BYTES, value);
        }
    }

    private static void putLong(Constants constants, VectorUnit unit, int place, long value) {
        for (int i = 0; i < unit.repeats(); i++) {
            constants.putLong(unit.place(place) + i * Long.BYTES, value);
        }
    }

    private void withoutMasks() {
        put(ConvolutionLayout.FLIP, ConvolutionLayout.SIGN_OF_BYTES);
        for (int lane = 0; lane < layout.lastLanes(); lane++) {
            constants.putInt(unit.place(ConvolutionLayout.LAST_LANES) + lane * Integer.BYTES, -1);
        }
    }

    private void codes() {
        Requantization codes = convolution.codes();
        if (codes == null) {
            bounds();
        } else {
            put(ConvolutionLayout.MINIMUM, codes.min() - codes.zeroPoint());
            put(ConvolutionLayout.MAXIMUM, codes.max() - codes.zeroPoint());
            put(ConvolutionLayout.ZERO_POINT, codes.zeroPoint());
            header(constants, unit);
        }
        float[] weights = convolution.weights();
        int less = (int) offset(convolution);
        put(ConvolutionLayout.OFFSET, less);
        layout.eachWeight((offset, index) -> constants.putByte(offset, (int) weights[index] - less));
        int taps = convolution.window().taps();
        int inChannels = convolution.window().inChannels();
        int zeroPoint = convolution.inputZeroPoint() + (convolution.type() == ElementType.INT8 ? FLIP : 0);
        int[] sums = new int[taps];
        for (int channel = 0; channel < convolution.channels(); channel++) {
            for (int tap = 0; tap < taps; tap++) {
                sums[tap] = 0;
                for (int i = 0; i < inChannels; i++) {
                    sums[tap] += (int) weights[(channel * taps + tap) * inChannels + i];
                }
            }
            int bias = codes == null ? 0 : (int) codes.bias()[channel];
            int place = channel * Integer.BYTES;
            layout.eachBias(sums, (offset, sum) -> constants.putInt(offset + place, bias - zeroPoint * sum));
            if (codes != null) {
                factors(constants, unit, codes, channel,
                        layout.factorOffset() + channel / unit.lanes() * layout.factorBytes(), channel % unit.lanes());
            }
        }
    }

    /// What rounding takes of the header.
    static void header(Constants constants, VectorUnit unit) {
        putLong(constants, unit, ConvolutionLayout.SIGN, Long.MIN_VALUE);
        putLong(constants, unit, ConvolutionLayout.ALMOST_HALF, Double.doubleToRawLongBits(Math.nextDown(0.5)));
        putLong(constants, unit, ConvolutionLayout.FIRST_HALF, 1L << 30);
    }

    /// Factors of a lane of a vector of sums.
    ///
    /// @param base of the vector
    static void factors(Constants constants, VectorUnit unit, Requantization codes, int channel, int base, int lane) {
        if (codes.isReal()) {
            constants.putLong(base + ConvolutionLayout.MULTIPLIER + lane * Double.BYTES,
                    Double.doubleToRawLongBits(codes.factor()[channel]));
            return;
        }
        int right = -codes.shift()[channel];
        int at = base + lane * Integer.BYTES;
        // Those of even lanes, then those of odd ones, in lanes of 64 bits.
        constants.putLong(base + ConvolutionLayout.MULTIPLIER + lane % 2 * unit.bytes()
                + lane / 2 * Long.BYTES, codes.multiplier()[channel]);
        constants.putInt(at + ConvolutionLayout.HALF * unit.bytes(), right == 0 ? 0 : 1 << right - 1);
        constants.putInt(at + ConvolutionLayout.SHIFT * unit.bytes(), right);
        constants.putInt(at + ConvolutionLayout.AWAY * unit.bytes(), isAway(codes, channel) ? -1 : 0);
    }

    private static boolean isAway(Requantization codes, int channel) {
        return channel >= codes.tiesUp() && codes.shift()[channel] < 0;
    }
}

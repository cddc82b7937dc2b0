package dev.whittle.engine.emitted;

import dev.whittle.engine.emitted.x86.ConvolutionLayout;
import dev.whittle.engine.emitted.x86.ConvolutionShape;
import dev.whittle.engine.emitted.x86.ConvolutionShape.Finish;
import dev.whittle.engine.emitted.x86.ConvolutionShape.Numbers;
import dev.whittle.engine.kernel.Convolution;
import dev.whittle.engine.kernel.Convolution.Requantization;
import dev.whittle.engine.model.ElementType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// The numbers of a convolution, checked for what the code takes for granted and laid out as it reads them.
final class PackedConvolution {
    /// Sums with their bias stay below this, so that nothing that follows leaves 32 bits.
    private static final double MOST_SUM = 1 << 30;
    private static final int MOST_CODE = 255;
    /// Codes of INT8 become unsigned by so much.
    private static final int FLIP = 128;
    private static final int ALIGNMENT = 64;

    private final Convolution convolution;
    private final ConvolutionLayout layout;
    private final MemorySegment memory;

    private PackedConvolution(Convolution convolution, ConvolutionLayout layout) {
        this.convolution = convolution;
        this.layout = layout;
        this.memory = Arena.ofAuto().allocate(layout.bytes(), ALIGNMENT);
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
                : new ConvolutionShape(numbers, convolution.window(), convolution.channels(), convolution.isPooled(),
                        numbers != Numbers.FLOAT32 && offset(convolution.weights()) != 0, finish);
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
    private static float offset(float[] weights) {
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
        boolean roundsAway = false;
        if (Float.isNaN(offset(weights))) {
            return null;
        }
        for (int channel = 0; channel < convolution.channels(); channel++) {
            double most = Math.abs((double) codes.bias()[channel]);
            for (int i = channel * depth; i < (channel + 1) * depth; i++) {
                // Once in the sum, once in what makes up for zero points.
                most += 2.0 * MOST_CODE * Math.abs(weights[i]);
            }
            boolean isExact = codes.isReal() ? most * codes.factor()[channel] < MOST_SUM : codes.shift()[channel] <= 0;
            if (most >= MOST_SUM || !isExact) {
                return null;
            }
            roundsAway |= channel >= codes.tiesUp() && codes.shift()[channel] < 0;
        }
        boolean saturates = convolution.type() == ElementType.INT8 && codes.min() == Byte.MIN_VALUE
                && codes.max() == Byte.MAX_VALUE;
        return codes.isReal() ? new Finish.Real(saturates) : new Finish.FixedPoint(roundsAway, saturates);
    }

    /// The constants in memory that lives as long as anybody holds it.
    static MemorySegment pack(Convolution convolution, ConvolutionLayout layout) {
        PackedConvolution packed = new PackedConvolution(convolution, layout);
        if (layout.numbers() == Numbers.FLOAT32) {
            packed.reals();
        } else {
            packed.codes();
        }
        return packed.memory.asReadOnly();
    }

    private void reals() {
        bounds();
        float[] weights = convolution.weights();
        layout.eachWeight((offset, index) -> floatAt(offset, weights[index]));
        float[] bias = convolution.bias();
        for (int channel = 0; channel < convolution.channels(); channel++) {
            // Adding −0 changes no float.
            floatAt(layout.biasOffset() + channel * Float.BYTES, bias == null ? -0f : bias[channel]);
        }
    }

    /// Of real numbers.
    private void bounds() {
        floatAt(ConvolutionLayout.MINIMUM, convolution.min());
        floatAt(ConvolutionLayout.MAXIMUM, convolution.max());
        floatAt(ConvolutionLayout.LOWEST, -Float.MAX_VALUE);
    }

    private void codes() {
        Requantization codes = convolution.codes();
        if (codes == null) {
            bounds();
        } else {
            intAt(ConvolutionLayout.MINIMUM, codes.min() - codes.zeroPoint());
            intAt(ConvolutionLayout.MAXIMUM, codes.max() - codes.zeroPoint());
            intAt(ConvolutionLayout.ZERO_POINT, codes.zeroPoint());
            longAt(ConvolutionLayout.SIGN, Long.MIN_VALUE);
            longAt(ConvolutionLayout.ALMOST_HALF, Double.doubleToRawLongBits(Math.nextDown(0.5)));
        }
        float[] weights = convolution.weights();
        int less = (int) offset(weights);
        intAt(ConvolutionLayout.OFFSET, less);
        layout.eachWeight((offset, index) -> memory.set(ValueLayout.JAVA_BYTE, offset, (byte) (weights[index] - less)));
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
            layout.eachBias(sums, (offset, sum) -> intAt(offset + place, bias - zeroPoint * sum));
            if (codes != null) {
                factors(memory, codes, channel, layout.factorOffset()
                        + channel / ConvolutionLayout.LANES * ConvolutionLayout.FACTOR_BYTES,
                        channel % ConvolutionLayout.LANES);
            }
        }
    }

    /// Factors of a lane of a vector of sums.
    ///
    /// @param base of the vector
    static void factors(MemorySegment memory, Requantization codes, int channel, int base, int lane) {
        if (codes.isReal()) {
            memory.set(ValueLayout.JAVA_DOUBLE, base + ConvolutionLayout.MULTIPLIER + lane * Double.BYTES,
                    codes.factor()[channel]);
            return;
        }
        // Even lanes, then odd ones, in lanes of 64 bits.
        int at = base + lane % 2 * ConvolutionLayout.VECTOR_BYTES + lane / 2 * Long.BYTES;
        int right = -codes.shift()[channel];
        ValueLayout.OfLong type = ValueLayout.JAVA_LONG;
        memory.set(type, at + ConvolutionLayout.MULTIPLIER, codes.multiplier()[channel]);
        memory.set(type, at + ConvolutionLayout.ADDEND, (1L << 30) + (right > 0 ? 1L << 30 + right : 0));
        memory.set(type, at + ConvolutionLayout.SHIFT, 31 + right);
        memory.set(type, at + ConvolutionLayout.AWAY, right > 0 && channel >= codes.tiesUp() ? -1L << 31 : 0);
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

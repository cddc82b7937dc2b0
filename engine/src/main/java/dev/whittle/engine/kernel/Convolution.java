package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// All that there is to a convolution or matrix product whose weights are known: what [MachineCode] makes a kernel of.
///
/// @param type       of the input, and of the output but where it is scaled: FLOAT32, INT8 or UINT8
/// @param window     how the filter slides; rows of a matrix are positions of a filter of one tap
/// @param channels   of the output
/// @param weights    `[channels][filterY][filterX][inChannel]`: real numbers, or codes less their zero point
/// @param isPooled   whether the largest of each 2 × 2 positions is the output, those left over at the end dropped
/// @param bias       real numbers, one per channel; null for none, or for codes
/// @param min        the least real number of the activation
/// @param max        the largest
/// @param inputZeroPoint of codes
/// @param codes      how sums become codes; null for real numbers
/// @param scaling    what makes real numbers of sums of codes, `(sum + offset) · factor + bias`, filled anew by each run: for
///     each image the biases of all channels, then the offsets, then the factors; null where sums are not scaled
public record Convolution(ElementType type, Window window, int channels, float[] weights, boolean isPooled,
        float @Nullable [] bias, float min, float max, int inputZeroPoint, @Nullable Requantization codes,
        @Nullable Slot scaling, Slot input,
        Slot output) {

    /// The convolution that a filter of real numbers or codes makes of input 0 of an operator, output 0 being its own.
    static Convolution of(Preparation p, Window window, Filter filter, Activation activation, Requantizer.Mode mode,
            boolean isPooled) {
        boolean isReal = filter.family() == Filter.Family.REALS;
        return new Convolution(p.inputTensor(0).type(), window, filter.channels(), filter.values(), isPooled,
                filter.bias(),
                activation.minimum(), activation.maximum(),
                isReal ? 0 : TensorChecks.quantizedPerTensor(p, "input", p.inputTensor(0)).zeroPoint(0),
                isReal
                        ? null
                        : filter.requantizer(p, activation, mode, new int[filter.channels()]).description(),
                null, p.input(0), p.output(0));
    }

    /// As [#of], of real numbers that are made codes of INT8, and weights of codes.
    static Convolution hybrid(Preparation p, Window window, Filter filter, Activation activation, Slot codes,
            HybridScaling scaling, boolean isPooled) {
        return new Convolution(ElementType.INT8, window, filter.channels(), filter.values(), isPooled, null,
                activation.minimum(), activation.maximum(), 0, null, scaling.parameters(), codes, p.output(0));
    }

    /// As this, with positions in other rows.
    public Convolution withWindow(Window other) {
        return new Convolution(type, other, channels, weights, isPooled, bias, min, max, inputZeroPoint, codes, scaling,
                input,
                output);
    }

    /// Some of the channels, whose output and scaling lie among those of the others.
    public Convolution ofChannels(int first, int count) {
        int depth = weights.length / channels;
        return new Convolution(type, window, count, Arrays.copyOfRange(weights, first * depth, (first + count) * depth),
                isPooled, bias == null ? null : Arrays.copyOfRange(bias, first, first + count), min, max,
                inputZeroPoint, codes == null ? null : codes.ofChannels(first, count), scaling, input, output);
    }

    /// As this, with weights in another order.
    Convolution withWeights(float[] other) {
        return new Convolution(type, window, channels, other, isPooled, bias, min, max, inputZeroPoint, codes, scaling,
                input,
                output);
    }

    /// How sums become codes, all arrays with an element per channel:
    /// `code = clamp(zeroPoint + round((sum + bias) · factor))`.
    ///
    /// @param bias       what is added to a sum of products of codes less their zero points
    /// @param multiplier of the factor in fixed point, see [Multiplier]
    /// @param shift      likewise
    /// @param factor     as a real number
    /// @param isReal     whether the product is rounded once, in double precision, ties away from zero; otherwise twice in
    ///     fixed point
    /// @param tiesUp     in fixed point, the channels before this one round the second time's ties up, others away from zero
    /// @param zeroPoint  of the output
    /// @param min        the least code of the activation
    /// @param max        the largest
    public record Requantization(long[] bias, int[] multiplier, int[] shift, double[] factor, boolean isReal,
            int tiesUp,
            int zeroPoint, int min, int max) {

        private Requantization ofChannels(int first, int count) {
            int end = first + count;
            return new Requantization(Arrays.copyOfRange(bias, first, end), Arrays.copyOfRange(multiplier, first, end),
                    Arrays.copyOfRange(shift, first, end), Arrays.copyOfRange(factor, first, end), isReal,
                    Math.clamp(tiesUp - first, 0, count), zeroPoint, min, max);
        }
    }
}

package dev.whittle.quantizer.microscope;

import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Tensor;
import dev.whittle.quantizer.microscope.FloatTwin.TwinOperator;
import dev.whittle.quantizer.observe.Range;
import dev.whittle.quantizer.rule.ConstantValues;
import dev.whittle.quantizer.rule.Int8;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Sums of one tensor's [ErrorSplit]s, by cause and channel, and what they say.
final class ErrorSums {
    private static final Cause[] CAUSES = Cause.values();
    /// A kernel's result may be one code off the nearest for one element in some hundreds (equation 9).
    private static final double HEALTHY_REQUANTIZATION = 0.05;
    /// What is larger than it has to be by less than this factor in power (1 dB) is left alone.
    private static final double TOLERATED_EXCESS = 1.25;

    private final @Nullable TwinOperator operator;
    private final Tensor tensor;
    private final @Nullable CodeRange codes;
    private final int channels;
    /// What each cause contributes to the squared error, `[cause][channel]`.
    private final double[][] parts;
    private double signal;
    private double error;
    private double local;
    private double actualPower;
    private double product;
    private double largest;
    private long saturated;
    private long elements;
    private float minimum = Float.POSITIVE_INFINITY;
    private float maximum = Float.NEGATIVE_INFINITY;

    /// @param operator that puts the tensor out; null for an input of the model
    ErrorSums(@Nullable TwinOperator operator, Tensor tensor) {
        this.operator = operator;
        this.tensor = tensor;
        QuantizationParameters parameters = tensor.quantization();
        this.codes = parameters == null ? null : CodeRange.of(tensor.type(), parameters);
        this.channels = tensor.shape().rank() == 0 ? 1 : tensor.shape().dimension(tensor.shape().rank() - 1);
        this.parts = new double[CAUSES.length][channels];
    }

    void add(ErrorSplit split) {
        int count = split.elementCount();
        float[] exact = split.exact();
        float[] actual = split.actual();
        float[] beforeClamp = split.stages().get(Cause.ROUNDING.ordinal());
        float[] clamped = split.stages().get(Cause.SATURATION.ordinal());
        for (int i = 0; i < count; i++) {
            double whole = split.error(i);
            double own = split.local(i);
            for (Cause cause : CAUSES) {
                parts[cause.ordinal()][i % channels] += split.part(cause, i) * whole;
            }
            signal += (double) exact[i] * exact[i];
            actualPower += (double) actual[i] * actual[i];
            product += (double) exact[i] * actual[i];
            error += whole * whole;
            local += own * own;
            largest = Math.max(largest, Math.abs(whole));
            saturated += beforeClamp[i] == clamped[i] ? 0 : 1;
            minimum = Math.min(minimum, exact[i]);
            maximum = Math.max(maximum, exact[i]);
        }
        elements += count;
    }

    OperatorTrace trace() {
        Map<Cause, Double> shares = new EnumMap<>(Cause.class);
        for (Cause cause : CAUSES) {
            shares.put(cause, sum(parts[cause.ordinal()]) / elements);
        }
        double norms = Math.sqrt(signal * actualPower);
        return new OperatorTrace(number(), type(), tensor.name(), elements, signal / elements, error / elements, shares,
                local / elements, norms == 0 ? 1 : product / norms, largest, (double) saturated / elements);
    }

    private int number() {
        return operator == null ? Trace.INPUT : operator.number();
    }

    private String type() {
        return operator == null ? "INPUT" : operator.operator().code().name();
    }

    private static double sum(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum;
    }

    /// What this tensor's operator may be suspected of, one entry for each cause at most.
    List<Suspect> suspects() {
        List<Suspect> suspects = new ArrayList<>();
        if (operator != null) {
            weights(operator, suspects);
            bias(operator, suspects);
        }
        if (codes != null && elements > 0 && Float.isFinite(minimum) && Float.isFinite(maximum)) {
            ranges(codes, suspects);
        }
        return suspects;
    }

    private void suspect(List<Suspect> suspects, Cause cause, int channel, double avoidable, String explanation) {
        // Where all is zero, nothing can be said of a share.
        double share = signal == 0 ? 0 : avoidable / signal;
        suspects.add(new Suspect(number(), type(), tensor.name(), cause, channel, Math.max(0, share), explanation));
    }

    /// Of an error that is `excess` times as large in power as it has to be, the part that could be spared.
    private static double avoidable(double part, double excess) {
        return excess > TOLERATED_EXCESS ? part * (1 - 1 / excess) : 0;
    }

    private void weights(TwinOperator twin, List<Suspect> suspects) {
        for (int position = 0; position < twin.rounded().size(); position++) {
            Tensor rounded = twin.rounded().get(position);
            Tensor exact = twin.exact().get(position);
            if (position == twin.bias() || rounded == null || exact == null || !rounded.isConstant()
                    || rounded.equals(exact)) {
                continue;
            }
            float[] real = ConstantValues.values(exact);
            float[] held = ConstantValues.values(rounded);
            int dimension = channelDimension(twin.operator().options());
            if (dimension >= 0 && exact.shape().dimension(dimension) == channels) {
                channelWeights(exact, dimension, real, held, suspects);
            } else {
                QuantizationParameters ideal = Int8.covering(Range.of(real));
                byte[] codes8 = Int8.quantize(real, ideal);
                double needed = 0;
                double found = 0;
                for (int i = 0; i < real.length; i++) {
                    double best = ideal.scale(0) * (codes8[i] - ideal.zeroPoint(0)) - real[i];
                    needed += best * best;
                    found += square(held[i] - real[i]);
                }
                suspect(suspects, Cause.WEIGHTS, -1,
                        avoidable(sum(parts[Cause.WEIGHTS.ordinal()]), excess(found, needed)),
                        String.format(Locale.ROOT, "its constant differs from the float model's by up to %.4g",
                                largestDifference(real, held)));
            }
        }
    }

    /// The dimension of a filter that is the output's channels; −1 where constants are no filter.
    private static int channelDimension(Options options) {
        return switch (options) {
            case Options.Conv2d _,Options.FullyConnected _,Options.TransposeConv _ -> 0;
            case Options.DepthwiseConv2d _ -> 3;
            default -> -1;
        };
    }

    private void channelWeights(Tensor exact, int dimension, float[] real, float[] held, List<Suspect> suspects) {
        QuantizationParameters ideal = Int8.symmetricPerChannel(real, exact.shape(), dimension);
        byte[] best = Int8.quantizeWeights(real, exact.shape(), ideal);
        double[] needed = new double[channels];
        double[] found = new double[channels];
        float[] largestReal = new float[channels];
        float[] largestHeld = new float[channels];
        for (int i = 0; i < real.length; i++) {
            int channel = ConstantValues.channel(exact.shape(), dimension, i);
            needed[channel] += square(ideal.scale(channel) * best[i] - real[i]);
            found[channel] += square(held[i] - real[i]);
            largestReal[channel] = Math.max(largestReal[channel], Math.abs(real[i]));
            largestHeld[channel] = Math.max(largestHeld[channel], Math.abs(held[i]));
        }
        int worst = 0;
        double[] avoidable = new double[channels];
        for (int channel = 0; channel < channels; channel++) {
            avoidable[channel] = avoidable(parts[Cause.WEIGHTS.ordinal()][channel],
                    excess(found[channel], needed[channel]));
            worst = avoidable[channel] > avoidable[worst] ? channel : worst;
        }
        suspect(suspects, Cause.WEIGHTS, worst, avoidable[worst], String.format(Locale.ROOT,
                "the weights of channel %d reach %.4g where the float model's reach %.4g, and are off by %.3g times what a "
                        + "scale of its own would cost",
                worst, largestHeld[worst], largestReal[worst], Math.sqrt(excess(found[worst], needed[worst]))));
    }

    private void bias(TwinOperator twin, List<Suspect> suspects) {
        if (!twin.hasBias()) {
            return;
        }
        float[] real = ConstantValues.values(Objects.requireNonNull(twin.exact().get(twin.bias())));
        float[] held = ConstantValues.values(Objects.requireNonNull(twin.rounded().get(twin.bias())));
        if (real.length != channels) {
            return;
        }
        int worst = 0;
        double[] avoidable = new double[channels];
        for (int channel = 0; channel < channels; channel++) {
            // A bias code is so fine that what it costs is next to nothing; a difference that can be seen is a mistake.
            avoidable[channel] = Math.abs(held[channel] - real[channel]) > 1e-3 * Math.abs(real[channel])
                    ? parts[Cause.BIAS.ordinal()][channel]
                    : 0;
            worst = avoidable[channel] > avoidable[worst] ? channel : worst;
        }
        suspect(suspects, Cause.BIAS, worst, avoidable[worst], String.format(Locale.ROOT,
                "the bias of channel %d stands for %.4g, the float model's is %.4g: it does not fit its 32-bit code, or has"
                        + " another scale",
                worst, held[worst], real[worst]));
    }

    private void ranges(CodeRange output, List<Suspect> suspects) {
        Range covered = output.range();
        suspect(suspects, Cause.SATURATION, -1, sum(parts[Cause.SATURATION.ordinal()]), String.format(Locale.ROOT,
                "its range is %.4g to %.4g, the float values reach from %.4g to %.4g, and %.3g %% of them are cut",
                covered.minimum(), covered.maximum(), minimum, maximum, 100.0 * saturated / elements));
        double needed = (Math.max(maximum, 0) - Math.min(minimum, 0)) / (output.maximum() - output.minimum());
        if (needed > 0 && !isFixed()) {
            suspect(suspects, Cause.ROUNDING, -1,
                    avoidable(sum(parts[Cause.ROUNDING.ordinal()]), square(output.scale() / needed)),
                    String.format(Locale.ROOT,
                            "its range is %.4g to %.4g, the float values only reach from %.4g to %.4g",
                            covered.minimum(), covered.maximum(), minimum, maximum));
        }
        suspect(suspects, Cause.REQUANTIZATION, -1,
                sum(parts[Cause.REQUANTIZATION.ordinal()])
                        - HEALTHY_REQUANTIZATION * output.scale() * output.scale() * elements,
                "the integer kernel is far from the nearest code: a sum leaves 32 bits, or a rescaling is coarse");
    }

    /// Whether the output's range is no choice: the operator's result has it by nature, or the kernel keeps its input's.
    private boolean isFixed() {
        if (operator == null) {
            return false;
        }
        return switch (operator.operator().code()) {
            case SOFTMAX, LOGISTIC, TANH, LOG_SOFTMAX, L2_NORMALIZATION -> true;
            case AVERAGE_POOL_2D, MAX_POOL_2D, RESHAPE, RESIZE_BILINEAR, RESIZE_NEAREST_NEIGHBOR, SQUEEZE, PAD -> true;
            default -> false;
        };
    }

    private static double excess(double found, double needed) {
        return found == 0 ? 1 : found / Math.max(needed, Double.MIN_NORMAL);
    }

    private static double square(double value) {
        return value * value;
    }

    private static double largestDifference(float[] one, float[] other) {
        double most = 0;
        for (int i = 0; i < one.length; i++) {
            most = Math.max(most, Math.abs((double) one[i] - other[i]));
        }
        return most;
    }
}

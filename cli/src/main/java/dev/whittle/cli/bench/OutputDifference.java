package dev.whittle.cli.bench;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// How far the outputs of two runtimes are apart, and how far they may be.
///
/// - A float output may differ by 1e-4 of its largest magnitude: sums of a few thousand products in another order differ by
///   a few hundred units in the last place of 2⁻²⁴, and layers add to that.
/// - With integer weights (hybrid) by 1.5e-2: the runtimes do not agree on how activations are quantized on the way, to 7 or
///   8 bits, per row or per tensor, and a step of such a code is 1/127 of the largest magnitude.
/// - Codes may differ by 3 steps: each layer may round another way, and the differences pile up.
///   A float output that was codes in the last operator before it, by as many steps of these. After a SOFTMAX, by what one
///   step more or less of its input adds to that: a probability changes by `tanh(scale · beta / 2)` at most when every logit
///   moves by `scale`.
/// - Indices, booleans and other integers must be equal.
///
/// @param observed the largest difference of any element of any output, in `unit`
/// @param allowed in the same unit
/// @param unit `steps`, `of the largest magnitude` or `bytes`
public record OutputDifference(double observed, double allowed, String unit) {
    private static final double FLOATS = 1e-4;
    private static final double HYBRID = 1.5e-2;
    private static final double CODES = 3;
    private static final String STEPS = "steps";
    private static final String MAGNITUDE = "of the largest magnitude";
    private static final String ELEMENTS = "elements";

    /// Whether the two may be called the same.
    public boolean agrees() {
        return observed <= allowed;
    }

    /// As in `1.2e-06 of the largest magnitude, 0.0001 allowed`.
    public String text() {
        return "%s %s, %s allowed".formatted(number(observed), unit, number(allowed));
    }

    /// As in `1.2e-06` or `2 steps`, without what is allowed.
    String shortText() {
        return unit.equals(MAGNITUDE) ? number(observed) : number(observed) + " " + unit;
    }

    /// The worse of the two: what comes closest to being refused, or passes it farthest.
    OutputDifference or(OutputDifference other) {
        return share() >= other.share() ? this : other;
    }

    private double share() {
        return allowed == 0 ? (observed == 0 ? 0 : Double.POSITIVE_INFINITY) : observed / allowed;
    }

    /// @param output its place among the outputs of the first subgraph
    static OutputDifference between(Model model, int output, byte[] ours, byte[] theirs) {
        Subgraph graph = model.primary();
        Tensor tensor = graph.tensor(graph.outputs().get(output));
        if (ours.length != theirs.length) {
            return new OutputDifference(Math.abs(ours.length - theirs.length), 0, "bytes more or less");
        }
        ElementType type = tensor.type();
        if (type == ElementType.FLOAT32) {
            Arithmetic arithmetic = Arithmetic.of(model);
            Operator last = producer(graph, graph.outputs().get(output));
            if (arithmetic == Arithmetic.INTEGER && last != null && last.options() == Options.Plain.DEQUANTIZE) {
                int codes = last.inputs().getFirst();
                double scale = scale(graph, codes);
                return new OutputDifference(largestDifference(type, ours, theirs) / scale,
                        allowedSteps(graph, codes), STEPS);
            }
            double largest = largestMagnitude(ours, theirs);
            double difference = largestDifference(type, ours, theirs);
            return new OutputDifference(largest == 0 ? difference : difference / largest,
                    arithmetic == Arithmetic.FLOAT ? FLOATS : HYBRID, MAGNITUDE);
        }
        if (scale(graph, graph.outputs().get(output)) > 0
                && (type == ElementType.INT8 || type == ElementType.UINT8 || type == ElementType.INT16)) {
            return new OutputDifference(largestDifference(type, ours, theirs),
                    allowedSteps(graph, graph.outputs().get(output)), STEPS);
        }
        int mismatch = Arrays.mismatch(ours, theirs);
        return new OutputDifference(mismatch < 0 ? 0 : differing(ours, theirs), 0, ELEMENTS);
    }

    private static int differing(byte[] ours, byte[] theirs) {
        int count = 0;
        for (int i = 0; i < ours.length; i++) {
            count += ours[i] == theirs[i] ? 0 : 1;
        }
        return count;
    }

    /// How many steps of its own the codes of a tensor may be apart.
    private static double allowedSteps(Subgraph graph, int tensor) {
        Operator last = producer(graph, tensor);
        if (last != null && last.options() instanceof Options.Softmax softmax) {
            double logits = scale(graph, last.inputs().getFirst());
            return CODES
                    + Math.floor(Math.tanh(logits * softmax.beta() / 2) / scale(graph, tensor));
        }
        return CODES;
    }

    private static @Nullable Operator producer(Subgraph graph, int tensor) {
        return graph.operators().stream().filter(operator -> operator.outputs().contains(tensor)).findFirst()
                .orElse(null);
    }

    /// The one scale of a tensor's codes; 0 where it has none.
    private static double scale(Subgraph graph, int tensor) {
        QuantizationParameters codes = graph.tensor(tensor).quantization();
        return codes == null || codes.scale().isEmpty() || codes.isPerChannel() ? 0 : codes.scale(0);
    }

    /// NaN in one place of both is no difference; NaN or infinity in one alone is an infinite one.
    private static double largestDifference(ElementType type, byte[] ours, byte[] theirs) {
        double largest = 0;
        int count = ours.length * Byte.SIZE / type.bits();
        for (int i = 0; i < count; i++) {
            double one = element(type, ours, i);
            double other = element(type, theirs, i);
            if (Double.compare(one, other) != 0) {
                double difference = Math.abs(one - other);
                largest = Math.max(largest, Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference);
            }
        }
        return largest;
    }

    private static double largestMagnitude(byte[] ours, byte[] theirs) {
        double largest = 0;
        for (byte[] values : new byte[][]{ours, theirs}) {
            for (int i = 0; i < values.length / Float.BYTES; i++) {
                double value = Math.abs(element(ElementType.FLOAT32, values, i));
                largest = Double.isFinite(value) ? Math.max(largest, value) : largest;
            }
        }
        return largest;
    }

    private static double element(ElementType type, byte[] bytes, int index) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        return switch (type) {
            case FLOAT32 -> buffer.getFloat(index * Float.BYTES);
            case INT8 -> bytes[index];
            case UINT8 -> bytes[index] & 0xff;
            case INT16 -> buffer.getShort(index * Short.BYTES);
            default -> throw new AssertionError(type);
        };
    }

    private static String number(double value) {
        return value == Math.rint(value) && value < 1e6
                ? Long.toString((long) value)
                : String.format(Locale.ROOT, "%.2g", value);
    }
}

package dev.whittle.quantizer.calibrate;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.quantizer.observe.Range;
import dev.whittle.quantizer.rule.QuantizationRule;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// Ranges that follow from those of the inputs, by interval arithmetic through a model's preprocessing: resizing keeps
/// the range, a product with or a sum of a scalar constant maps its ends.
public final class KnownRanges {
    private KnownRanges() {}

    /// Ranges by tensor index.
    ///
    /// @param inputRanges ranges by input number
    public static Map<Integer, Range> of(Subgraph subgraph, Map<Integer, Range> inputRanges) {
        Map<Integer, Range> known = new HashMap<>();
        inputRanges.forEach((number, range) -> known.put(subgraph.inputs().get(number), range));
        for (Operator operator : subgraph.operators()) {
            if (QuantizationRule.of(operator.options()) instanceof QuantizationRule.SameAsInput(int input)) {
                Range range = known.get(operator.inputs().get(input));
                operator.outputs().stream().filter(_ -> range != null).forEach(output -> known.put(output, range));
                continue;
            }
            Range input = operator.inputs().isEmpty() ? null : known.get(operator.inputs().getFirst());
            if (input != null) {
                output(subgraph, operator, input).ifPresent(range -> known.put(operator.outputs().getFirst(), range));
            }
        }
        return known;
    }

    private static Optional<Range> output(Subgraph subgraph, Operator operator, Range input) {
        if (operator.options() instanceof Options.Mul(Activation activation) && activation == Activation.NONE) {
            return scalar(subgraph, operator)
                    .map(factor -> between(input.minimum() * factor, input.maximum() * factor));
        }
        if (operator.options() instanceof Options.Add(Activation activation, boolean _)
                && activation == Activation.NONE) {
            return scalar(subgraph, operator).map(term -> between(input.minimum() + term, input.maximum() + term));
        }
        return Optional.empty();
    }

    /// The operator's second operand, where it is one constant number.
    private static Optional<Float> scalar(Subgraph subgraph, Operator operator) {
        Tensor operand = subgraph.tensor(operator.inputs().get(1));
        Buffer data = operand.buffer();
        return data != null && operand.type() == ElementType.FLOAT32 && operand.shape().elementCount() == 1
                ? Optional.of(data.toFloats()[0])
                : Optional.empty();
    }

    private static Range between(float one, float other) {
        return new Range(Math.min(one, other), Math.max(one, other));
    }
}

package dev.whittle.quantizer.calibrate;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.quantizer.rule.QuantizationRule;
import java.util.ArrayList;
import java.util.List;

/// The activations whose int8 parameters have to be found out, and do not follow from an operator's rule.
public final class ObservedTensors {
    private ObservedTensors() {}

    /// Tensor indices: the subgraph's inputs, then the outputs of operators with a range of their own, in order.
    public static List<Integer> of(Subgraph subgraph) {
        List<Integer> observed = new ArrayList<>(subgraph.inputs());
        for (Operator operator : subgraph.operators()) {
            switch (QuantizationRule.of(operator.options())) {
                // An operator that stays float may stand before one that does not.
                case QuantizationRule.OwnRange _,QuantizationRule.SameForAll _,QuantizationRule.Weighted _,QuantizationRule.FloatOnly _ ->
                        operator.outputs().stream()
                                .filter(output -> subgraph.tensor(output).type() == ElementType.FLOAT32)
                                .forEach(observed::add);
                case QuantizationRule.SameAsInput _,QuantizationRule.FixedOutput _,QuantizationRule.AlreadyQuantized _ -> {
                    // Nothing to find out.
                }
            }
        }
        return observed;
    }
}

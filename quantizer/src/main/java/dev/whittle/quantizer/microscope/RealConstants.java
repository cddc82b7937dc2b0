package dev.whittle.quantizer.microscope;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Tensor;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The constants of a model that stand for real numbers, a DEQUANTIZE in front of them taken off.
final class RealConstants {
    private final Model model;
    /// The constant behind the output of a DEQUANTIZE.
    private final Map<Integer, Integer> widened = new HashMap<>();

    RealConstants(Model model) {
        this.model = model;
        for (Operator operator : model.primary().operators()) {
            if (operator.options() == Options.Plain.DEQUANTIZE
                    && model.primary().tensor(operator.inputs().getFirst()).isConstant()) {
                widened.put(operator.outputs().getFirst(), operator.inputs().getFirst());
            }
        }
    }

    /// Whether the operator does nothing but widen a constant.
    boolean isWidening(Operator operator) {
        return operator.options() == Options.Plain.DEQUANTIZE && widened.containsKey(operator.outputs().getFirst());
    }

    /// The tensor with the data of a constant of real numbers, or null where the tensor is computed or holds sizes, axes and
    /// the like.
    @Nullable
    Tensor real(int index) {
        if (index == Operator.ABSENT) {
            return null;
        }
        Tensor tensor = model.primary().tensor(widened.getOrDefault(index, index));
        boolean isReal = tensor.type() == ElementType.FLOAT32 || tensor.type() == ElementType.FLOAT16
                || tensor.quantization() != null;
        return tensor.isConstant() && isReal ? tensor : null;
    }
}

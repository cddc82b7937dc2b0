package dev.whittle.cli.bench;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;

/// What a model computes with: FLOAT, INTEGER codes, or HYBRID, which is float activations on integer weights.
public enum Arithmetic {
    FLOAT("f32"), INTEGER("integer"), HYBRID("hybrid");

    private final String label;

    Arithmetic(String label) {
        this.label = label;
    }

    /// As tables call it.
    public String label() {
        return label;
    }

    static Arithmetic of(Model model) {
        Arithmetic found = FLOAT;
        for (Subgraph graph : model.subgraphs()) {
            for (Operator operator : graph.operators()) {
                boolean hasFloats = false;
                boolean hasCodes = false;
                boolean hasCodedWeights = false;
                for (int index : operator.inputs()) {
                    if (index >= 0) {
                        Tensor tensor = graph.tensor(index);
                        boolean coded = isCode(tensor.type()) && tensor.quantization() != null;
                        hasFloats |= tensor.type() == ElementType.FLOAT32;
                        hasCodedWeights |= coded && tensor.isConstant();
                        hasCodes |= coded && !tensor.isConstant();
                    }
                }
                boolean converts = operator.options() == Options.Plain.DEQUANTIZE
                        || operator.options() == Options.Plain.QUANTIZE;
                if (hasCodes && !converts) {
                    return INTEGER;
                }
                if (hasCodedWeights && (hasFloats || converts)) {
                    found = HYBRID;
                }
            }
        }
        return found;
    }

    private static boolean isCode(ElementType type) {
        return switch (type) {
            case INT2, INT4, INT8, UINT8, INT16 -> true;
            default -> false;
        };
    }
}

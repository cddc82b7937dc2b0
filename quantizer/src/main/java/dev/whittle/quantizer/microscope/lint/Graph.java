package dev.whittle.quantizer.microscope.lint;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;

/// Names and kinds in a subgraph.
final class Graph {
    private Graph() {}

    /// As in `CONV_2D #3 "conv/Relu"`.
    static String where(Subgraph graph, int index) {
        Operator operator = graph.operators().get(index);
        return "%s #%d%s".formatted(operator.code(), index, operator.outputs().isEmpty() ? ""
                : " \"" + name(graph.tensor(operator.outputs().getFirst())) + "\"");
    }

    /// The first of the names that a converter has put together when it fused operators.
    static String name(Tensor tensor) {
        return tensor.name().replaceFirst(";.*", "");
    }

    static boolean isQuantizedActivation(Tensor tensor) {
        return !tensor.isConstant() && tensor.quantization() != null && (tensor.type() == ElementType.INT8
                || tensor.type() == ElementType.UINT8 || tensor.type() == ElementType.INT16);
    }

    static boolean hasQuantizedActivations(Subgraph graph) {
        return graph.tensors().stream().anyMatch(Graph::isQuantizedActivation);
    }
}

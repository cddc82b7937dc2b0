package dev.whittle.engine.model;

import java.util.List;

/// Tensors and the operators between them, in execution order.
///
/// @param inputs tensor indices, in the order callers number them
/// @param outputs tensor indices, in the order callers number them
public record Subgraph(String name, List<Tensor> tensors, List<Integer> inputs, List<Integer> outputs,
        List<Operator> operators) {

    public Subgraph {
        tensors = List.copyOf(tensors);
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        operators = List.copyOf(operators);
    }

    /// The tensor with the given index.
    public Tensor tensor(int index) {
        return tensors.get(index);
    }
}

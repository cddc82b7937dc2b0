package dev.whittle.converter.lower;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Builds a float subgraph one operator after the other; tensors are spoken of by their index.
///
/// Shapes are given as signatures: a dimension that is not known before the input is given is −1, and stands as 1 in the
/// tensor's own shape.
public final class SubgraphBuilder {
    private final List<Tensor> tensors = new ArrayList<>();
    private final List<Operator> operators = new ArrayList<>();
    private final List<Integer> inputs = new ArrayList<>();

    /// A FLOAT32 input.
    public int input(String name, Shape signature) {
        int index = activation(name, signature);
        inputs.add(index);
        return index;
    }

    /// A FLOAT32 constant.
    public int constant(String name, Shape shape, float... values) {
        return add(Tensor.constant(name, ElementType.FLOAT32, shape, null, Buffer.ofFloats(values)));
    }

    /// A vector of INT32, as shapes and sizes are.
    public int sizes(String name, int... values) {
        return add(Tensor.constant(name, ElementType.INT32, Shape.of(values.length), null, Buffer.ofInts(values)));
    }

    /// A matrix of INT32 with two columns, as the paddings of PAD are: before and after, for each dimension.
    public int paddings(String name, int... values) {
        return add(Tensor.constant(name, ElementType.INT32, Shape.of(values.length / 2, 2), null,
                Buffer.ofInts(values)));
    }

    /// An operator with one FLOAT32 output.
    ///
    /// @return the output
    public int operator(Options options, String outputName, Shape outputSignature, int... inputTensors) {
        int output = activation(outputName, outputSignature);
        operators.add(new Operator(options, Arrays.stream(inputTensors).boxed().toList(), List.of(output), 1));
        return output;
    }

    private int activation(String name, Shape signature) {
        int[] shape = signature.toArray();
        for (int axis = 0; axis < shape.length; axis++) {
            shape[axis] = shape[axis] == -1 ? 1 : shape[axis];
        }
        return add(new Tensor(name, ElementType.FLOAT32, Shape.of(shape), signature, null, null, false));
    }

    private int add(Tensor tensor) {
        tensors.add(tensor);
        return tensors.size() - 1;
    }

    /// The subgraph.
    public Subgraph build(String name, int... outputs) {
        return new Subgraph(name, tensors, inputs, Arrays.stream(outputs).boxed().toList(), operators);
    }
}

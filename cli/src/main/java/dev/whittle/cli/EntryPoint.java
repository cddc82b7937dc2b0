package dev.whittle.cli;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.TensorView;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Signature;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.npy.NpyArray;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The inputs and outputs of one way to run a model: those of its first subgraph in their own order, or those of a
/// signature sorted by name.
public record EntryPoint(Model model, List<Argument> inputs, List<Argument> outputs) {

    public EntryPoint {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    /// One input or output.
    ///
    /// @param name in the signature, or else the tensor's
    /// @param tensor its index in the first subgraph
    public record Argument(String name, int tensor) {
    }

    /// @param signature the key of a signature, or null for the plain inputs and outputs
    /// @throws IllegalArgumentException if the model has no such signature
    public static EntryPoint of(Model model, @Nullable String signature) {
        Subgraph graph = model.primary();
        if (signature == null) {
            return new EntryPoint(model, unnamed(graph, graph.inputs()), unnamed(graph, graph.outputs()));
        }
        Signature found = model.signatures().stream()
                .filter(candidate -> candidate.key().equals(signature) && candidate.subgraph() == 0)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("[%s] has no signature \"%s\", it has %s".formatted(
                        model.source(), signature, model.signatures().stream().map(Signature::key).toList())));
        return new EntryPoint(model, sorted(found.inputs()), sorted(found.outputs()));
    }

    private static List<Argument> unnamed(Subgraph graph, List<Integer> tensors) {
        return tensors.stream().map(tensor -> new Argument(graph.tensor(tensor).name(), tensor)).toList();
    }

    private static List<Argument> sorted(Map<String, Integer> arguments) {
        return arguments.entrySet().stream()
                .map(entry -> new Argument(entry.getKey(), entry.getValue()))
                .sorted(Comparator.comparing(Argument::name))
                .toList();
    }

    /// Runs once and gives copies of the outputs. An array whose shape differs from its input's resizes that input.
    ///
    /// @throws IllegalArgumentException if there are more or fewer arrays than inputs, or of another type
    public List<NpyArray> invoke(Interpreter interpreter, List<NpyArray> arrays) {
        if (arrays.size() != inputs.size()) {
            throw new IllegalArgumentException("[%s] takes %d inputs %s, %d given".formatted(
                    model.source(), inputs.size(), inputs.stream().map(Argument::name).toList(), arrays.size()));
        }
        for (int i = 0; i < arrays.size(); i++) {
            int tensor = inputs.get(i).tensor();
            Shape shape = arrays.get(i).shape();
            if (!interpreter.tensor(tensor).shape().equals(shape)) {
                interpreter.resizeInput(model.primary().inputs().indexOf(tensor), shape);
            }
        }
        for (int i = 0; i < arrays.size(); i++) {
            TensorView view = interpreter.tensor(inputs.get(i).tensor());
            NpyArray array = arrays.get(i);
            if (view.type() != array.type()) {
                throw new IllegalArgumentException("input \"%s\" of [%s] is %s, %s given".formatted(
                        inputs.get(i).name(), model.source(), view.type(), array.type()));
            }
            view.putBytes(array.data());
        }
        interpreter.invoke();
        return outputs.stream()
                .map(output -> interpreter.tensor(output.tensor()))
                .map(view -> new NpyArray(view.type(), view.shape(), view.toBytes()))
                .toList();
    }

    /// Checks that an array from `file` may be given as input `i`: the type is the input's, and so are the dimensions
    /// that the model's shape signature fixes.
    ///
    /// @throws IllegalArgumentException if it may not
    public void requireFits(int i, String file, NpyArray array) {
        Tensor tensor = model.primary().tensor(inputs.get(i).tensor());
        if (array.type() != tensor.type()) {
            throw new IllegalArgumentException("[%s] holds %s, input \"%s\" of %s takes %s".formatted(
                    file, array.type(), inputs.get(i).name(), model.source(), tensor.type()));
        }
        if (!matches(array.shape(), tensor.shapeSignature())) {
            throw new IllegalArgumentException("[%s] has the shape %s, input \"%s\" of %s takes %s".formatted(
                    file, array.shape(), inputs.get(i).name(), model.source(), tensor.shapeSignature()));
        }
    }

    private static boolean matches(Shape shape, Shape signature) {
        boolean matches = shape.rank() == signature.rank();
        for (int axis = 0; matches && axis < shape.rank(); axis++) {
            matches = signature.dimension(axis) < 0 || signature.dimension(axis) == shape.dimension(axis);
        }
        return matches;
    }
}

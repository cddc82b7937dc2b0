package dev.whittle.cli;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Signature;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.npy.NpyArray;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One way to run a model: its first subgraph with inputs and outputs in their own order, or a signature, on whichever
/// subgraph, with inputs and outputs sorted by name.
///
/// @param signature the key, or null for the plain inputs and outputs
/// @param subgraph the number of the one that runs
public record EntryPoint(Model model, @Nullable String signature, int subgraph, List<Argument> inputs,
        List<Argument> outputs) {

    public EntryPoint {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    /// One input or output.
    ///
    /// @param name in the signature, or else the tensor's
    /// @param tensor its index in the subgraph
    public record Argument(String name, int tensor) {
    }

    /// @param signature the key of a signature, or null for the plain inputs and outputs
    /// @throws IllegalArgumentException if the model has no such signature
    /// @throws MalformedModelException if the signature names tensors that its subgraph does not take or give
    public static EntryPoint of(Model model, @Nullable String signature) {
        if (signature == null) {
            Subgraph graph = model.primary();
            return new EntryPoint(model, null, 0, unnamed(graph, graph.inputs()), unnamed(graph, graph.outputs()));
        }
        Signature found = model.signatures().stream()
                .filter(candidate -> candidate.key().equals(signature))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("[%s] has no signature \"%s\", it has %s".formatted(
                        model.source(), signature, model.signatures().stream().map(Signature::key).toList())));
        Subgraph graph = model.subgraphs().get(found.subgraph());
        String where = "[%s] signature \"%s\": ".formatted(model.source(), signature);
        return new EntryPoint(model, signature, found.subgraph(),
                sorted(where + "input", found.inputs(), graph.inputs()),
                sorted(where + "output", found.outputs(), graph.outputs()));
    }

    private static List<Argument> unnamed(Subgraph graph, List<Integer> tensors) {
        return tensors.stream().map(tensor -> new Argument(graph.tensor(tensor).name(), tensor)).toList();
    }

    private static List<Argument> sorted(String where, Map<String, Integer> arguments, List<Integer> tensors) {
        arguments.forEach((name, tensor) -> {
            if (!tensors.contains(tensor)) {
                throw new MalformedModelException(
                        "%s \"%s\" is tensor %d, expected one of the subgraph's, %s".formatted(where, name, tensor,
                                tensors));
            }
        });
        return arguments.entrySet().stream()
                .map(entry -> new Argument(entry.getKey(), entry.getValue()))
                .sorted(Comparator.comparing(Argument::name))
                .toList();
    }

    /// The interpreter that runs this: `primary` itself where it runs this subgraph, else one that shares its variables.
    ///
    /// @param primary an interpreter of the model's first subgraph
    public Interpreter interpreter(Interpreter primary) {
        return signature == null || subgraph == 0 ? primary : primary.signature(signature);
    }

    /// Runs once and gives copies of the outputs. Arrays whose shapes differ from their inputs' resize those inputs, all
    /// at once.
    ///
    /// @param interpreter as [#interpreter] gives it
    /// @throws IllegalArgumentException if there are more or fewer arrays than inputs, or of another type
    /// @throws dev.whittle.engine.model.UnsupportedModelException if an input or output has no array form
    public List<NpyArray> invoke(Interpreter interpreter, List<NpyArray> arrays) {
        if (arrays.size() != inputs.size()) {
            throw new IllegalArgumentException("[%s] takes %d inputs %s, %d given".formatted(
                    model.source(), inputs.size(), inputs.stream().map(Argument::name).toList(), arrays.size()));
        }
        Map<Integer, Shape> shapes = new HashMap<>();
        for (int i = 0; i < arrays.size(); i++) {
            ElementType taken = arrayType("input", inputs.get(i));
            if (taken != arrays.get(i).type()) {
                throw new IllegalArgumentException("input \"%s\" of [%s] is %s, %s given".formatted(
                        inputs.get(i).name(), model.source(), taken, arrays.get(i).type()));
            }
            shapes.put(graph().inputs().indexOf(inputs.get(i).tensor()), arrays.get(i).shape());
        }
        outputs.forEach(output -> arrayType("output", output));
        interpreter.resizeInputs(shapes);
        for (int i = 0; i < arrays.size(); i++) {
            ArrayForm.write(arrays.get(i), interpreter.tensor(inputs.get(i).tensor()));
        }
        interpreter.invoke();
        return outputs.stream().map(output -> ArrayForm.read(interpreter.tensor(output.tensor()))).toList();
    }

    /// Checks that an array from `file` may be given as input `i`: the type is the input's, and so are the dimensions
    /// that the model's shape signature fixes.
    ///
    /// @param anyShape passes over the shape
    /// @throws IllegalArgumentException if it may not
    public void requireFits(int i, String file, NpyArray array, boolean anyShape) {
        ElementType taken = arrayType("input", inputs.get(i));
        if (array.type() != taken) {
            throw new IllegalArgumentException("[%s] holds %s, input \"%s\" of %s takes %s".formatted(
                    file, array.type(), inputs.get(i).name(), model.source(), taken));
        }
        Shape signatureShape = tensor(inputs.get(i)).shapeSignature();
        if (!anyShape && !matches(array.shape(), signatureShape)) {
            throw new IllegalArgumentException(
                    "[%s] has the shape %s, input \"%s\" of %s takes %s; --resize tries other shapes".formatted(
                            file, array.shape(), inputs.get(i).name(), model.source(), signatureShape));
        }
    }

    private Subgraph graph() {
        return model.subgraphs().get(subgraph);
    }

    private Tensor tensor(Argument argument) {
        return graph().tensor(argument.tensor());
    }

    private ElementType arrayType(String kind, Argument argument) {
        return ArrayForm.of("[%s] %s \"%s\"".formatted(model.source(), kind, argument.name()),
                tensor(argument).type());
    }

    private static boolean matches(Shape shape, Shape signature) {
        boolean matches = shape.rank() == signature.rank();
        for (int axis = 0; matches && axis < shape.rank(); axis++) {
            matches = signature.dimension(axis) < 0 || signature.dimension(axis) == shape.dimension(axis);
        }
        return matches;
    }
}

package dev.whittle.cli;

import com.google.flatbuffers.FlexBuffersBuilder;
import dev.whittle.converter.write.ModelWriter;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Signature;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// Files of a few operators, each with one unusual trait.
final class SmallModels {
    private static final Options.Add ADD = new Options.Add(Activation.NONE);

    private SmallModels() {}

    /// `y = x + x` in the first subgraph, `(a, b) → sum = a + b` in the second, under the signature `sum`.
    static Path twoSignatures(Path file) throws IOException {
        Subgraph twice = new Subgraph("twice", List.of(floats("x", 2), floats("y", 2)), List.of(0), List.of(1),
                List.of(operator(ADD, List.of(0, 0), List.of(1))));
        Subgraph sum = new Subgraph("sum", List.of(floats("first", 1, 2), floats("second", 1, 2), floats("sum", 1, 2)),
                List.of(0, 1), List.of(2), List.of(operator(ADD, List.of(0, 1), List.of(2))));
        SequencedMap<String, Integer> inputs = new LinkedHashMap<>();
        inputs.put("b", 1);
        inputs.put("a", 0);
        Signature signature = new Signature("sum", 1, inputs, new LinkedHashMap<>(Map.of("sum", 2)));
        return write(file, List.of(signature), twice, sum);
    }

    /// Gives its input back.
    static Path echo(Path file, ElementType type, int... shape) throws IOException {
        Tensor tensor = Tensor.activation("echo", type, Shape.of(shape), null);
        return write(file, List.of(), new Subgraph("main", List.of(tensor), List.of(0), List.of(0), List.of()));
    }

    /// Its output is the handle of a variable.
    static Path handle(Path file) throws IOException {
        Tensor handle = Tensor.activation("handle", ElementType.RESOURCE, Shape.of(), null);
        return write(file, List.of(), new Subgraph("main", List.of(handle), List.of(), List.of(0),
                List.of(operator(new Options.VarHandle("", "v"), List.of(), List.of(0)))));
    }

    /// A loop whose condition is a constant.
    static Path endlessLoop(Path file) throws IOException {
        Tensor yes = Tensor.constant("yes", ElementType.BOOL, Shape.of(1), null, Buffer.of((byte) 1));
        Subgraph main = new Subgraph("main", List.of(floats("x", 2), floats("y", 2)), List.of(0), List.of(1),
                List.of(operator(new Options.While(1, 2), List.of(0), List.of(1))));
        Subgraph condition = new Subgraph("condition", List.of(floats("x", 2), yes), List.of(0), List.of(1), List.of());
        Subgraph body = new Subgraph("body", List.of(floats("x", 2)), List.of(0), List.of(0), List.of());
        return write(file, List.of(), main, condition, body);
    }

    /// An operator of a name that the engine does not know, with FlexBuffers options, and one with other options.
    static Path customOperators(Path file) throws IOException {
        FlexBuffersBuilder options = new FlexBuffersBuilder();
        int map = options.startMap();
        options.putInt("classes", 3);
        options.putFloat("threshold", 0.25);
        options.endMap(null, map);
        Options mystery = new Options.Custom("Mystery", Buffer.wrap(options.finish()));
        Options opaque = new Options.Custom("Opaque\u001b[31m", Buffer.of((byte) 1, (byte) 2));
        return write(file, List.of(), new Subgraph("main", List.of(floats("x", 2), floats("y", 2), floats("z", 2)),
                List.of(0), List.of(2),
                List.of(operator(mystery, List.of(0), List.of(1)), operator(opaque, List.of(1), List.of(2)))));
    }

    /// `y = x + state`, where the state is a variable tensor.
    static Path variable(Path file) throws IOException {
        Tensor state = new Tensor("state", ElementType.FLOAT32, Shape.of(2), Shape.of(2), null, null, true);
        return write(file, List.of(), new Subgraph("main", List.of(floats("x", 2), state, floats("y", 2)), List.of(0),
                List.of(2), List.of(operator(ADD, List.of(0, 1), List.of(2)))));
    }

    /// Weights with a scale for each block of two.
    static Path blockwise(Path file) throws IOException {
        Tensor scales = Tensor.constant("scales", ElementType.FLOAT16, Shape.of(1, 2), null,
                Buffer.ofShorts(Float.floatToFloat16(0.5f), Float.floatToFloat16(2)));
        Tensor weights = Tensor.constant("weights", ElementType.INT4, Shape.of(1, 4),
                new QuantizationParameters(List.of(0.5f, 2f), List.of(0L, 0L), 0, 2),
                Buffer.of((byte) 0x21, (byte) 0x43));
        return write(file, List.of(), new Subgraph("main", List.of(floats("x", 1, 4), scales, weights), List.of(0),
                List.of(0), List.of()));
    }

    private static Tensor floats(String name, int... shape) {
        return Tensor.activation(name, ElementType.FLOAT32, Shape.of(shape), null);
    }

    private static Operator operator(Options options, List<Integer> inputs, List<Integer> outputs) {
        return new Operator(options, inputs, outputs, 1);
    }

    private static Path write(Path file, List<Signature> signatures, Subgraph... subgraphs) throws IOException {
        ModelWriter.write(new Model(file.getFileName().toString(), Model.SCHEMA_VERSION, "", List.of(subgraphs),
                signatures, List.of()), file);
        return file;
    }
}

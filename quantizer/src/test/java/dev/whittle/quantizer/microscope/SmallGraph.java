package dev.whittle.quantizer.microscope;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Metadata;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Builds models of a few operators.
public final class SmallGraph {
    private final List<Tensor> tensors = new ArrayList<>();
    private final List<Integer> inputs = new ArrayList<>();
    private final List<Operator> operators = new ArrayList<>();
    private final List<Metadata> metadata = new ArrayList<>();

    public static QuantizationParameters scale(double scale, int zeroPoint) {
        return QuantizationParameters.perTensor((float) scale, zeroPoint);
    }

    public int input(String name, ElementType type, @Nullable QuantizationParameters parameters, int... shape) {
        inputs.add(add(Tensor.activation(name, type, Shape.of(shape), parameters)));
        return inputs.getLast();
    }

    /// An input whose batch is open.
    public int openInput(String name, int... shape) {
        int[] signature = shape.clone();
        signature[0] = -1;
        inputs.add(add(new Tensor(name, ElementType.FLOAT32, Shape.of(shape), Shape.of(signature), null, null, false)));
        return inputs.getLast();
    }

    public int ints(String name, int... values) {
        return add(Tensor.constant(name, ElementType.INT32, Shape.of(values.length), null, Buffer.ofInts(values)));
    }

    public int floats(String name, Shape shape, float... values) {
        return add(Tensor.constant(name, ElementType.FLOAT32, shape, null, Buffer.ofFloats(values)));
    }

    public int codes(String name, ElementType type, QuantizationParameters parameters, Shape shape, byte... values) {
        return add(Tensor.constant(name, type, shape, parameters, Buffer.of(values)));
    }

    public int bias(String name, QuantizationParameters parameters, int... values) {
        return add(Tensor.constant(name, ElementType.INT32, Shape.of(values.length), parameters,
                Buffer.ofInts(values)));
    }

    /// An operator of version 1 with one output.
    public int operator(Options options, String name, ElementType type, @Nullable QuantizationParameters parameters,
            Shape shape, Integer... operands) {
        int output = add(Tensor.activation(name, type, shape, parameters));
        operators.add(new Operator(options, Arrays.asList(operands), List.of(output), 1));
        return output;
    }

    public SmallGraph metadata(String name, String text) {
        metadata.add(new Metadata(name, Buffer.of(text.getBytes(StandardCharsets.UTF_8))));
        return this;
    }

    public Model model(int... outputs) {
        Subgraph graph = new Subgraph("main", tensors, inputs, Arrays.stream(outputs).boxed().toList(), operators);
        return new Model("small.tflite", Model.SCHEMA_VERSION, "", List.of(graph), List.of(), metadata);
    }

    private int add(Tensor tensor) {
        tensors.add(tensor);
        return tensors.size() - 1;
    }

    /// A 1 × 1 convolution.
    public static Options.Conv2d conv(Activation activation) {
        return new Options.Conv2d(Padding.VALID, 1, 1, 1, 1, activation);
    }

    /// `[1, 1, 1, 2]` codes through a 1 × 1 convolution of two channels, scales 0.5, 0.25 and 1.
    public static Model int8Conv(byte[] weights, int[] bias) {
        SmallGraph graph = new SmallGraph();
        int input = graph.input("x", ElementType.INT8, scale(0.5, 0), 1, 1, 1, 2);
        int filter = graph.codes("filter", ElementType.INT8, scale(0.25, 0), Shape.of(2, 1, 1, 2), weights);
        int addend = graph.bias("bias", scale(0.125, 0), bias);
        return graph.model(graph.operator(conv(Activation.NONE), "y", ElementType.INT8, scale(1, 0),
                Shape.of(1, 1, 1, 2), input, filter, addend));
    }

    /// Convolution, LEAKY_RELU, convolution, all int8 with one channel.
    public static Model leaky() {
        SmallGraph graph = new SmallGraph();
        int input = graph.input("image", ElementType.INT8, scale(1, 0), 1, 4, 4, 1);
        int first = layer(graph, "first", input);
        int leaky = graph.operator(new Options.LeakyRelu(0.25f), "leaky", ElementType.INT8, scale(1, 0),
                Shape.of(1, 4, 4, 1), first);
        return graph.model(layer(graph, "second", leaky));
    }

    private static int layer(SmallGraph graph, String name, int input) {
        int filter = graph.codes(name + "/filter", ElementType.INT8, scale(1, 0), Shape.of(1, 1, 1, 1), (byte) 1);
        int bias = graph.bias(name + "/bias", scale(1, 0), 0);
        return graph.operator(conv(Activation.NONE), name, ElementType.INT8, scale(1, 0), Shape.of(1, 4, 4, 1), input,
                filter, bias);
    }
}

package dev.whittle.engine.kernel;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.TensorView;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.plan.PlanOptions;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A model of one operator, put together input by input in the operator's order, and run.
final class OneOperator {
    private final Options options;
    private final List<Tensor> tensors = new ArrayList<>();
    private final List<Integer> inputs = new ArrayList<>();
    private final List<Integer> outputs = new ArrayList<>();
    private final List<Integer> given = new ArrayList<>();
    private final List<Buffer> values = new ArrayList<>();
    private final List<Subgraph> others = new ArrayList<>();

    private OneOperator(Options options) {
        this.options = options;
    }

    static OneOperator of(Options options) {
        return new OneOperator(options);
    }

    /// An input of the model, set to these elements before it runs.
    OneOperator data(ElementType type, Shape shape, @Nullable QuantizationParameters quantization, Buffer elements) {
        given.add(tensors.size());
        values.add(elements);
        return input(Tensor.activation("in" + inputs.size(), type, shape, quantization));
    }

    OneOperator data(ElementType type, Shape shape, Buffer elements) {
        return data(type, shape, null, elements);
    }

    OneOperator floats(Shape shape, float... elements) {
        return data(ElementType.FLOAT32, shape, Buffer.ofFloats(elements));
    }

    OneOperator constant(ElementType type, Shape shape, Buffer elements) {
        return input(Tensor.constant("in" + inputs.size(), type, shape, null, elements));
    }

    OneOperator constant(int... elements) {
        return constant(ElementType.INT32, Shape.of(elements.length), Buffer.ofInts(elements));
    }

    OneOperator scalar(int element) {
        return constant(ElementType.INT32, Shape.of(), Buffer.ofInts(element));
    }

    OneOperator scalar(float element) {
        return constant(ElementType.FLOAT32, Shape.of(), Buffer.ofFloats(element));
    }

    OneOperator input(Tensor tensor) {
        inputs.add(tensors.size());
        tensors.add(tensor);
        return this;
    }

    OneOperator absent() {
        inputs.add(Operator.ABSENT);
        return this;
    }

    /// An output with the shape that the file gives.
    private OneOperator output(ElementType type, @Nullable QuantizationParameters quantization, Shape shape) {
        outputs.add(tensors.size());
        tensors.add(Tensor.activation("out" + outputs.size(), type, shape, quantization));
        return this;
    }

    OneOperator output(ElementType type) {
        return output(type, null, Shape.of());
    }

    OneOperator output(ElementType type, Shape shape) {
        return output(type, null, shape);
    }

    OneOperator output(ElementType type, @Nullable QuantizationParameters quantization) {
        return output(type, quantization, Shape.of());
    }

    /// One more subgraph, of two scalars that all of these operators take.
    OneOperator subgraph(ElementType type, Options... operators) {
        List<Tensor> scalars = new ArrayList<>(List.of(Tensor.activation("a", type, Shape.of(), null),
                Tensor.activation("b", type, Shape.of(), null)));
        List<Operator> steps = new ArrayList<>();
        for (Options operator : operators) {
            steps.add(new Operator(operator, List.of(0, 1), List.of(scalars.size()), 1));
            scalars.add(Tensor.activation("c" + scalars.size(), type, Shape.of(), null));
        }
        others.add(new Subgraph("body", scalars, List.of(0, 1), List.of(scalars.size() - 1), steps));
        return this;
    }

    Model model() {
        List<Subgraph> subgraphs = new ArrayList<>();
        subgraphs.add(new Subgraph("main", tensors, given, outputs,
                List.of(new Operator(options, inputs, outputs, 1))));
        subgraphs.addAll(others);
        return new Model("test.tflite", Model.SCHEMA_VERSION, "", subgraphs, List.of(), List.of());
    }

    /// An interpreter that has its inputs and has not run.
    Interpreter ready(PlanOptions plan) {
        Interpreter interpreter = Interpreter.of(model(), plan);
        for (int i = 0; i < values.size(); i++) {
            interpreter.input(i).putBytes(values.get(i).bytes());
        }
        return interpreter;
    }

    /// The outputs' elements.
    List<Buffer> run(PlanOptions plan) {
        try (Interpreter interpreter = ready(plan)) {
            interpreter.invoke();
            return interpreter.outputs().stream().map(TensorView::toBytes).map(Buffer::wrap).toList();
        }
    }

    /// The elements of the only output, by default choices.
    Buffer run() {
        return run(PlanOptions.defaults()).getFirst();
    }

    Shape outputShape() {
        try (Interpreter interpreter = ready(PlanOptions.defaults())) {
            return interpreter.output(0).shape();
        }
    }
}

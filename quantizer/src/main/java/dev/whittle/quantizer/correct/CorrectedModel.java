package dev.whittle.quantizer.correct;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import java.util.ArrayList;
import java.util.List;

/// A model's tensors with other weights and biases.
final class CorrectedModel {
    private final Model model;
    private final List<Tensor> tensors;
    private final List<Operator> operators;

    CorrectedModel(Model model) {
        this.model = model;
        this.tensors = new ArrayList<>(model.primary().tensors());
        this.operators = new ArrayList<>(model.primary().operators());
    }

    void replace(int tensor, float[] values) {
        tensors.set(tensor, tensors.get(tensor).withBuffer(Buffer.ofFloats(values)));
    }

    /// Gives the layer a bias, in place of the one it has if it has one.
    void replaceBias(WeightedLayer layer, float[] bias) {
        if (layer.hasBias()) {
            replace(layer.biasTensor(), bias);
            return;
        }
        tensors.add(Tensor.constant(layer.name() + "/bias", ElementType.FLOAT32, Shape.of(bias.length), null,
                Buffer.ofFloats(bias)));
        Operator operator = layer.operator();
        List<Integer> inputs = new ArrayList<>(operator.inputs().subList(0, 2));
        inputs.add(tensors.size() - 1);
        operators.set(operators.indexOf(operator),
                new Operator(operator.options(), inputs, operator.outputs(), operator.version()));
    }

    Model model() {
        Subgraph old = model.primary();
        List<Subgraph> subgraphs = new ArrayList<>(model.subgraphs());
        subgraphs.set(0, new Subgraph(old.name(), tensors, old.inputs(), old.outputs(), operators));
        return new Model(model.source(), model.version(), model.description(), subgraphs, model.signatures(),
                model.metadata());
    }
}

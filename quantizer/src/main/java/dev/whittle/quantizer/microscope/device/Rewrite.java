package dev.whittle.quantizer.microscope.device;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Subgraph;
import java.util.ArrayList;
import java.util.List;

/// A change to a graph that lets more of it be mapped, and that changes what it computes: how much has to be measured.
public enum Rewrite {
    /// LEAKY_RELU becomes RELU. Tensors keep their quantization, so that negative inputs give the code of zero.
    LEAKY_RELU_TO_RELU("LEAKY_RELU", "RELU");

    private final String from;
    private final String to;

    Rewrite(String from, String to) {
        this.from = from;
        this.to = to;
    }

    /// The operator that goes.
    public String from() {
        return from;
    }

    /// The operator that takes its place.
    public String to() {
        return to;
    }

    /// How many operators of the first subgraph it would change.
    public int count(Model model) {
        return (int) model.primary().operators().stream().filter(Rewrite::isLeakyRelu).count();
    }

    /// The model with every such operator replaced; what trained with one slope is not trained for the other.
    public Model apply(Model model) {
        List<Subgraph> subgraphs = new ArrayList<>(model.subgraphs());
        Subgraph graph = model.primary();
        List<Operator> operators = graph.operators().stream()
                .map(operator -> isLeakyRelu(operator) ? relu(graph, operator) : operator).toList();
        subgraphs.set(0,
                new Subgraph(graph.name(), graph.tensors(), graph.inputs(), graph.outputs(), operators));
        return new Model(model.source(), model.version(), model.description(), subgraphs, model.signatures(),
                model.metadata());
    }

    private static boolean isLeakyRelu(Operator operator) {
        return operator.options() instanceof Options.LeakyRelu;
    }

    private static Operator relu(Subgraph graph, Operator operator) {
        ElementType type = graph.tensor(operator.inputs().getFirst()).type();
        // Version 2 of RELU is the first with 8-bit codes.
        int version = type == ElementType.FLOAT32 ? 1 : 2;
        return new Operator(Options.Plain.RELU, operator.inputs(), operator.outputs(), version);
    }
}

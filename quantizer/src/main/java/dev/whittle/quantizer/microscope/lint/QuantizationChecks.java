package dev.whittle.quantizer.microscope.lint;

import dev.whittle.engine.model.Metadata;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Signature;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// What the file alone says of how it was quantized.
final class QuantizationChecks {
    /// `quantize_annotate` is the layer that the model-optimization toolkit wraps around what is to be quantized, and that
    /// `quantize_apply` replaces; `quant_` begins the layers that it puts there.
    private static final Pattern CLAIM =
            Pattern.compile(
                    "quantize_annotate|quant(ize|ized|ization)?[-_ ]?aware|(^|[^a-z])qat([^a-z]|$)|(^|[/;])quant_");

    private final Model model;
    private final Subgraph graph;
    private final Evidence evidence;

    QuantizationChecks(Model model, Evidence evidence) {
        this.model = model;
        this.graph = model.primary();
        this.evidence = evidence;
    }

    List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        if (!Graph.hasQuantizedActivations(graph)) {
            long weights = integerWeights();
            String found = weights == 0 ? "all weights and activations are float"
                    : "all activations are float, %d weight tensors are integers".formatted(weights);
            Optional<String> claim = claim();
            if (claim.isPresent()) {
                findings.add(LintRule.QAT_NOT_APPLIED.at(Severity.ERROR, claim.get(), found));
            } else if (weights > 0) {
                findings.add(LintRule.FLOAT_ACTIVATIONS.at(Severity.NOTE, "model", found));
            }
        }
        batch(findings);
        return findings;
    }

    private long integerWeights() {
        return graph.tensors().stream().filter(tensor -> tensor.isConstant() && tensor.quantization() != null).count();
    }

    /// Who says that the model was trained quantization-aware.
    private Optional<String> claim() {
        if (evidence.isCalledQat()) {
            return Optional.of("called quantization-aware");
        }
        Stream<String> named = Stream.of(
                Stream.of("file name \"" + evidence.name() + "\"", "description \"" + model.description() + "\""),
                model.metadata().stream().map(Metadata::name).map(name -> "metadata \"" + name + "\""),
                model.signatures().stream().map(Signature::outputs).flatMap(outputs -> outputs.keySet().stream())
                        .map(name -> "signature output \"" + name + "\""),
                graph.tensors().stream().map(Tensor::name).map(name -> "tensor \"" + name + "\""))
                .flatMap(names -> names);
        return named.filter(QuantizationChecks::isClaim).findFirst();
    }

    private static boolean isClaim(String named) {
        String name = named.substring(named.indexOf('"') + 1, named.length() - 1);
        return CLAIM.matcher(name.toLowerCase(Locale.ROOT)).find();
    }

    private void batch(List<Finding> findings) {
        for (int index = 0; index < graph.operators().size(); index++) {
            Operator operator = graph.operators().get(index);
            if (!(operator.options() instanceof Options.Reshape reshape)) {
                continue;
            }
            List<Integer> shape = newShape(operator, reshape);
            Tensor input = graph.tensor(operator.inputs().getFirst());
            if (!input.isConstant() && shape.size() > 1 && shape.getFirst() == 1 && input.shape().rank() > 1
                    && input.shape().dimension(0) == 1) {
                boolean isPromised = graph.inputs().stream().map(graph::tensor).map(Tensor::shapeSignature)
                        .anyMatch(signature -> signature.rank() > 0 && signature.dimension(0) < 0);
                findings.add(LintRule.RESHAPE_FIXES_BATCH.at(isPromised ? Severity.WARNING : Severity.NOTE,
                        Graph.where(graph, index), "new shape %s%s".formatted(shape,
                                isPromised ? ", while the input's batch is open"
                                        : ", the input's batch is fixed too")));
            }
        }
    }

    /// The shape that is written down; empty where it is computed.
    private List<Integer> newShape(Operator operator, Options.Reshape reshape) {
        if (operator.inputs().size() > 1 && operator.inputs().get(1) != Operator.ABSENT) {
            Tensor shape = graph.tensor(operator.inputs().get(1));
            return shape.buffer() == null ? List.of() : Shape.of(shape.buffer().toInts()).toList();
        }
        return reshape.newShape() == null ? List.of() : reshape.newShape();
    }
}

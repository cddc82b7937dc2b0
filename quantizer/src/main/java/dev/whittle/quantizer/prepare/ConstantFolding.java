package dev.whittle.quantizer.prepare;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.TensorView;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Computes operators whose inputs are all constant, with the engine: weights behind a DEQUANTIZE, as those of float16 files,
/// become plain FLOAT32 weights.
final class ConstantFolding {
    private ConstantFolding() {}

    static void apply(Graph graph) {
        for (int place = 0; place < graph.operatorCount();) {
            if (isFoldable(graph, graph.operator(place))) {
                fold(graph, place);
            } else {
                place++;
            }
        }
    }

    private static boolean isFoldable(Graph graph, Operator operator) {
        return !operator.inputs().isEmpty()
                && operator.inputs().stream().allMatch(
                        input -> input == Operator.ABSENT || graph.tensor(input).isConstant())
                && operator.inputs().stream().anyMatch(input -> input != Operator.ABSENT)
                && operator.outputs().stream().noneMatch(graph::isEnd)
                && isFunction(operator.options());
    }

    /// Whether equal inputs give equal outputs, and nothing else happens.
    private static boolean isFunction(Options options) {
        return switch (options) {
            case Options.Random _,Options.Custom _,Options.VarHandle _,Options.Hashtable _ -> false;
            case Options.StablehloRngBitGenerator _,Options.Unsupported _ -> false;
            case Options.Plain.READ_VARIABLE, Options.Plain.ASSIGN_VARIABLE -> false;
            case Options.Plain.HASHTABLE_FIND, Options.Plain.HASHTABLE_IMPORT, Options.Plain.HASHTABLE_SIZE -> false;
            default -> options.callees().isEmpty();
        };
    }

    private static void fold(Graph graph, int place) {
        Operator operator = graph.operator(place);
        Map<Integer, Integer> numbers = new LinkedHashMap<>();
        List<Tensor> tensors = new ArrayList<>();
        List<Integer> inputs = number(graph, operator.inputs(), numbers, tensors);
        List<Integer> outputs = number(graph, operator.outputs(), numbers, tensors);
        Model original = graph.original();
        Subgraph alone = new Subgraph(original.primary().name(), tensors, List.of(), outputs,
                List.of(new Operator(operator.options(), inputs, outputs, operator.version())));
        Model model = new Model(original.source(), original.version(), "", List.of(alone), List.of(), List.of());
        List<Buffer> values = new ArrayList<>();
        List<Tensor> described = new ArrayList<>();
        try (Interpreter interpreter = Interpreter.of(model)) {
            interpreter.invoke();
            for (int number = 0; number < outputs.size(); number++) {
                TensorView view = interpreter.output(number);
                values.add(Buffer.wrap(view.toBytes()));
                described.add(graph.tensor(operator.outputs().get(number)).withShape(view.shape()));
            }
        }
        graph.replaceByConstants(place, values, described);
    }

    private static List<Integer> number(Graph graph, List<Integer> indices, Map<Integer, Integer> numbers,
            List<Tensor> tensors) {
        List<Integer> numbered = new ArrayList<>();
        for (int index : indices) {
            if (index == Operator.ABSENT) {
                numbered.add(index);
                continue;
            }
            numbered.add(numbers.computeIfAbsent(index, _ -> {
                tensors.add(graph.tensor(index));
                return tensors.size() - 1;
            }));
        }
        return numbered;
    }
}

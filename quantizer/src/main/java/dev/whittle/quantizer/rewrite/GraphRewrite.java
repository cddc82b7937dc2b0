package dev.whittle.quantizer.rewrite;

import dev.whittle.converter.write.OperatorVersions;
import dev.whittle.engine.model.Metadata;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Signature;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/// One subgraph on its way to another: tensors keep their indices while operators are rewritten one after the other, and
/// what nothing uses in the end is left out.
public final class GraphRewrite {
    private final Model model;
    private final Subgraph original;
    private final List<Tensor> tensors;
    private final Map<Tensor, Integer> added = new HashMap<>();
    private final List<Operator> operators = new ArrayList<>();
    private final Map<Integer, Integer> ends = new HashMap<>();
    private final Set<Integer> kept = new HashSet<>();

    public GraphRewrite(Model model) {
        this.model = model;
        this.original = model.primary();
        this.tensors = new ArrayList<>(original.tensors());
    }

    /// The subgraph as it was.
    Subgraph original() {
        return original;
    }

    /// Appends a tensor; an equal constant that is there already serves again.
    public int add(Tensor tensor) {
        return tensor.isConstant() ? added.computeIfAbsent(tensor, this::append) : append(tensor);
    }

    private int append(Tensor tensor) {
        tensors.add(tensor);
        return tensors.size() - 1;
    }

    /// The tensor as rewritten so far.
    public Tensor tensor(int index) {
        return tensors.get(index);
    }

    public void replace(int index, UnaryOperator<Tensor> change) {
        tensors.set(index, change.apply(tensors.get(index)));
    }

    void operator(Options options, List<Integer> inputs, List<Integer> outputs) {
        operators.add(new Operator(options, inputs, outputs, 1));
    }

    /// An operator of the original, perhaps with other options and inputs.
    public void operator(Operator original, Options options, List<Integer> inputs) {
        operators.add(new Operator(options, inputs, original.outputs(), original.intermediates(),
                original.version()));
    }

    /// Keeps a tensor that no operator names, as the scales of blocks are.
    void keep(int index) {
        kept.add(index);
    }

    /// Makes `replacement` the subgraph's input or output in place of `end`.
    void replaceEnd(int end, int replacement) {
        ends.put(end, replacement);
    }

    /// The rewritten model, with metadata that replace those of the same names.
    public Model finish(Metadata... added) {
        List<Integer> inputs = original.inputs().stream().map(this::end).toList();
        List<Integer> outputs = original.outputs().stream().map(this::end).toList();
        TreeSet<Integer> used = new TreeSet<>(inputs);
        used.addAll(outputs);
        used.addAll(kept);
        for (Operator operator : operators) {
            used.addAll(operator.inputs());
            used.addAll(operator.outputs());
            used.addAll(operator.intermediates());
        }
        used.remove(Operator.ABSENT);
        Map<Integer, Integer> numbers = new HashMap<>(Map.of(Operator.ABSENT, Operator.ABSENT));
        List<Tensor> remaining = new ArrayList<>();
        for (int index : used) {
            numbers.put(index, remaining.size());
            remaining.add(tensors.get(index));
        }
        List<Operator> renumbered = new ArrayList<>();
        for (Operator operator : operators) {
            renumbered.add(new Operator(operator.options(), renumber(operator.inputs(), numbers),
                    renumber(operator.outputs(), numbers), renumber(operator.intermediates(), numbers),
                    operator.version()));
        }
        List<Signature> signatures = new ArrayList<>();
        for (Signature signature : model.signatures()) {
            signatures.add(new Signature(signature.key(), signature.subgraph(), renumber(signature.inputs(), numbers),
                    renumber(signature.outputs(), numbers)));
        }
        Subgraph subgraph =
                new Subgraph(original.name(), remaining, renumber(inputs, numbers), renumber(outputs, numbers),
                        renumbered);
        Set<String> replaced = Arrays.stream(added).map(Metadata::name).collect(Collectors.toSet());
        List<Metadata> metadata = new ArrayList<>(model.metadata());
        metadata.removeIf(entry -> replaced.contains(entry.name()));
        metadata.addAll(List.of(added));
        return OperatorVersions.assign(new Model(model.source(), model.version(), model.description(),
                List.of(subgraph), signatures, metadata));
    }

    private int end(int index) {
        return ends.getOrDefault(index, index);
    }

    private static List<Integer> renumber(List<Integer> indices, Map<Integer, Integer> numbers) {
        return indices.stream().map(numbers::get).toList();
    }

    private SequencedMap<String, Integer> renumber(SequencedMap<String, Integer> names, Map<Integer, Integer> numbers) {
        SequencedMap<String, Integer> renumbered = new LinkedHashMap<>();
        names.forEach((name, index) -> renumbered.put(name, numbers.get(end(index))));
        return renumbered;
    }
}

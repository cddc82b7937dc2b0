package dev.whittle.quantizer.microscope.compare;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Metadata;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.quantizer.microscope.compare.GraphAlignment.Pair;
import dev.whittle.quantizer.rule.ConstantValues;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What differs between the files of two models, their first subgraphs aligned by tensor names and then by order. What they
/// compute on the same inputs is an [OutputAgreement].
///
/// @param operators all operators of both
/// @param quantization tensors of aligned operators whose type or quantization differs
/// @param weights constants of aligned operators that stand for other real numbers
/// @param metadata names of entries that only one of them has or that differ
public record ModelDiff(List<OperatorDiff> operators, List<QuantizationDiff> quantization, List<WeightDiff> weights,
        List<String> metadata) {

    public ModelDiff {
        operators = List.copyOf(operators);
        quantization = List.copyOf(quantization);
        weights = List.copyOf(weights);
        metadata = List.copyOf(metadata);
    }

    /// What became of an operator from the first model to the second.
    public enum Fate {
        SAME, CHANGED, ADDED, REMOVED
    }

    /// An operator of either model.
    ///
    /// @param first its number in the first model, or null
    /// @param second its number in the second, or null
    /// @param operator its name in the schema, of the second model where it has one
    /// @param tensor the name of its first output
    /// @param changes of kind, options and input shapes, as in `strideWidth 1 → 2`
    /// @param versions its versions where they differ, as in `1 → 3`; else null
    public record OperatorDiff(@Nullable Integer first, @Nullable Integer second, String operator, String tensor,
            Fate fate, List<String> changes, @Nullable String versions) {
        public OperatorDiff {
            changes = List.copyOf(changes);
        }
    }

    /// A tensor that is quantized in another way.
    ///
    /// @param tensor its name in the first model
    public record QuantizationDiff(String tensor, ElementType firstType, ElementType secondType,
            @Nullable QuantizationParameters first, @Nullable QuantizationParameters second) {
    }

    /// Weights or a bias that stand for other real numbers.
    ///
    /// @param tensor the name in the first model
    /// @param changedShare of the elements; 1 where the shapes differ
    /// @param largestChange of any element; NaN where the shapes differ
    public record WeightDiff(String tensor, Distribution first, Distribution second, double changedShare,
            double largestChange) {
    }

    /// The differences of two models.
    public static ModelDiff of(Model first, Model second) {
        return new Comparison(first.primary(), second.primary()).diff(metadata(first, second));
    }

    /// Whether operators were added, removed or changed.
    public boolean hasOtherGraph() {
        return operators.stream().anyMatch(operator -> operator.fate() != Fate.SAME);
    }

    /// Whether aligned operators have other versions.
    public boolean hasOtherVersions() {
        return operators.stream().anyMatch(operator -> operator.versions() != null);
    }

    private static List<String> metadata(Model first, Model second) {
        Set<String> names = new LinkedHashSet<>();
        first.metadata().stream().map(Metadata::name).forEach(names::add);
        second.metadata().stream().map(Metadata::name).forEach(names::add);
        return names.stream().filter(name -> !first.metadata(name).equals(second.metadata(name))).toList();
    }

    private static final class Comparison {
        private final Subgraph first;
        private final Subgraph second;
        private final Set<Pair> seen = new HashSet<>();
        private final List<QuantizationDiff> quantization = new ArrayList<>();
        private final List<WeightDiff> weights = new ArrayList<>();

        Comparison(Subgraph first, Subgraph second) {
            this.first = first;
            this.second = second;
        }

        ModelDiff diff(List<String> metadata) {
            List<OperatorDiff> operators = new ArrayList<>();
            tensors(first.inputs(), second.inputs());
            for (Pair pair : GraphAlignment.of(first, second)) {
                operators.add(operator(pair));
            }
            tensors(first.outputs(), second.outputs());
            return new ModelDiff(operators, quantization, weights, metadata);
        }

        private OperatorDiff operator(Pair pair) {
            if (pair.second() == GraphAlignment.NONE) {
                Operator gone = first.operators().get(pair.first());
                return new OperatorDiff(pair.first(), null, gone.code().name(), name(first, gone), Fate.REMOVED,
                        List.of(), null);
            }
            Operator other = second.operators().get(pair.second());
            if (pair.first() == GraphAlignment.NONE) {
                return new OperatorDiff(null, pair.second(), other.code().name(), name(second, other), Fate.ADDED,
                        List.of(), null);
            }
            Operator one = first.operators().get(pair.first());
            List<String> changes = changes(one, other);
            tensors(one.inputs(), other.inputs());
            tensors(one.outputs(), other.outputs());
            return new OperatorDiff(pair.first(), pair.second(), other.code().name(), name(second, other),
                    changes.isEmpty() ? Fate.SAME : Fate.CHANGED, changes,
                    one.version() == other.version() ? null : one.version() + " → " + other.version());
        }

        private List<String> changes(Operator one, Operator other) {
            List<String> changes = new ArrayList<>();
            if (one.code() != other.code()) {
                changes.add(one.code() + " → " + other.code());
            } else if (!one.options().equals(other.options())) {
                options("", one.options(), other.options(), changes);
            }
            if (one.inputs().size() != other.inputs().size()) {
                changes.add("inputs " + one.inputs().size() + " → " + other.inputs().size());
            }
            shapes("output ", one.outputs(), other.outputs(), changes);
            shapes("input ", one.inputs(), other.inputs(), changes);
            return changes;
        }

        private void shapes(String what, List<Integer> ones, List<Integer> others, List<String> changes) {
            for (int i = 0; i < Math.min(ones.size(), others.size()); i++) {
                if (ones.get(i) == Operator.ABSENT || others.get(i) == Operator.ABSENT) {
                    continue;
                }
                Shape one = first.tensor(ones.get(i)).shape();
                Shape other = second.tensor(others.get(i)).shape();
                if (!one.equals(other)) {
                    changes.add(what + i + " " + one + " → " + other);
                }
            }
        }

        /// The components of two records of one type that differ.
        private static void options(String prefix, Object one, Object other, List<String> changes) {
            if (!one.getClass().isRecord()) {
                changes.add(one + " → " + other);
                return;
            }
            for (RecordComponent component : one.getClass().getRecordComponents()) {
                Object before = value(component, one);
                Object after = value(component, other);
                if (!Objects.equals(before, after)) {
                    if (before != null && after != null && component.getType().isRecord()) {
                        options(prefix + component.getName() + ".", before, after, changes);
                    } else {
                        changes.add(prefix + component.getName() + " " + before + " → " + after);
                    }
                }
            }
        }

        private static @Nullable Object value(RecordComponent component, Object holder) {
            try {
                return component.getAccessor().invoke(holder);
            } catch (IllegalAccessException | InvocationTargetException e) {
                throw new IllegalStateException("options are public records", e);
            }
        }

        private void tensors(List<Integer> ones, List<Integer> others) {
            for (int i = 0; i < Math.min(ones.size(), others.size()); i++) {
                if (ones.get(i) != Operator.ABSENT && others.get(i) != Operator.ABSENT
                        && seen.add(new Pair(ones.get(i), others.get(i)))) {
                    tensor(first.tensor(ones.get(i)), second.tensor(others.get(i)));
                }
            }
        }

        private void tensor(Tensor one, Tensor other) {
            if (one.type() != other.type() || !Objects.equals(one.quantization(), other.quantization())) {
                quantization.add(new QuantizationDiff(one.name(), one.type(), other.type(), one.quantization(),
                        other.quantization()));
            }
            Optional<float[]> before = ConstantValues.reals(one);
            Optional<float[]> after = ConstantValues.reals(other);
            if (before.isPresent() && after.isPresent()) {
                weights(one, other, before.get(), after.get());
            }
        }

        private void weights(Tensor one, Tensor other, float[] before, float[] after) {
            if (before.length == 0 || after.length == 0) {
                return;
            }
            boolean isSameShape = one.shape().equals(other.shape());
            int changed = 0;
            double largest = 0;
            for (int i = 0; isSameShape && i < before.length; i++) {
                if (before[i] != after[i]) {
                    changed++;
                    largest = Math.max(largest, Math.abs((double) before[i] - after[i]));
                }
            }
            if (changed > 0 || !isSameShape) {
                weights.add(new WeightDiff(one.name(), Distribution.of(before), Distribution.of(after),
                        isSameShape ? (double) changed / before.length : 1, isSameShape ? largest : Double.NaN));
            }
        }

        private static String name(Subgraph graph, Operator operator) {
            return operator.outputs().isEmpty() ? "" : graph.tensor(operator.outputs().getFirst()).name();
        }
    }
}

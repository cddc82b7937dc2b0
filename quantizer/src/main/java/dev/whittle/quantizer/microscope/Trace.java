package dev.whittle.quantizer.microscope;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.engine.plan.PlanOptions;
import dev.whittle.quantizer.microscope.FloatTwin.TwinOperator;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Steps through a quantized model operator by operator, each beside its float twin, and says where the error at its
/// output comes from. Equations M1 to M4 of `docs/QUANTIZATION.md`. Used by one thread at a time.
public final class Trace implements AutoCloseable {
    static final int INPUT = -1;

    private final FloatTwin twin;
    private final Subgraph subgraph;
    private final Interpreter integer;
    private final Interpreter real;
    private final List<Steps> steps = new ArrayList<>();

    /// The forms of one operator: with exact weights, with rounded ones, with a rounded bias too. Null where it is the form
    /// before.
    private record Steps(TwinOperator operator, @Nullable OperatorStep exact, @Nullable OperatorStep weights,
            @Nullable OperatorStep bias) {
    }

    private Trace(FloatTwin twin) {
        this.twin = twin;
        this.subgraph = twin.quantized().primary();
        PlanOptions all = PlanOptions.defaults().withPreserveAllTensors(true);
        integer = Interpreter.of(twin.quantized(), all);
        real = Interpreter.of(twin.model(), all);
        for (TwinOperator operator : twin.operators()) {
            if (isTraced(operator)) {
                steps.add(steps(operator));
            }
        }
    }

    /// A trace of the twin's quantized model.
    ///
    /// @throws UnsupportedModelException when an operator cannot run in float
    public static Trace of(FloatTwin twin) {
        return new Trace(twin);
    }

    private Steps steps(TwinOperator operator) {
        if (operator.isIdentity()) {
            return new Steps(operator, null, null, null);
        }
        OperatorStep exact = step(operator, operator.exact());
        OperatorStep weights = operator.roundedWeights().equals(operator.exact()) ? null
                : step(operator, operator.roundedWeights());
        OperatorStep bias = operator.rounded().equals(operator.roundedWeights()) ? null
                : step(operator, operator.rounded());
        return new Steps(operator, exact, weights, bias);
    }

    private OperatorStep step(TwinOperator operator, List<@Nullable Tensor> inputs) {
        return new OperatorStep(OperatorStep.model(twin.quantized().source(), operator.operator().options(), inputs,
                operator.outputs()));
    }

    /// Operators on sizes and indices have no error to speak of.
    private boolean isTraced(TwinOperator operator) {
        return operator.activations().stream().allMatch(this::isReal)
                && operator.operator().outputs().stream().allMatch(this::isReal);
    }

    private boolean isReal(int tensor) {
        return subgraph.tensor(tensor).type() == ElementType.FLOAT32 || isQuantized(tensor);
    }

    private boolean isQuantized(int tensor) {
        return subgraph.tensor(tensor).quantization() != null;
    }

    /// Runs all samples and sums up.
    ///
    /// @throws IllegalArgumentException when there is no sample or one does not fit the model's inputs
    public TraceReport run(Samples samples) {
        if (samples.count() < 1) {
            throw new IllegalArgumentException("[" + twin.quantized().source() + "] no samples, expected at least one");
        }
        Map<Integer, ErrorSums> sums = new TreeMap<>(Comparator.comparingInt(this::rank));
        for (int sample = 0; sample < samples.count(); sample++) {
            splits(samples.inputs(sample), (tensor, split) -> sums.computeIfAbsent(tensor, this::sums).add(split));
        }
        List<OperatorTrace> rows = new ArrayList<>();
        List<Suspect> suspects = new ArrayList<>();
        sums.values().forEach(sum -> {
            rows.add(sum.trace());
            suspects.addAll(sum.suspects());
        });
        suspects.sort(Comparator.comparingDouble(Suspect::avoidable).reversed());
        return new TraceReport(twin.quantized().source(), twin.model().source(), samples.count(), twin.unaligned(),
                rows,
                suspects.subList(0, Math.min(TraceReport.MOST_SUSPECTS, suspects.size())));
    }

    /// Inputs come first, then the outputs of operators in order.
    private int rank(int tensor) {
        int rank = subgraph.inputs().indexOf(tensor) - subgraph.inputs().size();
        for (Steps step : steps) {
            int output = step.operator().operator().outputs().indexOf(tensor);
            if (output >= 0) {
                rank = step.operator().number() * subgraph.tensors().size() + output;
            }
        }
        return rank;
    }

    private ErrorSums sums(int tensor) {
        for (Steps step : steps) {
            if (step.operator().operator().outputs().contains(tensor)) {
                return new ErrorSums(step.operator(), subgraph.tensor(tensor));
            }
        }
        return new ErrorSums(null, subgraph.tensor(tensor));
    }

    /// Runs one sample and gives the split of each traced tensor, by its index.
    void splits(List<float[]> inputs, BiConsumer<Integer, ErrorSplit> consumer) {
        put(inputs);
        integer.invoke();
        real.invoke();
        for (int i = 0; i < subgraph.inputs().size(); i++) {
            int tensor = subgraph.inputs().get(i);
            if (isQuantized(tensor)) {
                float[] exact = inputs.get(i);
                consumer.accept(tensor, split(tensor, exact, exact, exact, exact));
            }
        }
        for (Steps step : steps) {
            TwinOperator operator = step.operator();
            List<float[]> actual = operator.activations().stream().map(tensor -> integer.tensor(tensor).toFloats())
                    .toList();
            List<float[]> first = step.exact() == null ? actual : step.exact().run(actual);
            List<float[]> weights = step.weights() == null ? first : step.weights().run(actual);
            List<float[]> bias = step.bias() == null ? weights : step.bias().run(actual);
            for (int output = 0; output < operator.operator().outputs().size(); output++) {
                int tensor = operator.operator().outputs().get(output);
                float[] exact = real.tensor(twin.alias(tensor)).toFloats();
                consumer.accept(tensor,
                        split(tensor, exact, first.get(output), weights.get(output), bias.get(output)));
            }
        }
    }

    private void put(List<float[]> inputs) {
        Model model = twin.quantized();
        if (inputs.size() != subgraph.inputs().size()) {
            throw new IllegalArgumentException("[%s] a sample has %d arrays, the model has %d inputs".formatted(
                    model.source(), inputs.size(), subgraph.inputs().size()));
        }
        for (int i = 0; i < inputs.size(); i++) {
            integer.input(i).putFloats(inputs.get(i));
            real.input(i).putFloats(inputs.get(i));
        }
    }

    private ErrorSplit split(int tensor, float[] exact, float[] first, float[] weights, float[] bias) {
        float[] actual = integer.tensor(tensor).toFloats();
        QuantizationParameters parameters = subgraph.tensor(tensor).quantization();
        if (parameters == null) {
            // What a hybrid kernel adds is the rounding of its input.
            return new ErrorSplit(exact, List.of(first, weights, bias, actual, actual, actual));
        }
        CodeRange codes = CodeRange.of(subgraph.tensor(tensor).type(), parameters);
        float[] rounded = new float[bias.length];
        float[] clamped = new float[bias.length];
        for (int i = 0; i < bias.length; i++) {
            long code = codes.nearest(bias[i]);
            rounded[i] = codes.real(code);
            clamped[i] = codes.real(codes.clamp(code));
        }
        return new ErrorSplit(exact, List.of(first, weights, bias, rounded, clamped, actual));
    }

    @Override
    public void close() {
        integer.close();
        real.close();
        for (Steps step : steps) {
            closeIfThere(step.exact());
            closeIfThere(step.weights());
            closeIfThere(step.bias());
        }
    }

    private static void closeIfThere(@Nullable OperatorStep step) {
        if (step != null) {
            step.close();
        }
    }
}

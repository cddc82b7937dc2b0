package dev.whittle.quantizer.correct;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.engine.plan.PlanOptions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// All samples on their way through a model, one operator after the other, so that a layer can be changed once its input is
/// known and all that follows sees the change. An activation is dropped when its last reader has run.
final class ActivationStream {
    private final Model model;
    private final Subgraph subgraph;
    private final int threads;
    private final int samples;
    private final Map<Integer, List<float[]>> activations = new HashMap<>();
    private final Map<Integer, Integer> readers = new HashMap<>();

    /// @param samples as for [dev.whittle.quantizer.calibrate.Calibrator#calibrate]
    ActivationStream(Model model, List<List<float[]>> samples, int threads) {
        this.model = model;
        this.subgraph = model.primary();
        this.threads = threads;
        this.samples = samples.size();
        for (int input = 0; input < subgraph.inputs().size(); input++) {
            int number = input;
            activations.put(subgraph.inputs().get(input),
                    samples.stream().map(sample -> sample.get(number)).toList());
        }
        subgraph.operators().forEach(operator -> operator.inputs()
                .forEach(input -> readers.merge(input, 1, Integer::sum)));
    }

    /// What a tensor holds, sample by sample.
    List<float[]> get(int tensor) {
        List<float[]> values = activations.get(tensor);
        if (values == null) {
            throw new IllegalStateException("tensor " + tensor + " is not there");
        }
        return values;
    }

    /// Runs an operator as it stands in the model.
    void run(Operator operator) {
        run(operator, Map.of());
    }

    /// What an operator gives, for every sample.
    ///
    /// @param constants in place of those that the model has, by tensor index
    List<float[]> outputs(Operator operator, Map<Integer, float[]> constants) {
        return all(operator, constants).getFirst();
    }

    private void run(Operator operator, Map<Integer, float[]> constants) {
        List<List<float[]>> outputs = all(operator, constants);
        for (int output = 0; output < outputs.size(); output++) {
            put(operator.outputs().get(output), outputs.get(output));
        }
        release(operator);
    }

    /// Sets what a tensor holds.
    void put(int tensor, List<float[]> values) {
        activations.put(tensor, values);
    }

    /// Drops those inputs of an operator that nothing reads any more.
    void release(Operator operator) {
        for (int input : operator.inputs()) {
            if (readers.merge(input, -1, Integer::sum) == 0) {
                activations.remove(input);
            }
        }
    }

    private List<List<float[]>> all(Operator operator, Map<Integer, float[]> constants) {
        Map<Integer, Integer> numbers = new LinkedHashMap<>();
        List<Tensor> tensors = new ArrayList<>();
        List<Integer> ends = new ArrayList<>();
        for (int index : operator.inputs()) {
            if (index != Operator.ABSENT && !numbers.containsKey(index)) {
                numbers.put(index, tensors.size());
                Tensor tensor = subgraph.tensor(index);
                float[] other = constants.get(index);
                tensors.add(other == null ? tensor : tensor.withBuffer(Buffer.ofFloats(other)));
                if (!tensor.isConstant()) {
                    requireReal(tensor);
                    ends.add(index);
                }
            }
        }
        for (int index : operator.outputs()) {
            numbers.put(index, tensors.size());
            requireReal(subgraph.tensor(index));
            tensors.add(subgraph.tensor(index));
        }
        numbers.put(Operator.ABSENT, Operator.ABSENT);
        Operator alone = new Operator(operator.options(), operator.inputs().stream().map(numbers::get).toList(),
                operator.outputs().stream().map(numbers::get).toList(), operator.version());
        Model one = new Model(model.source(), model.version(), "",
                List.of(new Subgraph("main", tensors, ends.stream().map(numbers::get).toList(), alone.outputs(),
                        List.of(alone))),
                List.of(), List.of());
        List<List<float[]>> outputs = new ArrayList<>();
        operator.outputs().forEach(_ -> outputs.add(new ArrayList<>()));
        try (Interpreter interpreter = Interpreter.of(one, PlanOptions.defaults().withThreads(threads))) {
            for (int sample = 0; sample < samples; sample++) {
                for (int input = 0; input < ends.size(); input++) {
                    interpreter.input(input).putFloats(get(ends.get(input)).get(sample));
                }
                interpreter.invoke();
                for (int output = 0; output < outputs.size(); output++) {
                    outputs.get(output).add(interpreter.output(output).toFloats());
                }
            }
        }
        return outputs;
    }

    private void requireReal(Tensor tensor) {
        if (tensor.type() != ElementType.FLOAT32) {
            throw new UnsupportedModelException("[" + model.source() + "] tensor \"" + tensor.name() + "\" is "
                    + tensor.type() + ", corrections need a model with FLOAT32 activations");
        }
    }
}

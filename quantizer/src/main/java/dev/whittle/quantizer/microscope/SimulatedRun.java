package dev.whittle.quantizer.microscope;

import dev.whittle.engine.model.Model;
import dev.whittle.quantizer.microscope.SimulatedModel.SimulatedOperator;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Runs a [SimulatedModel] on one sample after another. Used by one thread at a time.
final class SimulatedRun implements AutoCloseable {
    private final SimulatedModel model;
    private final Map<Model, OperatorStep> steps = new IdentityHashMap<>();

    /// The activations of a run on one sample: kept, so that others compute only what differs.
    ///
    /// @param values by tensor index
    record Activations(Precision[] precisions, float[][] values) {
    }

    SimulatedRun(SimulatedModel model) {
        this.model = model;
    }

    /// Runs all operators.
    Activations run(List<float[]> inputs, Precision[] precisions) {
        float[][] values = new float[model.model().primary().tensors().size()][];
        for (int i = 0; i < inputs.size(); i++) {
            values[model.model().primary().inputs().get(i)] = inputs.get(i);
        }
        for (SimulatedOperator operator : model.operators()) {
            compute(operator, precisions, values);
        }
        return new Activations(precisions, values);
    }

    /// Runs the operators that have another precision than in `base`, and those downstream of them.
    Activations rerun(Activations base, Precision[] precisions) {
        float[][] values = base.values().clone();
        for (SimulatedOperator operator : model.operators()) {
            boolean isChanged = precisions[operator.number()] != base.precisions()[operator.number()];
            for (int tensor : operator.activations()) {
                isChanged |= values[tensor] != base.values()[tensor];
            }
            if (isChanged) {
                compute(operator, precisions, values);
            }
        }
        return new Activations(precisions, values);
    }

    private void compute(SimulatedOperator operator, Precision[] precisions, float[][] values) {
        Precision precision = precisions[operator.number()];
        List<float[]> inputs = new ArrayList<>();
        for (int tensor : operator.activations()) {
            inputs.add(precision.isQuantized() ? rounded(values[tensor], model.codes(tensor)) : values[tensor]);
        }
        Model form = operator.forms().get(precision);
        if (form == null) {
            throw new IllegalStateException(operator.name() + " has no form of " + precision);
        }

        OperatorStep step = steps.computeIfAbsent(form, OperatorStep::new);
        List<float[]> outputs = step.run(inputs);
        for (int i = 0; i < outputs.size(); i++) {
            int tensor = operator.operator().outputs().get(i);
            values[tensor] = precision.isQuantized() ? rounded(outputs.get(i), model.codes(tensor)) : outputs.get(i);
        }
    }

    /// Fake quantization (equation 11), halves to even.
    private static float[] rounded(float[] values, @Nullable CodeRange codes) {
        if (codes == null) {
            return values;
        }
        float scale = codes.scale();
        float inverse = 1 / scale;
        float low = codes.minimum() - codes.zeroPoint();
        float high = codes.maximum() - codes.zeroPoint();
        float[] rounded = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            float steps = (float) Math.rint(values[i] * inverse);
            rounded[i] = scale * Math.max(low, Math.min(high, steps));
        }
        return rounded;
    }

    @Override
    public void close() {
        steps.values().forEach(OperatorStep::close);
    }
}

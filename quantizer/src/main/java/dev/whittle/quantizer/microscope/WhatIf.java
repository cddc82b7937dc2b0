package dev.whittle.quantizer.microscope;

import dev.whittle.converter.write.ModelWriter;
import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.plan.PlanOptions;
import dev.whittle.quantizer.microscope.WhatIfReport.State;
import dev.whittle.quantizer.rule.ConstantValues;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Changes how one tensor of a quantized model is held and says what comes of it. The model itself is run once for each
/// sample; of the changed one, only the operators at the change and downstream of it.
public final class WhatIf {
    private final FloatTwin twin;

    /// @param twin a quantized model with its float form, from whose weights new codes are made
    public WhatIf(FloatTwin twin) {
        this.twin = twin;
    }

    /// The model with and without a change.
    ///
    /// @throws IllegalArgumentException when there is no such tensor, or no sample
    /// @throws dev.whittle.engine.model.UnsupportedModelException when the tensor cannot be held otherwise
    public WhatIfReport ask(TensorChange change, Samples samples) {
        if (samples.count() < 1) {
            throw new IllegalArgumentException("[" + twin.quantized().source() + "] no samples, expected at least one");
        }
        ChangedModel changed = ChangedModel.of(twin, change);
        Model model = twin.quantized();
        int index = changed.tensor();
        Sums before = new Sums();
        Sums after = new Sums();
        PlanOptions all = PlanOptions.defaults().withPreserveAllTensors(true);
        try (Interpreter integer = Interpreter.of(model, all);
                Interpreter real = Interpreter.of(twin.model(), all);
                Downstream downstream = new Downstream(model, changed)) {
            for (int sample = 0; sample < samples.count(); sample++) {
                List<float[]> inputs = samples.inputs(sample);
                for (int i = 0; i < inputs.size(); i++) {
                    integer.input(i).putFloats(inputs.get(i));
                    real.input(i).putFloats(inputs.get(i));
                }
                integer.invoke();
                real.invoke();
                ByteBuffer[] values = downstream.run(integer, inputs);
                int output = model.primary().outputs().getFirst();
                float[] exact = real.tensor(twin.alias(output)).toFloats();
                before.score.add(exact, integer.tensor(output).toFloats(), samples.label(sample));
                after.score.add(exact, downstream.reals(output, values, integer), samples.label(sample));
                if (!model.primary().tensor(index).isConstant()) {
                    float[] twinValues = real.tensor(twin.alias(index)).toFloats();
                    before.tensor.add(twinValues, integer.tensor(index).toFloats(), Samples.NO_LABEL);
                    after.tensor.add(twinValues, downstream.reals(index, values, integer), Samples.NO_LABEL);
                }
            }
            if (model.primary().tensor(index).isConstant()) {
                float[] exact = exactConstant(index);
                before.tensor.add(exact, ConstantValues.values(model.primary().tensor(index)), Samples.NO_LABEL);
                after.tensor.add(exact, ConstantValues.values(changed.model().primary().tensor(index)),
                        Samples.NO_LABEL);
            }
            return new WhatIfReport(model.source(), change.tensor(), samples.count(), downstream.operatorsRun(),
                    model.primary().operators().size(),
                    state(model, index, model.primary().tensor(index).type().bits(), before),
                    state(changed.model(), index, change.bits(), after));
        }
    }

    private static final class Sums {
        private final ScoreSums score = new ScoreSums();
        private final ScoreSums tensor = new ScoreSums();
    }

    private static State state(Model model, int index, int bits, Sums sums) {
        QuantizationParameters parameters = Objects.requireNonNull(model.primary().tensor(index).quantization());
        return new State(parameters, bits, sums.tensor.score().sqnr(), sums.score.score(),
                ModelWriter.toBytes(model).length);
    }

    private float[] exactConstant(int index) {
        for (FloatTwin.TwinOperator operator : twin.operators()) {
            int position = operator.operator().inputs().indexOf(index);
            if (position >= 0) {
                return ConstantValues.values(Objects.requireNonNull(operator.exact().get(position)));
            }
        }
        throw new IllegalStateException("tensor " + index + " belongs to no operator");
    }

    /// The operators of the changed model that give something else than before.
    private static final class Downstream implements AutoCloseable {
        private final Subgraph before;
        private final Subgraph after;
        private final ChangedModel changed;
        private final List<@Nullable OperatorStep> steps = new ArrayList<>();
        private final boolean[] isAffected;

        Downstream(Model model, ChangedModel changed) {
            this.before = model.primary();
            this.after = changed.model().primary();
            this.changed = changed;
            this.isAffected = new boolean[after.tensors().size()];
            for (int input : before.inputs()) {
                isAffected[input] = !before.tensor(input).equals(after.tensor(input));
            }
            for (int number = 0; number < after.operators().size(); number++) {
                Operator operator = after.operators().get(number);
                Model step = step(changed.model(), operator);
                boolean isChanged = !step.equals(step(model, before.operators().get(number)))
                        || operator.inputs().stream().anyMatch(input -> input >= 0 && isAffected[input]);
                steps.add(isChanged ? new OperatorStep(step) : null);
                if (isChanged) {
                    operator.outputs().forEach(output -> isAffected[output] = true);
                }
            }
        }

        private static Model step(Model model, Operator operator) {
            List<@Nullable Tensor> inputs = new ArrayList<>();
            for (int input : operator.inputs()) {
                inputs.add(input == Operator.ABSENT ? null : model.primary().tensor(input));
            }
            return OperatorStep.model(model.source(), operator.options(), inputs,
                    operator.outputs().stream().map(model.primary()::tensor).toList());
        }

        int operatorsRun() {
            return (int) steps.stream().filter(Objects::nonNull).count();
        }

        /// What the changed model's affected tensors hold, by index.
        ///
        /// @param unchanged after a run of the model as it is
        ByteBuffer[] run(Interpreter unchanged, List<float[]> inputs) {
            ByteBuffer[] values = new ByteBuffer[after.tensors().size()];
            for (int i = 0; i < inputs.size(); i++) {
                int input = after.inputs().get(i);
                if (isAffected[input]) {
                    values[input] = codes(input, inputs.get(i));
                }
            }
            for (int number = 0; number < steps.size(); number++) {
                OperatorStep step = steps.get(number);
                if (step == null) {
                    continue;
                }
                Operator operator = after.operators().get(number);
                List<ByteBuffer> reads = new ArrayList<>();
                for (int input : operator.inputs()) {
                    if (input != Operator.ABSENT && !after.tensor(input).isConstant()) {
                        reads.add(values[input] == null ? unchanged.tensor(input).toBytes() : values[input]);
                    }
                }
                List<ByteBuffer> outputs = step.runRaw(reads);
                for (int i = 0; i < outputs.size(); i++) {
                    int output = operator.outputs().get(i);
                    values[output] = changed.clamped().contains(output)
                            ? clamped(output, outputs.get(i))
                            : outputs.get(i);
                }
            }
            return values;
        }

        private ByteBuffer codes(int tensor, float[] reals) {
            CodeRange codes = changed.codes(tensor);
            ByteBuffer bytes = ByteBuffer.allocate(reals.length).order(ByteOrder.LITTLE_ENDIAN);
            for (float real : reals) {
                bytes.put((byte) codes.clamp(codes.nearest(real)));
            }
            return bytes.flip();
        }

        private ByteBuffer clamped(int tensor, ByteBuffer raw) {
            CodeRange codes = changed.codes(tensor);
            ByteBuffer bytes = ByteBuffer.allocate(raw.remaining()).order(ByteOrder.LITTLE_ENDIAN);
            while (raw.hasRemaining()) {
                int code = codes.minimum() < 0 ? raw.get() : raw.get() & 0xff;
                bytes.put((byte) codes.clamp(code));
            }
            return bytes.flip();
        }

        /// A tensor of the changed model as real numbers.
        float[] reals(int tensor, ByteBuffer[] values, Interpreter unchanged) {
            ByteBuffer raw = values[tensor];
            if (raw == null) {
                return unchanged.tensor(tensor).toFloats();
            }
            byte[] bytes = new byte[raw.remaining()];
            raw.duplicate().get(bytes);
            Tensor as = after.tensor(tensor);
            return ConstantValues.values(as.withBuffer(Buffer.of(bytes)));
        }

        @Override
        public void close() {
            for (OperatorStep step : steps) {
                if (step != null) {
                    step.close();
                }
            }
        }
    }
}

package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// RNN, one step of a recurrent layer on `[batch, input]`, UNIDIRECTIONAL_SEQUENCE_RNN, the same over a sequence, and
/// BIDIRECTIONAL_SEQUENCE_RNN, two layers over a sequence from either end: `h ← activation(b + W·x + V·aux + U·h)`, added in
/// this order; the output is `h`. Weights are floats or 8-bit codes ([StepWeights]), the hidden state is a variable
/// (LiteRT `basic_rnn.cc`, `unidirectional_sequence_rnn.cc`, `bidirectional_sequence_rnn.cc`, `kernel_utils.cc`).
///
/// Of two layers each has input weights, recurrent weights, bias and state; then follow an auxiliary input and its
/// weights for either. The auxiliary input goes into both layers where it has weights, else the backward layer reads it
/// instead of the input. The outputs stand side by side where `mergeOutputs`.
final class Rnn implements OperatorKernel {
    private static final int INPUTS = 5;
    private static final int BIDIRECTIONAL_INPUTS = 12;
    private static final int AUX_INPUT = 9;
    private static final int FORWARD_AUX_WEIGHTS = 10;
    private static final int BACKWARD_AUX_WEIGHTS = 11;
    private static final int FORWARD = 1;
    private static final int BACKWARD = 5;

    private final OperatorCode code;

    Rnn(OperatorCode code) {
        this.code = code;
    }

    private record Settings(Activation activation, boolean asymmetricQuantizeInputs, boolean timeMajor,
            boolean mergeOutputs) {

        static Settings of(Preparation p) {
            return switch (p.options()) {
                case Options.Rnn o -> new Settings(o.activation(), o.asymmetricQuantizeInputs(), true, false);
                case Options.UnidirectionalSequenceRnn o ->
                        new Settings(o.activation(), o.asymmetricQuantizeInputs(), o.timeMajor(), false);
                case Options.BidirectionalSequenceRnn o ->
                        new Settings(o.activation(), o.asymmetricQuantizeInputs(), o.timeMajor(), o.mergeOutputs());
                default -> throw new AssertionError(p.options());
            };
        }
    }

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32);
    }

    @Override
    public Set<ElementType> weightTypes() {
        return Set.of(ElementType.FLOAT32, ElementType.INT8, ElementType.UINT8);
    }

    private boolean isBidirectional() {
        return code == OperatorCode.BIDIRECTIONAL_SEQUENCE_RNN;
    }

    private Sequence sequence(Preparation p) {
        return code == OperatorCode.RNN ? Sequence.single(p) : Sequence.of(p, Settings.of(p).timeMajor());
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        int inputs = isBidirectional() ? BIDIRECTIONAL_INPUTS : INPUTS;
        if (p.inputCount() != inputs) {
            throw p.malformed(p.inputCount() + " inputs, must have " + inputs);
        }
        sequence(p);
        Shape input = p.inputTensor(0).shape();
        int last = input.rank() - 1;
        int forward = units(p, FORWARD);
        if (!isBidirectional()) {
            return List.of(input.withDimension(last, forward));
        }
        int backward = units(p, BACKWARD);
        if ((long) forward + backward > Integer.MAX_VALUE) {
            throw p.unsupported(forward + " and " + backward + " units are more than 2^31-1");
        }
        return Settings.of(p).mergeOutputs()
                ? List.of(input.withDimension(last, forward + backward))
                : List.of(input.withDimension(last, forward), input.withDimension(last, backward));
    }

    private static int units(Preparation p, int first) {
        TensorChecks.rank(p, "input weights", p.inputTensor(first), 2);
        return p.inputTensor(first).shape().dimension(0);
    }

    @Override
    public Kernel prepare(Preparation p) {
        Settings settings = Settings.of(p);
        Sequence sequence = sequence(p);
        for (int i = 0; i < p.outputCount(); i++) {
            TensorChecks.sameType(p, "output " + i, p.outputTensor(i), ElementType.FLOAT32);
        }
        if (!isBidirectional()) {
            Layer layer = Layer.of(p, settings, sequence, FORWARD, 0, INPUTS, INPUTS);
            Slot output = p.output(0);
            return memory -> layer.run(memory, false, output, 0);
        }
        if (p.hasInput(AUX_INPUT)) {
            Tensor aux = p.inputTensor(AUX_INPUT);
            TensorChecks.sameType(p, "auxiliary input", aux, ElementType.FLOAT32);
            TensorChecks.rank(p, "auxiliary input", aux, 3);
            StepWeights.requireShape(p, "vectors of the auxiliary input", aux,
                    p.inputTensor(0).shape().withDimension(2, aux.shape().dimension(2)));
        }
        boolean goesIntoBoth = p.hasInput(AUX_INPUT) && p.hasInput(FORWARD_AUX_WEIGHTS);
        boolean isReadBackward = p.hasInput(AUX_INPUT) && !goesIntoBoth;
        int aux = goesIntoBoth ? AUX_INPUT : BIDIRECTIONAL_INPUTS;
        Layer forward = Layer.of(p, settings, sequence, FORWARD, 0, aux, FORWARD_AUX_WEIGHTS);
        Layer backward = Layer.of(p, settings, sequence, BACKWARD, isReadBackward ? AUX_INPUT : 0, aux,
                BACKWARD_AUX_WEIGHTS);
        Slot forwardOutput = p.output(0);
        Slot backwardOutput = settings.mergeOutputs() ? forwardOutput : p.output(1);
        int backwardColumn = settings.mergeOutputs() ? units(p, FORWARD) : 0;
        return memory -> {
            forward.run(memory, false, forwardOutput, 0);
            backward.run(memory, true, backwardOutput, backwardColumn);
        };
    }

    /// One layer, from one end of the sequence.
    private record Layer(Sequence sequence, Slot input, StepVector x, StepWeights inputWeights,
            @Nullable Slot auxInput, @Nullable StepVector aux, @Nullable StepWeights auxWeights, StepVector state,
            StepWeights recurrentWeights, Slot bias, Slot sums, Activation activation) {

        /// @param first its input weights; recurrent weights, bias and state follow
        /// @param auxInput past the last input where there is none
        static Layer of(Preparation p, Settings settings, Sequence sequence, int first, int input, int auxInput,
                int auxWeights) {
            ElementType type = StepWeights.type(p, "input weights", p.inputTensor(first));
            boolean isHybrid = type != ElementType.FLOAT32;
            boolean asymmetric = settings.asymmetricQuantizeInputs();
            int batches = sequence.batches();
            int units = units(p, first);
            TensorChecks.sameType(p, "bias", p.inputTensor(first + 2), ElementType.FLOAT32);
            StepWeights.requireShape(p, "bias", p.inputTensor(first + 2), Shape.of(units));
            LstmTensors.requireState(p, "hidden state", first + 3, ElementType.FLOAT32, batches, units);
            int size = size(p, input);
            List<StepWeights> weights = new ArrayList<>(List.of(
                    StepWeights.of(p, first, "input weights", type, units, size),
                    StepWeights.of(p, first + 1, "recurrent weights", type, units, units)));
            boolean hasAux = p.hasInput(auxInput);
            if (hasAux) {
                weights.add(StepWeights.of(p, auxWeights, "auxiliary weights", type, units, size(p, auxInput)));
            }
            double work = 0;
            for (StepWeights each : weights) {
                work += each.work(batches);
            }
            p.requireWork((long) (work * sequence.steps()));
            return new Layer(sequence, p.input(input), StepVector.scratch(p, batches, size, isHybrid, asymmetric),
                    weights.get(0), hasAux ? p.input(auxInput) : null,
                    hasAux ? StepVector.scratch(p, batches, size(p, auxInput), isHybrid, asymmetric) : null,
                    hasAux ? weights.get(2) : null,
                    StepVector.of(p, p.input(first + 3), batches, units, isHybrid, asymmetric), weights.get(1),
                    p.input(first + 2), p.scratch(ElementType.FLOAT32, StepVector.count(p, batches, units)),
                    settings.activation());
        }

        private static int size(Preparation p, int input) {
            Shape shape = p.inputTensor(input).shape();
            return shape.dimension(shape.rank() - 1);
        }

        void run(Memory memory, boolean isBackward, Slot output, int firstColumn) {
            int units = inputWeights.rows();
            int width = output.shape().dimension(output.shape().rank() - 1);
            for (int i = 0; i < sequence.steps(); i++) {
                int step = isBackward ? sequence.steps() - 1 - i : i;
                step(memory, step);
                for (int batch = 0; batch < sequence.batches(); batch++) {
                    System.arraycopy(memory.floats(sums), memory.offset(sums) + batch * units, memory.floats(output),
                            memory.offset(output) + sequence.row(batch, step) * width + firstColumn, units);
                }
            }
        }

        private void step(Memory memory, int step) {
            int units = inputWeights.rows();
            x.take(memory, input, sequence, step);
            x.quantize(memory);
            state.quantize(memory);
            for (int batch = 0; batch < sequence.batches(); batch++) {
                System.arraycopy(memory.floats(bias), memory.offset(bias), memory.floats(sums),
                        memory.offset(sums) + batch * units, units);
            }
            inputWeights.addProduct(memory, x, sums);
            if (auxInput != null && aux != null && auxWeights != null) {
                aux.take(memory, auxInput, sequence, step);
                aux.quantize(memory);
                auxWeights.addProduct(memory, aux, sums);
            }
            recurrentWeights.addProduct(memory, state, sums);
            StepActivation.apply(activation, memory.floats(sums), memory.offset(sums), sums.elementCount());
            System.arraycopy(memory.floats(sums), memory.offset(sums), memory.floats(state.values()),
                    memory.offset(state.values()), sums.elementCount());
        }
    }
}

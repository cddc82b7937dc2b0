package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.List;
import java.util.Set;

/// BIDIRECTIONAL_SEQUENCE_LSTM: two LSTMs over one sequence, one from each end ([FloatLstm]), their outputs side by side
/// where `mergeOutputs`, else two (LiteRT `bidirectional_sequence_lstm.cc`).
///
/// An auxiliary input with weights of its own goes into both; without any it is what the backward LSTM reads.
final class BidirectionalLstm implements OperatorKernel {
    private static final int INPUTS = 48;
    private static final int AUX_INPUT = 39;
    private static final int FORWARD_AUX_WEIGHTS = 40;
    private static final int BACKWARD_AUX_WEIGHTS = 44;
    private static final int FORWARD_WEIGHTS = 1;
    private static final int BACKWARD_WEIGHTS = 18;
    private static final int FORWARD_STATE = 35;
    private static final int BACKWARD_STATE = 37;
    private static final LstmTensors FORWARD = new LstmTensors(0, FORWARD_WEIGHTS, FORWARD_STATE, INPUTS, AUX_INPUT,
            FORWARD_AUX_WEIGHTS);

    private static LstmTensors backward(Preparation p) {
        boolean readsAux = p.hasInput(AUX_INPUT) && !FORWARD.hasAux(p);
        return new LstmTensors(readsAux ? AUX_INPUT : 0, BACKWARD_WEIGHTS, BACKWARD_STATE, INPUTS,
                readsAux ? INPUTS : AUX_INPUT, BACKWARD_AUX_WEIGHTS);
    }

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32);
    }

    @Override
    public Set<ElementType> weightTypes() {
        return Set.of(ElementType.FLOAT32, ElementType.INT8, ElementType.UINT8);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        Options.BidirectionalSequenceLstm options = (Options.BidirectionalSequenceLstm) p.options();
        if (p.inputCount() != INPUTS) {
            throw p.malformed(p.inputCount() + " inputs, must have " + INPUTS);
        }
        Sequence.of(p, options.timeMajor());
        Shape input = p.inputTensor(0).shape();
        int forward = FORWARD.outputs(p);
        int backward = backward(p).outputs(p);
        if (options.mergeOutputs() && (long) forward + backward > Integer.MAX_VALUE) {
            throw p.unsupported(forward + " and " + backward + " outputs are more than 2^31-1");
        }
        return options.mergeOutputs()
                ? List.of(input.withDimension(2, forward + backward))
                : List.of(input.withDimension(2, forward), input.withDimension(2, backward));
    }

    @Override
    public Kernel prepare(Preparation p) {
        Options.BidirectionalSequenceLstm options = (Options.BidirectionalSequenceLstm) p.options();
        Sequence sequence = Sequence.of(p, options.timeMajor());
        for (int i = 0; i < p.outputCount(); i++) {
            TensorChecks.sameType(p, "output " + i, p.outputTensor(i), ElementType.FLOAT32);
        }
        if (p.hasInput(AUX_INPUT)) {
            Tensor aux = p.inputTensor(AUX_INPUT);
            TensorChecks.sameType(p, "auxiliary input", aux, ElementType.FLOAT32);
            TensorChecks.rank(p, "auxiliary input", aux, 3);
            Shape input = p.inputTensor(0).shape();
            StepWeights.requireShape(p, "vectors of the auxiliary input", aux,
                    input.withDimension(2, aux.shape().dimension(2)));
        }
        FloatLstm.Settings settings = new FloatLstm.Settings(options.activation(), options.cellClip(),
                options.projectionClip(), options.asymmetricQuantizeInputs());
        FloatLstm forward = FloatLstm.of(p, FORWARD, sequence, settings);
        FloatLstm backward = FloatLstm.of(p, backward(p), sequence, settings);
        Slot forwardOutput = p.output(0);
        Slot backwardOutput = options.mergeOutputs() ? forwardOutput : p.output(1);
        int backwardColumn = options.mergeOutputs() ? FORWARD.outputs(p) : 0;
        return memory -> {
            forward.run(memory, false, forwardOutput, 0);
            backward.run(memory, true, backwardOutput, backwardColumn);
        };
    }
}

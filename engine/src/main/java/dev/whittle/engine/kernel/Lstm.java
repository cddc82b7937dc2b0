package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// LSTM, one step of a long short-term memory on `[batch, input]`, and UNIDIRECTIONAL_SEQUENCE_LSTM, the same over
/// `[batch, step, input]` or `[step, batch, input]` (LiteRT `lstm.cc`, `unidirectional_sequence_lstm.cc`). The formulas
/// stand at [FloatLstm] and [IntegerLstm]; LSTM's old kernel with five inputs at [BasicLstm].
///
/// Inputs: the sequence, the seventeen of [LstmTensors], output state and cell state (variables), and in newer files four
/// vectors of layer norm coefficients.
final class Lstm implements OperatorKernel {
    static final LstmTensors TENSORS = new LstmTensors(0, 1, 18, 20, 24, 24);
    private static final int OLD_INPUTS = 20;
    private static final int INPUTS = 24;

    private final OperatorCode code;

    Lstm(OperatorCode code) {
        this.code = code;
    }

    @Override
    public Set<ElementType> types() {
        return code == OperatorCode.LSTM
                ? Set.of(ElementType.FLOAT32, ElementType.INT8, ElementType.UINT8)
                : Set.of(ElementType.FLOAT32, ElementType.INT8);
    }

    @Override
    public Set<ElementType> weightTypes() {
        return Set.of(ElementType.FLOAT32, ElementType.INT8, ElementType.UINT8);
    }

    private static boolean isBasic(Preparation p) {
        return p.options() instanceof Options.Lstm lstm && lstm.isBasic();
    }

    private Sequence sequence(Preparation p) {
        return code == OperatorCode.LSTM
                ? Sequence.single(p)
                : Sequence.of(p, ((Options.UnidirectionalSequenceLstm) p.options()).timeMajor());
    }

    private FloatLstm.Settings settings(Preparation p) {
        return switch (p.options()) {
            case Options.Lstm o ->
                    new FloatLstm.Settings(o.activation(), o.cellClip(), o.projectionClip(),
                            o.asymmetricQuantizeInputs());
            case Options.UnidirectionalSequenceLstm o ->
                    new FloatLstm.Settings(o.activation(), o.cellClip(), o.projectionClip(),
                            o.asymmetricQuantizeInputs());
            default -> throw new AssertionError(p.options());
        };
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        if (isBasic(p)) {
            return BasicLstm.outputShapes(p);
        }
        if (p.inputCount() != INPUTS && p.inputCount() != OLD_INPUTS) {
            throw p.malformed(p.inputCount() + " inputs, must have " + OLD_INPUTS + " or " + INPUTS);
        }
        sequence(p);
        Shape input = p.inputTensor(0).shape();
        return List.of(input.withDimension(input.rank() - 1, TENSORS.outputs(p)));
    }

    @Override
    public Kernel prepare(Preparation p) {
        if (isBasic(p)) {
            return BasicLstm.prepare(p);
        }
        ElementType type = p.inputTensor(0).type();
        TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        Sequence sequence = sequence(p);
        return switch (type) {
            case FLOAT32 -> {
                FloatLstm lstm = FloatLstm.of(p, TENSORS, sequence, settings(p));
                Slot output = p.output(0);
                yield memory -> lstm.run(memory, false, output, 0);
            }
            case INT8 -> IntegerLstm.prepare(p, sequence, settings(p));
            default -> throw p.unsupported("input is " + type + ", supported are FLOAT32 and INT8");
        };
    }
}

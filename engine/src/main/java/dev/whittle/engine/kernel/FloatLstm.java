package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One direction of an LSTM with float activations, its weights floats or 8-bit codes (LiteRT `lstm_eval.cc`). For each
/// step, with `σ` the logistic function, `a` the cell's activation, `x` the input, `h` the output state and `c` the
/// cell state:
///
/// ```
/// i = σ(Wi·x + Ui·h + Pi∘c + bi)          or 1 − f where the gates are coupled
/// f = σ(Wf·x + Uf·h + Pf∘c + bf)
/// g = a(Wg·x + Ug·h + bg)
/// c ← clip(f∘c + i∘g)
/// o = σ(Wo·x + Uo·h + Po∘c + bo)
/// h ← clip(V·(o∘a(c)) + d)                 or o∘a(c) without a projection
/// ```
///
/// With layer norm a gate's sum without its bias is brought to mean 0 and variance 1 over the cells and multiplied by the
/// coefficients before the bias is added. Each sum is that of the products, added to what stands there: bias, input,
/// auxiliary input, recurrence, peephole.
final class FloatLstm {
    private static final float VARIANCE_GUARD = 1e-8f;

    private final Sequence sequence;
    private final Slot input;
    private final StepVector x;
    private final @Nullable Slot auxInput;
    private final @Nullable StepVector aux;
    private final StepVector outputState;
    private final Slot cellState;
    private final @Nullable Gate inputGate;
    private final Gate forgetGate;
    private final Gate cellGate;
    private final Gate outputGate;
    private final StepVector hidden;
    private final @Nullable StepWeights projection;
    private final @Nullable Slot projectionBias;
    private final Activation activation;
    private final float cellClip;
    private final float projectionClip;
    private final int cells;
    private final int outputs;

    /// One gate.
    ///
    /// @param activation null for the logistic function
    private record Gate(StepWeights input, @Nullable StepWeights aux, StepWeights recurrent, @Nullable Slot peephole,
            float peepholeScale, @Nullable Slot norm, Slot bias, @Nullable Activation activation, Slot values) {
    }

    private FloatLstm(Preparation p, LstmTensors tensors, Sequence sequence, Settings settings) {
        ElementType type = StepWeights.type(p, "forget gate input weights",
                p.inputTensor(tensors.inputWeights(LstmTensors.Gate.FORGET)));
        boolean isHybrid = type != ElementType.FLOAT32;
        boolean asymmetric = settings.asymmetricQuantizeInputs();
        int batches = sequence.batches();
        tensors.check(p, batches, ElementType.FLOAT32, ElementType.FLOAT32);
        this.sequence = sequence;
        this.activation = settings.activation();
        this.cellClip = settings.cellClip();
        this.projectionClip = settings.projectionClip();
        this.cells = tensors.cells(p);
        this.outputs = tensors.outputs(p);
        this.input = p.input(tensors.input());
        this.x = StepVector.scratch(p, batches, size(input), isHybrid, asymmetric);
        if (tensors.hasAux(p)) {
            this.auxInput = p.input(tensors.auxInput());
            this.aux = StepVector.scratch(p, batches, size(auxInput), isHybrid, asymmetric);
        } else {
            this.auxInput = null;
            this.aux = null;
        }
        this.outputState = StepVector.of(p, p.input(tensors.outputState()), batches, outputs, isHybrid, asymmetric);
        this.cellState = p.input(tensors.cellState());
        this.inputGate = tensors.hasInputGate(p)
                ? gate(p, tensors, LstmTensors.Gate.INPUT, type, null)
                : null;
        this.forgetGate = gate(p, tensors, LstmTensors.Gate.FORGET, type, null);
        this.cellGate = gate(p, tensors, LstmTensors.Gate.CELL, type, activation);
        this.outputGate = gate(p, tensors, LstmTensors.Gate.OUTPUT, type, null);
        this.hidden = StepVector.scratch(p, batches, cells, isHybrid, asymmetric);
        this.projection = tensors.hasProjection(p)
                ? StepWeights.of(p, tensors.projectionWeights(), "projection weights", type, outputs, cells)
                : null;
        this.projectionBias = p.hasInput(tensors.projectionBias())
                ? floats(p, tensors.projectionBias(), "projection bias", outputs)
                : null;
        p.requireWork(work());
    }

    /// What an LSTM's options say about its cells.
    record Settings(Activation activation, float cellClip, float projectionClip, boolean asymmetricQuantizeInputs) {

        void check(Preparation p) {
            if (!(cellClip >= 0) || !(projectionClip >= 0)) {
                throw p.malformed("clips are " + cellClip + " and " + projectionClip + ", must be 0 or more");
            }
        }
    }

    static FloatLstm of(Preparation p, LstmTensors tensors, Sequence sequence, Settings settings) {
        settings.check(p);
        return new FloatLstm(p, tensors, sequence, settings);
    }

    private static int size(Slot sequence) {
        return sequence.shape().dimension(sequence.shape().rank() - 1);
    }

    private static Slot floats(Preparation p, int input, String role, int count) {
        TensorChecks.sameType(p, role, p.inputTensor(input), ElementType.FLOAT32);
        StepWeights.requireShape(p, role, p.inputTensor(input), Shape.of(count));
        return p.input(input);
    }

    private Gate gate(Preparation p, LstmTensors tensors, LstmTensors.Gate gate, ElementType type,
            @Nullable Activation gateActivation) {
        Slot peephole = null;
        float peepholeScale = 1;
        if (gate != LstmTensors.Gate.CELL && tensors.hasPeephole(p)) {
            String role = gate + " peephole weights";
            Tensor tensor = p.inputTensor(tensors.peephole(gate));
            TensorChecks.sameType(p, role, tensor, type);
            StepWeights.requireShape(p, role, tensor, Shape.of(cells));
            if (type != ElementType.FLOAT32) {
                QuantizationParameters parameters = TensorChecks.quantizedPerTensor(p, role, tensor);
                peepholeScale = parameters.scale(0);
            }
            peephole = p.input(tensors.peephole(gate));
        }
        return new Gate(StepWeights.of(p, tensors.inputWeights(gate), gate + " input weights", type, cells, x.size()),
                aux == null
                        ? null
                        : StepWeights.of(p, tensors.auxWeights(gate), gate + " auxiliary weights", type, cells,
                                aux.size()),
                StepWeights.maybeDiagonal(p, tensors.recurrentWeights(gate), gate + " recurrent weights", type, cells,
                        outputs),
                peephole, peepholeScale,
                tensors.hasLayerNorm(p)
                        ? floats(p, tensors.layerNorm(gate), gate + " layer norm coefficients", cells)
                        : null,
                floats(p, tensors.bias(gate), gate + " bias", cells), gateActivation,
                p.scratch(ElementType.FLOAT32, StepVector.count(p, sequence.batches(), cells)));
    }

    private long work() {
        long work = projection == null ? 0 : projection.work(sequence.batches());
        List<Gate> gates = new ArrayList<>(List.of(forgetGate, cellGate, outputGate));
        if (inputGate != null) {
            gates.add(inputGate);
        }
        for (Gate gate : gates) {
            work += gate.input().work(sequence.batches()) + gate.recurrent().work(sequence.batches());
            work += gate.aux() == null ? 0 : gate.aux().work(sequence.batches());
        }
        return (long) ((double) work * sequence.steps());
    }

    /// Goes through the sequence and writes each step's outputs.
    ///
    /// @param isBackward from the last step to the first
    /// @param firstColumn where they stand in the output's vectors
    void run(Memory memory, boolean isBackward, Slot output, int firstColumn) {
        int width = size(output);
        for (int i = 0; i < sequence.steps(); i++) {
            int step = isBackward ? sequence.steps() - 1 - i : i;
            step(memory, step);
            for (int batch = 0; batch < sequence.batches(); batch++) {
                System.arraycopy(memory.floats(outputState.values()),
                        memory.offset(outputState.values()) + batch * outputs, memory.floats(output),
                        memory.offset(output) + sequence.row(batch, step) * width + firstColumn, outputs);
            }
        }
    }

    private void step(Memory memory, int step) {
        x.take(memory, input, sequence, step);
        x.quantize(memory);
        if (aux != null && auxInput != null) {
            aux.take(memory, auxInput, sequence, step);
            aux.quantize(memory);
        }
        outputState.quantize(memory);
        if (inputGate != null) {
            compute(memory, inputGate);
        }
        compute(memory, forgetGate);
        compute(memory, cellGate);
        updateCells(memory);
        compute(memory, outputGate);
        updateOutputs(memory);
    }

    private void compute(Memory memory, Gate gate) {
        float[] values = memory.floats(gate.values());
        int first = memory.offset(gate.values());
        int count = gate.values().elementCount();
        if (gate.norm() == null) {
            fill(memory, gate.bias(), values, first);
        } else {
            Arrays.fill(values, first, first + count, 0);
        }
        gate.input().addProduct(memory, x, gate.values());
        if (gate.aux() != null && aux != null) {
            gate.aux().addProduct(memory, aux, gate.values());
        }
        gate.recurrent().addProduct(memory, outputState, gate.values());
        if (gate.peephole() != null) {
            addPeephole(memory, gate.peephole(), gate.peepholeScale(), values, first);
        }
        if (gate.norm() != null) {
            normalize(memory, gate.norm(), gate.bias(), values, first);
        }
        if (gate.activation() == null) {
            StepActivation.logistic(values, first, count);
        } else {
            StepActivation.apply(gate.activation(), values, first, count);
        }
    }

    private void fill(Memory memory, Slot vector, float[] to, int first) {
        int count = vector.elementCount();
        for (int batch = 0; batch < sequence.batches(); batch++) {
            System.arraycopy(memory.floats(vector), memory.offset(vector), to, first + batch * count, count);
        }
    }

    private void addPeephole(Memory memory, Slot peephole, float scale, float[] values, int first) {
        float[] state = memory.floats(cellState);
        boolean isHybrid = peephole.type() != ElementType.FLOAT32;
        for (int cell = 0; cell < cells; cell++) {
            int at = memory.offset(peephole) + cell;
            float weight = isHybrid ? scale * memory.bytes(peephole)[at] : memory.floats(peephole)[at];
            for (int i = cell; i < sequence.batches() * cells; i += cells) {
                values[first + i] += weight * state[memory.offset(cellState) + i];
            }
        }
    }

    private void normalize(Memory memory, Slot norm, Slot bias, float[] values, int gateStart) {
        for (int batch = 0; batch < sequence.batches(); batch++) {
            int first = gateStart + batch * cells;
            float sum = 0;
            for (int i = 0; i < cells; i++) {
                sum += values[first + i];
            }
            float mean = sum / cells;
            float squares = 0;
            for (int i = 0; i < cells; i++) {
                float difference = values[first + i] - mean;
                squares += difference * difference;
            }
            float inverse = 1 / (float) Math.sqrt(squares / cells + VARIANCE_GUARD);
            for (int i = 0; i < cells; i++) {
                float normal = (values[first + i] - mean) * inverse;
                values[first + i] = memory.floats(norm)[memory.offset(norm) + i] * normal
                        + memory.floats(bias)[memory.offset(bias) + i];
            }
        }
    }

    private void updateCells(Memory memory) {
        float[] state = memory.floats(cellState);
        int first = memory.offset(cellState);
        float[] forget = memory.floats(forgetGate.values());
        int firstForget = memory.offset(forgetGate.values());
        float[] candidate = memory.floats(cellGate.values());
        int firstCandidate = memory.offset(cellGate.values());
        for (int i = 0; i < cellState.elementCount(); i++) {
            float f = forget[firstForget + i];
            float share = inputGate == null
                    ? 1 - f
                    : memory.floats(inputGate.values())[memory.offset(inputGate.values()) + i];
            state[first + i] = f * state[first + i] + candidate[firstCandidate + i] * share;
        }
        StepActivation.clip(cellClip, state, first, cellState.elementCount());
    }

    private void updateOutputs(Memory memory) {
        float[] values = memory.floats(hidden.values());
        int first = memory.offset(hidden.values());
        int count = cellState.elementCount();
        System.arraycopy(memory.floats(cellState), memory.offset(cellState), values, first, count);
        StepActivation.apply(activation, values, first, count);
        float[] open = memory.floats(outputGate.values());
        for (int i = 0; i < count; i++) {
            values[first + i] *= open[memory.offset(outputGate.values()) + i];
        }
        float[] state = memory.floats(outputState.values());
        int firstState = memory.offset(outputState.values());
        if (projection == null) {
            System.arraycopy(values, first, state, firstState, count);
            return;
        }
        int outputCount = sequence.batches() * outputs;
        if (projectionBias == null) {
            Arrays.fill(state, firstState, firstState + outputCount, 0);
        } else {
            fill(memory, projectionBias, state, firstState);
        }
        hidden.quantize(memory);
        projection.addProduct(memory, hidden, outputState.values());
        StepActivation.clip(projectionClip, state, firstState, outputCount);
    }
}

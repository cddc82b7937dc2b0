package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.List;

/// LSTM's kernel with five inputs: data `[batch, input]`, output state, weights `[4 · output, input + output]`, biases
/// and cell state; and four outputs: output, cell state, and two that hold what comes between, data and state side by
/// side and the gates' sums (LiteRT `lstm.cc`, `reference_ops::LstmCell`). Gates stand in the order input, candidate,
/// forget, output.
///
/// UINT8: codes have a zero point of 128 and a scale of 1/128; sums are scaled to 16 bits with three integer bits, the
/// cell state has four, and all functions are those of [FixedPoint]. Both states are written back to their inputs,
/// unless these are constants.
final class BasicLstm {
    private static final int STATE_BITS = 4;
    private static final int GATE_BITS = 3;
    private static final int GATES = 4;
    private static final int CODE_ZERO = 128;
    private static final int DATA = 0;
    private static final int OUTPUT_STATE = 1;
    private static final int WEIGHTS = 2;
    private static final int BIAS = 3;
    private static final int CELL_STATE = 4;

    private final Slot data;
    private final Slot outputState;
    private final Slot weights;
    private final Slot bias;
    private final Slot cellState;
    private final Slot output;
    private final Slot newCellState;
    private final Slot joined;
    private final Slot sums;
    private final boolean keepsOutput;
    private final boolean keepsCells;
    private final int batches;
    private final int inputs;
    private final int cells;

    private BasicLstm(Preparation p) {
        this.data = p.input(DATA);
        this.outputState = p.input(OUTPUT_STATE);
        this.weights = p.input(WEIGHTS);
        this.bias = p.input(BIAS);
        this.cellState = p.input(CELL_STATE);
        this.output = p.output(0);
        this.newCellState = p.output(1);
        this.joined = p.output(2);
        this.sums = p.output(3);
        this.keepsOutput = !p.inputTensor(OUTPUT_STATE).isConstant();
        this.keepsCells = !p.inputTensor(CELL_STATE).isConstant();
        this.batches = data.shape().dimension(0);
        this.inputs = data.shape().dimension(1);
        this.cells = outputState.shape().dimension(1);
    }

    static List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 5, 5, 4);
        for (int i : new int[]{DATA, OUTPUT_STATE, WEIGHTS, CELL_STATE}) {
            TensorChecks.rank(p, "input " + i, p.inputTensor(i), 2);
        }
        Shape data = p.inputTensor(DATA).shape();
        Shape state = p.inputTensor(OUTPUT_STATE).shape();
        long rows = (long) GATES * state.dimension(1);
        long columns = (long) data.dimension(1) + state.dimension(1);
        if (rows > Integer.MAX_VALUE || columns > Integer.MAX_VALUE) {
            throw p.unsupported(data.dimension(1) + " inputs and " + state.dimension(1) + " outputs are too many");
        }
        int batches = data.dimension(0);
        StepWeights.requireShape(p, "values of the output state", p.inputTensor(OUTPUT_STATE),
                Shape.of(batches, state.dimension(1)));
        StepWeights.requireShape(p, "values of the cell state", p.inputTensor(CELL_STATE), state);
        StepWeights.requireShape(p, "weights", p.inputTensor(WEIGHTS), Shape.of((int) rows, (int) columns));
        StepWeights.requireShape(p, "biases", p.inputTensor(BIAS), Shape.of((int) rows));
        return List.of(state, state, Shape.of(batches, (int) columns), Shape.of(batches, (int) rows));
    }

    static Kernel prepare(Preparation p) {
        ElementType type = p.inputTensor(DATA).type();
        boolean isFloat = type == ElementType.FLOAT32;
        if (!isFloat && type != ElementType.UINT8) {
            throw p.unsupported("data are " + type + ", supported are FLOAT32 and UINT8");
        }
        ElementType wide = isFloat ? ElementType.FLOAT32 : ElementType.INT16;
        TensorChecks.sameType(p, "output state", p.inputTensor(OUTPUT_STATE), type);
        TensorChecks.sameType(p, "weights", p.inputTensor(WEIGHTS), type);
        TensorChecks.sameType(p, "biases", p.inputTensor(BIAS), isFloat ? type : ElementType.INT32);
        TensorChecks.sameType(p, "cell state", p.inputTensor(CELL_STATE), wide);
        TensorChecks.sameType(p, "output 0", p.outputTensor(0), type);
        TensorChecks.sameType(p, "output 1", p.outputTensor(1), wide);
        TensorChecks.sameType(p, "output 2", p.outputTensor(2), type);
        TensorChecks.sameType(p, "output 3", p.outputTensor(3), wide);
        p.requireWork((long) p.inputTensor(WEIGHTS).shape().elementCount() * p.inputTensor(DATA).shape().dimension(0));
        BasicLstm lstm = new BasicLstm(p);
        if (isFloat) {
            return memory -> {
                lstm.join(memory);
                lstm.floats(memory);
                lstm.keep(memory);
            };
        }
        Tensor state = p.outputTensor(1);
        float stateScale = TensorChecks.quantizedPerTensor(p, "output 1", state).scale(0);
        if (Math.abs(stateScale * (1 << 15 - STATE_BITS) - 1) >= 1e-3) {
            throw p.unsupported("cell state scale is " + stateScale + ", must be 2^-11");
        }
        QuantizationParameters biasParameters = TensorChecks.quantizedPerTensor(p, "biases", p.inputTensor(BIAS));
        Multiplier scale = Multiplier.of(p, "bias scale * 4096", 4096.0 * biasParameters.scale(0));
        int zeroPoint = TensorChecks.quantizedPerTensor(p, "weights", p.inputTensor(WEIGHTS)).zeroPoint(0);
        return memory -> {
            lstm.join(memory);
            lstm.codes(memory, scale, zeroPoint);
            lstm.keep(memory);
        };
    }

    private void join(Memory memory) {
        for (int batch = 0; batch < batches; batch++) {
            int to = memory.offset(joined) + batch * (inputs + cells);
            Movement.run(memory.array(data), memory.offset(data) + batch * inputs, 1, memory.array(joined), to, 1,
                    inputs);
            Movement.run(memory.array(outputState), memory.offset(outputState) + batch * cells, 1,
                    memory.array(joined), to + inputs, 1, cells);
        }
    }

    private void keep(Memory memory) {
        if (keepsOutput) {
            System.arraycopy(memory.array(output), memory.offset(output), memory.array(outputState),
                    memory.offset(outputState), batches * cells);
        }
        if (keepsCells) {
            System.arraycopy(memory.array(newCellState), memory.offset(newCellState), memory.array(cellState),
                    memory.offset(cellState), batches * cells);
        }
    }

    private void floats(Memory memory) {
        float[] w = memory.floats(weights);
        float[] x = memory.floats(joined);
        float[] s = memory.floats(sums);
        int columns = inputs + cells;
        for (int batch = 0; batch < batches; batch++) {
            int from = memory.offset(joined) + batch * columns;
            int gates = memory.offset(sums) + batch * GATES * cells;
            for (int row = 0; row < GATES * cells; row++) {
                int weight = memory.offset(weights) + row * columns;
                float sum = 0;
                for (int i = 0; i < columns; i++) {
                    sum += w[weight + i] * x[from + i];
                }
                s[gates + row] = sum + memory.floats(bias)[memory.offset(bias) + row];
            }
            for (int cell = 0; cell < cells; cell++) {
                int at = batch * cells + cell;
                float input = logistic(s[gates + cell]);
                float candidate = (float) StrictMath.tanh(s[gates + cells + cell]);
                float forget = logistic(s[gates + 2 * cells + cell]);
                float open = logistic(s[gates + 3 * cells + cell]);
                float state = input * candidate
                        + forget * memory.floats(cellState)[memory.offset(cellState) + at];
                memory.floats(newCellState)[memory.offset(newCellState) + at] = state;
                memory.floats(output)[memory.offset(output) + at] = open * (float) StrictMath.tanh(state);
            }
        }
    }

    private static float logistic(float x) {
        return (float) (1 / (1 + StrictMath.exp(-x)));
    }

    private void codes(Memory memory, Multiplier scale, int zeroPoint) {
        byte[] w = memory.bytes(weights);
        byte[] x = memory.bytes(joined);
        short[] s = memory.shorts(sums);
        int columns = inputs + cells;
        for (int batch = 0; batch < batches; batch++) {
            int from = memory.offset(joined) + batch * columns;
            int gates = memory.offset(sums) + batch * GATES * cells;
            for (int row = 0; row < GATES * cells; row++) {
                int weight = memory.offset(weights) + row * columns;
                int sum = memory.ints(bias)[memory.offset(bias) + row];
                for (int i = 0; i < columns; i++) {
                    sum += ((w[weight + i] & 0xff) - zeroPoint) * ((x[from + i] & 0xff) - CODE_ZERO);
                }
                s[gates + row] = (short) IntegerLstm.saturate16(scale.apply(sum));
            }
            for (int cell = 0; cell < cells; cell++) {
                int at = batch * cells + cell;
                int input = FixedPoint.Q15.logistic(s[gates + cell], GATE_BITS);
                int candidate = FixedPoint.Q15.tanh(s[gates + cells + cell], GATE_BITS);
                int forget = FixedPoint.Q15.logistic(s[gates + 2 * cells + cell], GATE_BITS);
                int open = FixedPoint.Q15.logistic(s[gates + 3 * cells + cell], GATE_BITS);
                int added = Rounding.shiftRight(FixedPoint.Q15.multiply(input, candidate), STATE_BITS);
                int kept = FixedPoint.Q15.multiply(forget, memory.shorts(cellState)[memory.offset(cellState) + at]);
                short state = (short) IntegerLstm.saturate16(added + kept);
                memory.shorts(newCellState)[memory.offset(newCellState) + at] = state;
                int wide = FixedPoint.Q15.multiply(open, FixedPoint.Q15.tanh(state, STATE_BITS));
                int code = Math.clamp(Rounding.shiftRight(wide, Byte.SIZE), Byte.MIN_VALUE, Byte.MAX_VALUE);
                memory.bytes(output)[memory.offset(output) + at] = (byte) (CODE_ZERO + code);
            }
        }
    }
}

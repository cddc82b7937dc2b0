package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import org.jspecify.annotations.Nullable;

/// An LSTM in integers: input, weights and output state INT8, gates and cell state INT16 (LiteRT `lstm_eval.cc`, "8x8 to
/// 16"). The formulas are those of [FloatLstm]:
///
/// - A gate's sums come from a matrix each; every one is scaled to the gate's scale, `2^−12`, or with layer norm that of
///   the gate's intermediate tensor, and added with saturation. Bias and zero points are folded into the sums.
/// - Logistic function and tanh are those of [FixedPoint]; the cell state's scale is a power of two, `2^−15` to `2^−9`.
/// - The output before the projection has the scale of intermediate tensor 4.
/// - Every scaling rounds twice, ties away ([Multiplier]); the effective scales are floats.
///
/// The reference runs time-major batches together and walks the peephole of as many elements as there are outputs, not
/// cells, so that with a projection cells go without; both are kept.
final class IntegerLstm {
    private static final int INTERMEDIATES = 5;
    private static final int HIDDEN = 4;
    private static final float GATE_SCALE = 1f / (1 << 12);
    private static final int LEAST_CELL_BITS = 0;
    private static final int MOST_CELL_BITS = 6;
    private static final int GATE_BITS = 3;
    private static final int TO_KEEP_VARIANCE = 10_000;

    private final Sequence sequence;
    private final Slot input;
    private final Slot output;
    private final Slot outputState;
    private final Slot cellState;
    private final @Nullable Gate inputGate;
    private final Gate forgetGate;
    private final Gate cellGate;
    private final Gate outputGate;
    private final Slot hidden;
    private final @Nullable Product projection;
    private final Multiplier hiddenScale;
    private final int hiddenZeroPoint;
    private final int outputZeroPoint;
    private final int cellBits;
    private final int cellClip;
    private final int projectionClip;
    private final int cells;
    private final int outputs;

    /// A matrix of codes with what is added to its sums, and the factor that these are scaled by.
    private record Product(byte[] weights, int[] bias, Multiplier scale, int columns) {

        /// The scaled sum of one row.
        int of(byte[] x, int offset, int row) {
            int sum = bias[row];
            int weight = row * columns;
            for (int i = 0; i < columns; i++) {
                sum += weights[weight + i] * x[offset + i];
            }
            return scale.apply(sum);
        }
    }

    /// Layer normalization of one gate.
    ///
    /// @param guard variance where there is none
    private record Norm(short[] coefficients, int[] bias, Multiplier scale, int guard) {
    }

    private record Gate(Product input, Product recurrent, short @Nullable [] peephole, Multiplier peepholeScale,
            @Nullable Norm norm, boolean isTanh, Slot values) {
    }

    private IntegerLstm(Preparation p, Sequence sequence, FloatLstm.Settings settings) {
        LstmTensors tensors = Lstm.TENSORS;
        this.sequence = sequence;
        this.cells = tensors.cells(p);
        this.outputs = tensors.outputs(p);
        tensors.check(p, sequence.batches(), ElementType.INT8, ElementType.INT16);
        if (cells == 0) {
            throw p.malformed("no cells, must have at least 1");
        }
        QuantizationParameters in = TensorChecks.quantizedPerTensor(p, "input", p.inputTensor(0));
        QuantizationParameters state = quantized(p, tensors.outputState(), "output state");
        QuantizationParameters out = TensorChecks.quantizedPerTensor(p, "output", p.outputTensor(0));
        this.input = p.input(0);
        this.output = p.output(0);
        this.outputState = p.input(tensors.outputState());
        this.outputZeroPoint = state.zeroPoint(0);
        this.cellState = p.input(tensors.cellState());
        float cellScale = quantized(p, tensors.cellState(), "cell state").scale(0);
        this.cellBits = cellBits(p, cellScale);
        this.cellClip = settings.cellClip() > 0
                ? (int) Math.clamp(settings.cellClip() / cellScale, (float) Short.MIN_VALUE, Short.MAX_VALUE)
                : 0;
        this.projectionClip = settings.projectionClip() > 0
                ? (int) Math.clamp(settings.projectionClip() / out.scale(0), (float) Byte.MIN_VALUE, Byte.MAX_VALUE)
                : 0;
        QuantizationParameters hiddenParameters = intermediate(p, HIDDEN);
        this.hiddenZeroPoint = hiddenParameters.zeroPoint(0);
        double unit = StrictMath.scalb(1.0, -15);
        this.hiddenScale = multiplier(p, "hidden scale", (float) (unit / hiddenParameters.scale(0) * unit));
        this.hidden = p.scratch(ElementType.INT8, StepVector.count(p, sequence.batches(), cells));
        this.inputGate = tensors.hasInputGate(p) ? gate(p, LstmTensors.Gate.INPUT, in, state) : null;
        this.forgetGate = gate(p, LstmTensors.Gate.FORGET, in, state);
        this.cellGate = gate(p, LstmTensors.Gate.CELL, in, state);
        this.outputGate = gate(p, LstmTensors.Gate.OUTPUT, in, state);
        this.projection = tensors.hasProjection(p) ? projection(p, hiddenParameters, state) : null;
        long perStep = 4L * cells * (forgetGate.input().columns() + (long) outputs) + (long) outputs * cells;
        p.requireWork((long) ((double) perStep * sequence.batches() * sequence.steps()));
    }

    static Kernel prepare(Preparation p, Sequence sequence, FloatLstm.Settings settings) {
        settings.check(p);
        if (p.intermediateCount() != INTERMEDIATES) {
            throw p.unsupported(p.intermediateCount() + " intermediate tensors, supported are " + INTERMEDIATES
                    + " (gates of 16 bits)");
        }
        return new IntegerLstm(p, sequence, settings)::run;
    }

    private static QuantizationParameters quantized(Preparation p, int input, String role) {
        return TensorChecks.quantizedPerTensor(p, role, p.inputTensor(input));
    }

    private static QuantizationParameters intermediate(Preparation p, int i) {
        QuantizationParameters parameters = p.intermediateTensor(i).quantization();
        if (parameters == null) {
            throw p.malformed("intermediate tensor " + i + " has no scale, must be quantized");
        }
        return parameters;
    }

    private static int cellBits(Preparation p, float cellScale) {
        double log2 = StrictMath.log(cellScale) / StrictMath.log(2);
        long exponent = Math.round(log2);
        long bits = 15 + exponent;
        if (Math.abs(log2 - exponent) >= 1e-3 || bits < LEAST_CELL_BITS || bits > MOST_CELL_BITS) {
            throw p.unsupported("cell state scale is " + cellScale + ", must be a power of two from 2^-15 to 2^-9");
        }
        return (int) bits;
    }

    private static Multiplier multiplier(Preparation p, String role, float scale) {
        return Multiplier.of(p, role, scale);
    }

    private Gate gate(Preparation p, LstmTensors.Gate gate, QuantizationParameters in, QuantizationParameters state) {
        LstmTensors tensors = Lstm.TENSORS;
        boolean hasNorm = tensors.hasLayerNorm(p);
        float scale = hasNorm ? intermediate(p, gate.ordinal()).scale(0) : GATE_SCALE;
        int[] bias = bias(p, tensors.bias(gate), gate + " bias", cells);
        Product fromInput = product(p, tensors.inputWeights(gate), gate + " input weights", cells,
                input.shape().dimension(input.shape().rank() - 1), hasNorm ? new int[cells] : bias, in, scale,
                -in.zeroPoint(0));
        Product fromState = product(p, tensors.recurrentWeights(gate), gate + " recurrent weights", cells, outputs,
                new int[cells], state, scale, -state.zeroPoint(0));
        short[] peephole = null;
        Multiplier peepholeScale = new Multiplier(0, 0);
        if (gate != LstmTensors.Gate.CELL && tensors.hasPeephole(p)) {
            String role = gate + " peephole weights";
            peephole = shorts(p, tensors.peephole(gate), role);
            float weightScale = quantized(p, tensors.peephole(gate), role).scale(0);
            peepholeScale = multiplier(p, role + " scale",
                    (float) (StrictMath.scalb(1.0, cellBits - 15) * weightScale / scale));
        }
        Norm norm = null;
        if (hasNorm) {
            String role = gate + " layer norm coefficients";
            float normScale = quantized(p, tensors.layerNorm(gate), role).scale(0);
            Multiplier factor = multiplier(p, role + " scale", normScale);
            norm = new Norm(shorts(p, tensors.layerNorm(gate), role), bias,
                    new Multiplier(factor.multiplier(), factor.shift() + 12),
                    Math.max(1, (int) (TO_KEEP_VARIANCE * normScale)));
        }
        return new Gate(fromInput, fromState, peephole, peepholeScale, norm, gate == LstmTensors.Gate.CELL,
                p.scratch(ElementType.INT16, StepVector.count(p, sequence.batches(), cells)));
    }

    private Product projection(Preparation p, QuantizationParameters hiddenParameters, QuantizationParameters state) {
        int biasInput = Lstm.TENSORS.projectionBias();
        int[] bias = p.hasInput(biasInput) ? bias(p, biasInput, "projection bias", outputs) : new int[outputs];
        return product(p, Lstm.TENSORS.projectionWeights(), "projection weights", outputs, cells, bias,
                hiddenParameters, state.scale(0), hiddenZeroPoint);
    }

    /// @param scale of the sums to be
    /// @param zeroPoint how often a row of weights is added to its bias
    private static Product product(Preparation p, int input, String role, int rows, int columns, int[] bias,
            QuantizationParameters x, float scale, int zeroPoint) {
        Tensor tensor = p.inputTensor(input);
        TensorChecks.sameType(p, role, tensor, ElementType.INT8);
        StepWeights.requireShape(p, role, tensor, Shape.of(rows, columns));
        float factor = quantized(p, input, role).scale(0) * x.scale(0) / scale;
        byte[] weights = p.values(input).toBytes();
        int[] folded = bias.clone();
        for (int row = 0; row < rows; row++) {
            int sum = 0;
            for (int column = 0; column < columns; column++) {
                sum += weights[row * columns + column];
            }
            folded[row] += sum * zeroPoint;
        }
        return new Product(weights, folded, multiplier(p, role + " scale", factor), columns);
    }

    private static int[] bias(Preparation p, int input, String role, int count) {
        TensorChecks.sameType(p, role, p.inputTensor(input), ElementType.INT32);
        StepWeights.requireShape(p, role, p.inputTensor(input), Shape.of(count));
        return p.values(input).toInts();
    }

    private short[] shorts(Preparation p, int input, String role) {
        TensorChecks.sameType(p, role, p.inputTensor(input), ElementType.INT16);
        StepWeights.requireShape(p, role, p.inputTensor(input), Shape.of(cells));
        return p.values(input).toShorts();
    }

    private void run(Memory memory) {
        int inputSize = forgetGate.input().columns();
        // Batches that run together, as far as the reference lets them.
        int group = sequence.timeMajor() ? sequence.batches() : 1;
        for (int batch = 0; batch < sequence.batches(); batch += group) {
            for (int step = 0; step < sequence.steps(); step++) {
                int row = sequence.row(batch, step);
                step(memory, group, memory.offset(input) + row * inputSize, batch);
                System.arraycopy(memory.bytes(outputState), memory.offset(outputState) + batch * outputs,
                        memory.bytes(output), memory.offset(output) + row * outputs, group * outputs);
            }
        }
    }

    private void step(Memory memory, int group, int x, int batch) {
        int firstOutput = memory.offset(outputState) + batch * outputs;
        int firstCell = memory.offset(cellState) + batch * cells;
        if (inputGate != null) {
            compute(memory, inputGate, group, x, firstOutput, firstCell);
        }
        compute(memory, forgetGate, group, x, firstOutput, firstCell);
        compute(memory, cellGate, group, x, firstOutput, firstCell);
        updateCells(memory, group, firstCell);
        compute(memory, outputGate, group, x, firstOutput, firstCell);
        updateOutputs(memory, group, firstOutput, firstCell);
    }

    private void compute(Memory memory, Gate gate, int group, int x, int firstOutput, int firstCell) {
        short[] values = memory.shorts(gate.values());
        int first = memory.offset(gate.values());
        for (int b = 0; b < group; b++) {
            for (int cell = 0; cell < cells; cell++) {
                int fromInput = saturate16(
                        gate.input().of(memory.bytes(input), x + b * gate.input().columns(), cell));
                int sum = gate.recurrent().of(memory.bytes(outputState), firstOutput + b * outputs, cell) + fromInput;
                values[first + b * cells + cell] = (short) saturate16(sum);
            }
        }
        if (gate.peephole() != null) {
            short[] state = memory.shorts(cellState);
            for (int i = 0; i < group * Math.min(outputs, cells); i++) {
                int product = gate.peepholeScale().apply(gate.peephole()[i % outputs] * state[firstCell + i]);
                values[first + i] = (short) saturate16(values[first + i] + product);
            }
        }
        for (int b = 0; b < group; b++) {
            int start = first + b * cells;
            if (gate.norm() != null) {
                normalize(gate.norm(), values, start);
            }
            for (int i = start; i < start + cells; i++) {
                values[i] = (short) (gate.isTanh()
                        ? FixedPoint.Q15.tanh(values[i], GATE_BITS)
                        : FixedPoint.Q15.logistic(values[i], GATE_BITS));
            }
        }
    }

    /// To mean 0 and variance 1, with ten bits more than the gate has.
    private void normalize(Norm norm, short[] values, int start) {
        long sum = 0;
        long squares = 0;
        for (int i = start; i < start + cells; i++) {
            sum += values[i];
            squares += values[i] * values[i];
        }
        int mean = (int) (sum * 1024 / cells);
        long variance = squares * ((1 << 20) / cells) - (long) mean * mean;
        int guarded = (int) (variance / (1 << 20));
        int square = guarded < 1 ? norm.guard() : guarded;
        int inverse = FixedPoint.inverseSquareRoot(square);
        int shift = FixedPoint.inverseSquareRootShift(square);
        for (int i = 0; i < cells; i++) {
            int normal = Multiplier.apply(1024 * values[start + i] - mean, inverse, shift);
            int weighted = normal * norm.coefficients()[i] + norm.bias()[i];
            int rounded = (int) (((long) weighted + (weighted > 0 ? 512 : -512)) / 1024);
            values[start + i] = (short) saturate16(norm.scale().apply(rounded));
        }
    }

    private void updateCells(Memory memory, int group, int firstCell) {
        short[] state = memory.shorts(cellState);
        short[] forget = memory.shorts(forgetGate.values());
        int firstForget = memory.offset(forgetGate.values());
        short[] candidate = memory.shorts(cellGate.values());
        int firstCandidate = memory.offset(cellGate.values());
        int shift = 30 + cellBits - 15;
        for (int i = 0; i < group * cells; i++) {
            int f = forget[firstForget + i];
            int share = inputGate == null
                    ? Short.MAX_VALUE - f
                    : memory.shorts(inputGate.values())[memory.offset(inputGate.values()) + i];
            int kept = (short) Rounding.shiftRight(f * state[firstCell + i], 15);
            int added = (short) Rounding.shiftRight(share * candidate[firstCandidate + i], shift);
            int sum = saturate16(kept + added);
            state[firstCell + i] = (short) (cellClip > 0 ? Math.clamp(sum, -cellClip, cellClip) : sum);
        }
    }

    private void updateOutputs(Memory memory, int group, int firstOutput, int firstCell) {
        byte[] values = projection == null ? memory.bytes(outputState) : memory.bytes(hidden);
        int first = projection == null ? firstOutput : memory.offset(hidden);
        short[] open = memory.shorts(outputGate.values());
        int zeroPoint = projection == null ? hiddenZeroPoint : -hiddenZeroPoint;
        for (int i = 0; i < group * cells; i++) {
            int squashed = FixedPoint.Q15.tanh(memory.shorts(cellState)[firstCell + i], cellBits);
            int product = open[memory.offset(outputGate.values()) + i] * squashed;
            values[first + i] = saturate8(hiddenScale.apply(product) + zeroPoint);
        }
        if (projection == null) {
            return;
        }
        byte[] state = memory.bytes(outputState);
        for (int b = 0; b < group; b++) {
            for (int row = 0; row < outputs; row++) {
                int code = saturate8(projection.of(values, first + b * cells, row) + outputZeroPoint);
                state[firstOutput + b * outputs + row] = (byte) (projectionClip > 0
                        ? Math.clamp(code, -projectionClip, projectionClip)
                        : code);
            }
        }
    }

    private static byte saturate8(int x) {
        return (byte) Math.clamp(x, Byte.MIN_VALUE, Byte.MAX_VALUE);
    }

    static int saturate16(int x) {
        return Math.clamp(x, Short.MIN_VALUE, Short.MAX_VALUE);
    }
}

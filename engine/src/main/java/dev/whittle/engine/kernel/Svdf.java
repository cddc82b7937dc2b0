package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/// SVDF, a layer factored by singular value decomposition: each of `units · rank` filters multiplies the input with its
/// feature weights and keeps the results of the last `memory` steps in its state; those are multiplied with its time
/// weights, and a unit's output is `activation(Σ over its filters + bias)` (Nakkiran et al. 2015, "Compressing Deep Neural
/// Networks using a Rank-Constrained Topology"; LiteRT `svdf.cc`, `reference/svdf.h`).
///
/// Inputs: `[batch, input]`, feature weights `[filter, input]`, time weights `[filter, memory]`, bias `[unit]` (optional),
/// state `[batch, memory · filter]` (a variable). Hybrid weights are 8-bit codes; the time weights are brought to floats.
/// INT8: the state is INT16 with INT16 time weights, or INT8 with INT8 ones; features are scaled to the state by
/// `inputScale · featureScale / stateScale`, sums to the output by `stateScale · timeScale / outputScale`, both rounding
/// twice, ties away ([Multiplier]). The activation counts for floats only.
final class Svdf implements OperatorKernel {
    private static final int INPUT = 0;
    private static final int FEATURE = 1;
    private static final int TIME = 2;
    private static final int BIAS = 3;
    private static final int STATE = 4;

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32, ElementType.INT8);
    }

    @Override
    public Set<ElementType> weightTypes() {
        return Set.of(ElementType.FLOAT32, ElementType.INT8, ElementType.UINT8, ElementType.INT16);
    }

    /// The sizes that the inputs agree on.
    private record Sizes(int batches, int inputs, int filters, int memory, int rank) {

        static Sizes of(Preparation p) {
            for (int i : new int[]{INPUT, FEATURE, TIME}) {
                TensorChecks.rank(p, "input " + i, p.inputTensor(i), 2);
            }
            Shape input = p.inputTensor(INPUT).shape();
            int filters = p.inputTensor(FEATURE).shape().dimension(0);
            int memory = p.inputTensor(TIME).shape().dimension(1);
            StepWeights.requireShape(p, "feature weights", p.inputTensor(FEATURE),
                    Shape.of(filters, input.dimension(1)));
            StepWeights.requireShape(p, "time weights", p.inputTensor(TIME), Shape.of(filters, memory));
            int rank = ((Options.Svdf) p.options()).rank();
            if (rank <= 0 || filters % rank != 0) {
                throw p.malformed("rank is " + rank + ", must divide the number of filters, " + filters);
            }
            return new Sizes(input.dimension(0), input.dimension(1), filters, memory, rank);
        }

        int units() {
            return filters / rank;
        }
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        if (p.inputCount() != STATE + 1) {
            throw p.malformed(p.inputCount() + " inputs, must have " + (STATE + 1));
        }
        Sizes sizes = Sizes.of(p);
        return List.of(Shape.of(sizes.batches(), sizes.units()));
    }

    @Override
    public Kernel prepare(Preparation p) {
        Sizes sizes = Sizes.of(p);
        ElementType type = p.inputTensor(INPUT).type();
        TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        p.requireWork((long) ((double) sizes.batches() * sizes.filters() * sizes.inputs()));
        if (sizes.memory() == 0) {
            throw p.malformed("time weights have shape " + p.inputTensor(TIME).shape() + ", must hold at least 1 step");
        }
        if (p.hasInput(BIAS)) {
            TensorChecks.sameType(p, "bias", p.inputTensor(BIAS),
                    type == ElementType.FLOAT32 ? type : ElementType.INT32);
            StepWeights.requireShape(p, "bias", p.inputTensor(BIAS), Shape.of(sizes.units()));
        }
        return type == ElementType.FLOAT32 ? floats(p, sizes) : codes(p, sizes);
    }

    private static void requireState(Preparation p, Sizes sizes, ElementType type) {
        int perBatch = StepVector.count(p, sizes.filters(), sizes.memory());
        LstmTensors.requireState(p, "state", STATE, type, sizes.batches(), perBatch);
    }

    private static Kernel floats(Preparation p, Sizes sizes) {
        requireState(p, sizes, ElementType.FLOAT32);
        ElementType type = StepWeights.type(p, "feature weights", p.inputTensor(FEATURE));
        boolean isHybrid = type != ElementType.FLOAT32;
        Options.Svdf options = (Options.Svdf) p.options();
        StepWeights feature = StepWeights.of(p, FEATURE, "feature weights", type, sizes.filters(), sizes.inputs());
        float[] time = floatTimeWeights(p, type);
        StepVector x = StepVector.of(p, p.input(INPUT), sizes.batches(), sizes.inputs(), isHybrid,
                options.asymmetricQuantizeInputs());
        Slot state = p.input(STATE);
        Slot features = p.scratch(ElementType.FLOAT32, StepVector.count(p, sizes.batches(), sizes.filters()));
        float[] bias = p.hasInput(BIAS) ? p.values(BIAS).toFloats() : new float[sizes.units()];
        Slot output = p.output(0);
        Activation activation = options.activation();
        int memorySize = sizes.memory();
        return memory -> {
            float[] s = memory.floats(state);
            int firstState = memory.offset(state);
            float[] f = memory.floats(features);
            int firstFeature = memory.offset(features);
            Arrays.fill(f, firstFeature, firstFeature + features.elementCount(), 0);
            x.quantize(memory);
            feature.addProduct(memory, x, features);
            remember(s, firstState, state.elementCount());
            float[] to = memory.floats(output);
            for (int i = 0; i < output.elementCount(); i++) {
                float total = 0;
                for (int filter = i * sizes.rank(); filter < (i + 1) * sizes.rank(); filter++) {
                    int row = firstState + filter * memorySize;
                    s[row + memorySize - 1] = f[firstFeature + filter];
                    int weight = filter % sizes.filters() * memorySize;
                    float sum = 0;
                    for (int step = 0; step < memorySize; step++) {
                        sum += time[weight + step] * s[row + step];
                    }
                    total += sum;
                }
                to[memory.offset(output) + i] = total + bias[i % sizes.units()];
            }
            StepActivation.apply(activation, to, memory.offset(output), output.elementCount());
        };
    }

    private static float[] floatTimeWeights(Preparation p, ElementType type) {
        Tensor tensor = p.inputTensor(TIME);
        TensorChecks.sameType(p, "time weights", tensor, type);
        if (type == ElementType.FLOAT32) {
            return p.values(TIME).toFloats();
        }
        float scale = TensorChecks.quantizedPerTensor(p, "time weights", tensor).scale(0);
        byte[] codes = p.values(TIME).toBytes();
        float[] weights = new float[codes.length];
        for (int i = 0; i < codes.length; i++) {
            weights[i] = codes[i] * scale;
        }
        return weights;
    }

    /// Drops the oldest entry: every filter's last place comes free.
    private static void remember(Object state, int first, int count) {
        if (count > 0) {
            System.arraycopy(state, first + 1, state, first, count - 1);
        }
    }

    private static Kernel codes(Preparation p, Sizes sizes) {
        ElementType wide = p.inputTensor(TIME).type();
        if (wide != ElementType.INT16 && wide != ElementType.INT8) {
            throw p.unsupported("time weights are " + wide + ", supported are INT16 and INT8");
        }
        requireState(p, sizes, wide);
        TensorChecks.sameType(p, "feature weights", p.inputTensor(FEATURE), ElementType.INT8);
        QuantizationParameters in = TensorChecks.quantizedPerTensor(p, "input", p.inputTensor(INPUT));
        QuantizationParameters out = TensorChecks.quantizedPerTensor(p, "output", p.outputTensor(0));
        double stateScale = TensorChecks.quantizedPerTensor(p, "state", p.inputTensor(STATE)).scale(0);
        float featureScale = TensorChecks.quantizedPerTensor(p, "feature weights", p.inputTensor(FEATURE)).scale(0);
        float timeScale = TensorChecks.quantizedPerTensor(p, "time weights", p.inputTensor(TIME)).scale(0);
        Multiplier toState = Multiplier.of(p, "input scale * feature scale / state scale",
                (double) in.scale(0) * featureScale / stateScale);
        Multiplier toOutput = Multiplier.of(p, "state scale * time scale / output scale",
                stateScale * timeScale / out.scale(0));
        byte[] feature = p.values(FEATURE).toBytes();
        long[] time = Integers.of(p.values(TIME), wide, StepVector.count(p, sizes.filters(), sizes.memory()));
        int[] bias = p.hasInput(BIAS) ? p.values(BIAS).toInts() : new int[sizes.units()];
        int zeroPoint = in.zeroPoint(0);
        int outputZeroPoint = out.zeroPoint(0);
        int least = TensorChecks.minimumCode(wide);
        int most = TensorChecks.maximumCode(wide);
        Slot input = p.input(INPUT);
        Slot state = p.input(STATE);
        Slot output = p.output(0);
        Slot row = p.scratch(ElementType.INT64, sizes.memory());
        return memory -> {
            Object s = memory.array(state);
            remember(s, memory.offset(state), state.elementCount());
            byte[] x = memory.bytes(input);
            long[] past = memory.longs(row);
            int firstPast = memory.offset(row);
            for (int i = 0; i < output.elementCount(); i++) {
                int vector = memory.offset(input) + i / sizes.units() * sizes.inputs();
                int total = bias[i % sizes.units()];
                for (int filter = i * sizes.rank(); filter < (i + 1) * sizes.rank(); filter++) {
                    int kind = filter % sizes.filters();
                    int sum = 0;
                    for (int column = 0; column < sizes.inputs(); column++) {
                        sum += feature[kind * sizes.inputs() + column] * (x[vector + column] - zeroPoint);
                    }
                    int start = memory.offset(state) + filter * sizes.memory();
                    Integers.write(wide, Math.clamp(toState.apply(sum), least, most), s, start + sizes.memory() - 1);
                    Integers.read(wide, s, start, 1, past, firstPast, sizes.memory());
                    for (int step = 0; step < sizes.memory(); step++) {
                        total += (int) (time[kind * sizes.memory() + step] * past[firstPast + step]);
                    }
                }
                memory.bytes(output)[memory.offset(output) + i] = (byte) Math.clamp(
                        toOutput.apply(total) + (long) outputZeroPoint, Byte.MIN_VALUE, Byte.MAX_VALUE);
            }
        };
    }
}

package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// DEPTHWISE_CONV_2D: `output[b, y, x, c·m + k] = activation(Σ input[b, inY, inX, c] · filter[0, j, i, c·m + k] + bias[c·m + k])`
/// with `m` filters for each input channel, the sum over filterY `j`, filterX `i` in this order, and the window as in
/// [Conv2d].
///
/// Shapes: input `[batch, height, width, inChannel]`, filter `[1, filterY, filterX, inChannel · m]`. Padding counts as
/// real 0. Source: LiteRT `reference/depthwiseconv_float.h`, `reference/integer_ops/depthwise_conv.h`. Codes round as
/// [Requantizer.Mode#FIXED_POINT], INT8 after the optimized kernels as FIXED_POINT_TIES_UP_BY_EIGHT, INT16 as WIDE; hybrid input
/// is asymmetric, one scale per batch image.
///
/// Each output row is a [DepthwiseProduct] of [InputLines], in which each input channel comes `m` times.
final class DepthwiseConv2d implements OperatorKernel {
    /// Of one thread with vectors, roughly, to tell what is worth dividing.
    private static final int MULTIPLICATIONS_PER_NANOSECOND = 40;
    /// Read or written, on top of the products.
    private static final int CODES_PER_NANOSECOND = 10;

    private static final int SUMS_TO_FINISH = 4096;

    private static Options.DepthwiseConv2d options(Preparation p) {
        return (Options.DepthwiseConv2d) p.options();
    }

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32, ElementType.INT8, ElementType.UINT8, ElementType.INT16);
    }

    @Override
    public Set<ElementType> weightTypes() {
        return Filter.WEIGHT_TYPES;
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 2, 3);
        return List.of(window(p).outputShape(p.inputTensor(1).shape().dimension(3)));
    }

    private static Window window(Preparation p) {
        return Window.ofFilter(p, options(p).padding(), options(p).strideHeight(), options(p).strideWidth(),
                options(p).dilationHeight(), options(p).dilationWidth());
    }

    @Override
    public Kernel prepare(Preparation p) {
        Window window = window(p);
        int channels = p.inputTensor(1).shape().dimension(3);
        if (p.inputTensor(1).shape().dimension(0) != 1 || window.inChannels() < 1
                || channels % window.inChannels() != 0) {
            throw p.malformed("filter is " + p.inputTensor(1).shape() + " for an input of " + window.inChannels()
                    + " channels, must be [1, height, width, a multiple of them]");
        }
        ActivationRange.requireClamp(p, options(p).activation());
        TensorChecks.requireWork(p, window.batches(), window.positions(), window.taps(), channels);
        Filter filter = Filter.read(p, Filter.Inputs.USUAL, 3);
        Activation activation = options(p).activation();
        boolean isReal = filter.family() == Filter.Family.REALS;
        if (p.tier() == KernelTier.REFERENCE && filter.family() != Filter.Family.HYBRID) {
            return reference(p, window, filter);
        }
        Kernel emitted = emitted(p, window, filter);
        if (emitted != null) {
            return emitted;
        }
        HybridInput hybrid = filter.family() == Filter.Family.HYBRID
                ? HybridInput.of(p, p.input(0), window.batches(), true)
                : null;
        float[] weights = filter.values();
        int multiplier = channels / window.inChannels();
        RowSource source = RowSource.of(p, 0, hybrid);
        // Products with padding may be left out only if they are 0.
        boolean isUnpadded = isReal && multiplier == 1 && areFinite(weights);
        InputLines lines = isUnpadded
                ? InputLines.ofUnpadded(window)
                : new InputLines(source, window, 0, window.inChannels());
        // With several filters for each channel each line is copied once more, with each channel as often.
        boolean isRepeated = multiplier > 1;
        InputLines repeated = isRepeated ? lines.withChannels(channels) : lines;
        boolean isInput = lines.isInput() && !isRepeated;
        // As many lines as the window is high, each of which takes the place of the one that fell out of the window.
        int ring = (window.filterHeight() - 1) * window.dilationHeight() + 1;
        int[] lineOffsets = lineOffsets(window, ring, repeated.length());
        DepthwiseProduct product = new DepthwiseProduct(p.tier(), weights, channels, window, repeated, lineOffsets,
                !isUnpadded, isReal, isReal ? filter.bias() : null, activation);
        // What becomes of the sums has parameters for each channel, which are worth loading for several rows at once.
        int finishedRows = isReal ? 1 : Math.clamp(SUMS_TO_FINISH / (window.outWidth() * channels), 1,
                window.batches() * window.outHeight());
        OutputStage stage = filter.stage(p, activation, mode(p), isReal ? new int[0] : Filter.sums(tapsLast(weights,
                channels), channels), finishedRows * window.outWidth(), product.segments(), hybrid,
                window.positions());
        int ringLength = isInput ? 0 : TensorChecks.scratchLength(p, ring, repeated.length());
        WorkerScratch rings = WorkerScratch.of(p, ElementType.FLOAT32,
                TensorChecks.scratchLength(p, ringLength, source.parts()));
        WorkerScratch single = isRepeated ? WorkerScratch.of(p, ElementType.FLOAT32, lines.length()) : rings;
        Slot input = p.input(0);
        LineCopy copy = (memory, part, batch, inY, to, toOffset, worker) -> {
            if (isRepeated) {
                float[] one = memory.floats(single.slot());
                int oneOffset = single.offset(memory, worker);
                lines.copyLine(memory, source, part, batch, inY, one, oneOffset);
                repeat(one, oneOffset, lines.length(), multiplier, to, toOffset);
            } else {
                lines.copyLine(memory, source, part, batch, inY, to, toOffset);
            }
        };
        DivisibleKernel outputRows = DivisibleKernel.of(window.batches() * window.outHeight(),
                nanoseconds(window, channels, source instanceof RowSource.Reals),
                (memory, first, end, worker) -> {
                    // The input row below which all that the window sees has been copied.
                    int copiedBelow = Integer.MIN_VALUE;
                    int finished = first;
                    for (int unit = first; unit < end; unit++) {
                        int batch = unit / window.outHeight();
                        int outY = unit % window.outHeight();
                        int firstY = window.inY(outY, 0);
                        int endY = window.inY(outY, window.filterHeight() - 1) + 1;
                        float[] sums = stage.sums(memory);
                        int to = stage.sumsOffset(memory, finished * window.outWidth(), worker)
                                + (unit - finished) * window.outWidth() * channels;
                        if (isInput) {
                            product.multiply(outY, memory.floats(input),
                                    memory.offset(input) + lines.inputOffset(batch, outY), 0, sums, to,
                                    stage.segmentStride());
                        } else {
                            int fromY = Math.max(firstY, outY == 0 ? firstY : copiedBelow);
                            float[] a = memory.floats(rings.slot());
                            int turn = Math.floorMod(firstY, ring);
                            for (int part = 0; part < source.parts(); part++) {
                                int ringOffset = rings.offset(memory, worker) + part * ringLength;
                                for (int inY = fromY; inY < endY; inY++) {
                                    copy.copy(memory, part, batch, inY, a,
                                            ringOffset + Math.floorMod(inY, ring) * repeated.length(), worker);
                                }
                                product.multiply(outY, a, ringOffset, turn * window.filterHeight(), sums,
                                        to + part * stage.partStride(), stage.segmentStride());
                            }
                            copiedBelow = endY;
                        }
                        if (unit + 1 - finished == finishedRows || unit + 1 == end) {
                            stage.finish(memory, finished * window.outWidth(),
                                    (unit + 1 - finished) * window.outWidth(), worker);
                            finished = unit + 1;
                        }
                    }
                });
        return hybrid == null ? outputRows : memory -> {
            hybrid.quantize(memory);
            outputRows.invoke(memory);
        };
    }

    /// Machine code for it, or null.
    private static @Nullable Kernel emitted(Preparation p, Window window, Filter filter) {
        MachineCode machineCode = p.machineCode();
        if (machineCode == null || p.inputTensor(0).type() == ElementType.INT16
                || window.inChannels() != filter.channels()) {
            return null;
        }
        float[] weights = tapsLast(filter.values(), filter.channels());
        if (filter.family() != Filter.Family.HYBRID) {
            return machineCode.depthwise(p,
                    Convolution.of(p, window, filter, options(p).activation(), mode(p), false).withWeights(weights));
        }
        int[] whole = {0, window.taps()};
        if (!options(p).activation().isClamp()
                || !PackedWeights.areExact(weights, filter.channels(), window.taps(), whole)) {
            return null;
        }
        int padding = window.inWidth() * window.inChannels();
        HybridInput input = HybridInput.ofBytes(p, p.input(0), window.batches(), true, padding);
        HybridScaling scaling = HybridScaling.of(p, input, filter.bias(), Filter.sums(weights, filter.channels()),
                filter.channelScales());
        Kernel products = machineCode.depthwise(p,
                Convolution.hybrid(p, window, filter, options(p).activation(), input.codes(), scaling, false)
                        .withWeights(weights));
        return products == null ? null : memory -> {
            input.quantize(memory);
            input.pad(memory, padding);
            scaling.prepare(memory);
            products.invoke(memory);
        };
    }

    private static long nanoseconds(Window window, int channels, boolean isReal) {
        long products = (long) window.batches() * window.positions() * window.taps() * channels;
        long codes = isReal
                ? 0
                : (long) window.batches()
                        * (window.inHeight() * window.inWidth() * window.inChannels() + window.positions() * channels);
        return products / MULTIPLICATIONS_PER_NANOSECOND + codes / CODES_PER_NANOSECOND;
    }

    /// Copies an input row into the ring.
    @FunctionalInterface
    private interface LineCopy {
        void copy(Memory memory, int part, int batch, int inY, float[] to, int toOffset, int worker);
    }

    /// Where the window's lines lie in the ring, for each line of it that the window can start at.
    private static int[] lineOffsets(Window window, int ring, int length) {
        int height = window.filterHeight();
        int[] offsets = new int[ring * height];
        for (int i = 0; i < offsets.length; i++) {
            offsets[i] = (i / height + i % height * window.dilationHeight()) % ring * length;
        }
        return offsets;
    }

    private static Requantizer.Mode mode(Preparation p) {
        ElementType type = p.inputTensor(0).type();
        if (type == ElementType.INT16) {
            return Requantizer.Mode.WIDE;
        }
        return p.reference() == ReferenceKernels.OPTIMIZED && type == ElementType.INT8
                ? Requantizer.Mode.FIXED_POINT_TIES_UP_BY_EIGHT
                : Requantizer.Mode.FIXED_POINT;
    }

    private static boolean areFinite(float[] weights) {
        for (float weight : weights) {
            if (!Float.isFinite(weight)) {
                return false;
            }
        }
        return true;
    }

    /// `[tap][channel]` to `[channel][tap]`.
    private static float[] tapsLast(float[] weights, int channels) {
        int taps = weights.length / channels;
        float[] turned = new float[weights.length];
        for (int i = 0; i < weights.length; i++) {
            turned[i % channels * taps + i / channels] = weights[i];
        }
        return turned;
    }

    private Kernel reference(Preparation p, Window window, Filter filter) {
        Activation activation = options(p).activation();
        Slot input = p.input(0);
        Slot output = p.output(0);
        if (filter.family() == Filter.Family.REALS) {
            return memory -> realReference(memory.floats(input), memory.offset(input), window, filter, activation,
                    memory.floats(output), memory.offset(output));
        }
        Requantizer requantizer = filter.requantizer(p, activation, mode(p), new int[filter.channels()]);
        CodeStorage storage = CodeStorage.of(input.type());
        int zeroPoint = TensorChecks.quantizedPerTensor(p, "input", p.inputTensor(0)).zeroPoint(0);
        return memory -> codeReference(storage, memory.array(input), memory.offset(input), zeroPoint, window, filter,
                requantizer, memory.array(output), memory.offset(output));
    }

    private static void realReference(float[] input, int inputOffset, Window window, Filter filter,
            Activation activation, float[] output, int outputOffset) {
        int channels = filter.channels();
        for (int i = 0; i < window.batches() * window.positions() * channels; i++) {
            float sum = 0;
            for (int tap = 0; tap < window.taps(); tap++) {
                int from = element(window, i, tap, channels);
                sum = Math.fma(from < 0 ? 0 : input[inputOffset + from],
                        filter.values()[tap * channels + i % channels], sum);
            }
            output[outputOffset + i] = Gemm.clamp(sum + DepthwiseProduct.bias(filter.bias(), i % channels),
                    activation.minimum(), activation.maximum());
        }
    }

    private static void codeReference(CodeStorage storage, Object input, int inputOffset, int zeroPoint,
            Window window, Filter filter, Requantizer requantizer, Object output, int outputOffset) {
        int channels = filter.channels();
        for (int i = 0; i < window.batches() * window.positions() * channels; i++) {
            long sum = 0;
            for (int tap = 0; tap < window.taps(); tap++) {
                int from = element(window, i, tap, channels);
                if (from >= 0) {
                    sum += (long) (storage.get(input, inputOffset + from) - zeroPoint)
                            * (int) filter.values()[tap * channels + i % channels];
                }
            }
            storage.set(output, outputOffset + i, requantizer.apply(sum, i % channels));
        }
    }

    /// The element of the input that output element `i` sees through a tap; −1 for padding.
    private static int element(Window window, int i, int tap, int channels) {
        int position = i / channels;
        int inY = window.inY(position / window.outWidth() % window.outHeight(), tap / window.filterWidth());
        int inX = window.inX(position % window.outWidth(), tap % window.filterWidth());
        int image = position / window.positions() * window.inHeight();
        return window.isInside(inY, inX)
                ? ((image + inY) * window.inWidth() + inX) * window.inChannels()
                        + i % channels / (channels / window.inChannels())
                : -1;
    }

    private static void repeat(float[] from, int fromOffset, int length, int times, float[] to, int toOffset) {
        int at = toOffset;
        for (int i = 0; i < length; i++) {
            for (int k = 0; k < times; k++) {
                to[at++] = from[fromOffset + i];
            }
        }
    }
}

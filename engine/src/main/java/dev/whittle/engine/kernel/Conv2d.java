package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;
import java.util.function.IntUnaryOperator;

/// CONV_2D: `output[b, y, x, o] = activation(Σ input[b, y·strideY − padTop + j·dilationY, x·strideX − padLeft + i·dilationX, c]
/// · filter[o, j, i, c] + bias[o])`, the sum over filterX `i`, filterY `j`, inChannel `c` in this order.
///
/// Shapes: input `[batch, height, width, inChannel]`, filter `[outChannel, filterY, filterX, inChannel / groups]`, bias
/// `[outChannel]`. Padding counts as real 0. Source: LiteRT `reference/conv.h`, `reference/integer_ops/conv.h`, and
/// `kernels/conv.cc` for how hybrid input is quantized: one range per batch image, asymmetric where weight scales differ
/// or there are groups, else symmetric. Codes round as [Requantizer.Mode#FIXED_POINT], or FIXED_POINT_TIES_UP after the
/// optimized kernels; INT16 without an INT32 bias as WIDE.
///
/// The vector version is an implicit matrix product: each output row is one product of overlapping pieces of
/// [InputRows] with the packed filter.
final class Conv2d implements OperatorKernel {
    /// Of one thread with vectors, roughly, to tell what is worth dividing.
    private static final int MULTIPLICATIONS_PER_NANOSECOND = 50;
    /// Of a pointwise convolution: whole tiles of [SimdGemm].
    private static final int POSITIONS_IN_A_UNIT = 24;

    private static Options.Conv2d options(Preparation p) {
        return (Options.Conv2d) p.options();
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
        return List.of(window(p).outputShape(p.inputTensor(1).shape().dimension(0)));
    }

    private static Window window(Preparation p) {
        return Window.ofFilter(p, options(p).padding(), options(p).strideHeight(), options(p).strideWidth(),
                options(p).dilationHeight(), options(p).dilationWidth());
    }

    @Override
    public Kernel prepare(Preparation p) {
        Window window = window(p);
        ActivationRange.requireClamp(p, options(p).activation());
        Shape filterShape = p.inputTensor(1).shape();
        int channels = filterShape.dimension(0);
        int groupDepth = filterShape.dimension(3);
        if (groupDepth < 1 || window.inChannels() % groupDepth != 0) {
            throw p.malformed("filter has " + groupDepth + " input channels for an input of " + window.inChannels()
                    + ", must divide it");
        }
        int groups = window.inChannels() / groupDepth;
        if (channels < 1 || groups < 1 || channels % groups != 0) {
            throw p.malformed("filter has " + channels + " output channels, must be a multiple of the " + groups
                    + " groups");
        }
        TensorChecks.requireWork(p, window.batches(), window.positions(), p.inputTensor(1).shape().elementCount());
        Filter filter = Filter.read(p, Filter.Inputs.USUAL, 0);
        if (p.tier() == KernelTier.REFERENCE && filter.family() != Filter.Family.HYBRID) {
            return reference(p, window, filter, groups);
        }
        float[] weights = filterXFirst(filter.values(), filterShape);
        int groupColumns = channels / groups;
        int depth = window.taps() * groupDepth;
        boolean isReal = filter.family() == Filter.Family.REALS;
        boolean isHybrid = filter.family() == Filter.Family.HYBRID;
        int[] segments = isReal ? new int[]{0, depth} : PackedWeights.exactSegments(weights, channels, depth);
        PackedWeights[] packed = new PackedWeights[groups];
        InputRows[] rows = new InputRows[groups];
        for (int group = 0; group < groups; group++) {
            Gemm gemm = Gemm.of(p.tier());
            packed[group] = isReal
                    ? PackedWeights.ofReals(gemm, weights, group * groupColumns, groupColumns, depth, filter.bias(),
                            options(p).activation())
                    : PackedWeights.ofCodes(gemm, weights, group * groupColumns, groupColumns, depth, segments);
            rows[group] = new InputRows(p, window, group * groupDepth, groupDepth);
        }
        boolean isAsymmetric = isHybrid && (groups > 1 || hasDifferentScales(filter));
        HybridInput hybrid = isHybrid ? HybridInput.of(p, p.input(0), window.batches(), isAsymmetric) : null;
        MostNegativeWeights spoilt = isHybrid && !isAsymmetric && channels % 4 != 0
                ? MostNegativeWeights.find(weights, channels, depth, fileStep(filterShape), segments)
                : null;
        OutputStage stage = filter.stage(p, options(p).activation(), mode(p, filter, groups),
                isReal ? new int[0] : Filter.sums(weights, channels), window.outWidth(), segments.length - 1, hybrid,
                window.positions());
        if (isReal && window.isPointwise() && groups == 1) {
            return pointwise(p.input(0), window, packed[0], stage);
        }
        WorkerScratch buffer = WorkerScratch.of(p, ElementType.FLOAT32, rows[0].length());
        RowSource source = RowSource.of(p, 0, hybrid);
        DivisibleKernel outputRows = DivisibleKernel.of(window.batches() * window.outHeight(),
                nanoseconds(window, channels, groupDepth) + (isReal ? 0 : codeNanoseconds(window, channels)),
                (memory, first, end, worker) -> {
                    float[] a = memory.floats(buffer.slot());
                    int aOffset = buffer.offset(memory, worker);
                    float[] sums = stage.sums(memory);
                    for (int unit = first; unit < end; unit++) {
                        int row = unit * window.outWidth();
                        for (int group = 0; group < rows.length; group++) {
                            int to = stage.sumsOffset(memory, row, worker) + group * packed[group].columns();
                            int aRowStride = rows[group].positionStride();
                            for (int part = 0; part < source.parts(); part++) {
                                rows[group].copy(memory, source, part, unit / window.outHeight(),
                                        unit % window.outHeight(), a, aOffset);
                                packed[group].multiply(a, aOffset, aRowStride, window.outWidth(), sums,
                                        to + part * stage.partStride(), channels, stage.segmentStride());
                            }
                            if (spoilt != null) {
                                spoilt.spoil(a, aOffset, aRowStride, window.outWidth(), sums, to, channels,
                                        stage.segmentStride());
                            }
                        }
                        stage.finish(memory, row, window.outWidth(), worker);
                    }
                });
        return hybrid == null ? outputRows : memory -> {
            hybrid.quantize(memory);
            outputRows.invoke(memory);
        };
    }

    /// What codes take on top of the products: one nanosecond for each that is widened and for each that is requantized.
    private static long codeNanoseconds(Window window, int channels) {
        return (long) window.batches() * window.outHeight() * (window.filterHeight() * window.inWidth()
                * window.inChannels() + window.outWidth() * channels);
    }

    private static long nanoseconds(Window window, int channels, int depth) {
        return (long) window.batches() * window.positions() * window.taps() * depth * channels
                / MULTIPLICATIONS_PER_NANOSECOND;
    }

    /// The reference has two hybrid kernels: where all scales are one it quantizes the input symmetrically.
    private static boolean hasDifferentScales(Filter filter) {
        return filter.scales().scale().stream().distinct().count() > 1;
    }

    /// The reference has no optimized kernel for groups, nor for INT16 with sums of 64 bits.
    private static Requantizer.Mode mode(Preparation p, Filter filter, int groups) {
        if (p.inputTensor(0).type() == ElementType.INT16 && !filter.isBiasNarrow()) {
            return Requantizer.Mode.WIDE;
        }
        return p.reference() == ReferenceKernels.OPTIMIZED && groups == 1
                ? Requantizer.Mode.FIXED_POINT_TIES_UP
                : Requantizer.Mode.FIXED_POINT;
    }

    /// A 1×1 filter reads the image as it lies: one product over all positions.
    private static Kernel pointwise(Slot input, Window window, PackedWeights packed, OutputStage stage) {
        int rows = window.batches() * window.positions();
        return DivisibleKernel.of(Math.ceilDiv(rows, POSITIONS_IN_A_UNIT),
                nanoseconds(window, packed.columns(), window.inChannels()), (memory, first, end, worker) -> {
                    int row = first * POSITIONS_IN_A_UNIT;
                    packed.multiply(memory.floats(input), memory.offset(input) + row * window.inChannels(),
                            window.inChannels(), Math.min(rows, end * POSITIONS_IN_A_UNIT) - row, stage.sums(memory),
                            stage.sumsOffset(memory, row, worker), packed.columns(), stage.segmentStride());
                });
    }

    /// From a step of the reduction to its place among the file's weights of a channel.
    private static IntUnaryOperator fileStep(Shape shape) {
        int height = shape.dimension(1);
        int width = shape.dimension(2);
        int depth = shape.dimension(3);
        return step -> {
            int tap = step / depth;
            return (tap % height * width + tap / height) * depth + step % depth;
        };
    }

    /// `[o][filterY][filterX][c]` to `[o][filterX][filterY][c]`, the order of the reduction.
    private static float[] filterXFirst(float[] values, Shape shape) {
        int height = shape.dimension(1);
        int width = shape.dimension(2);
        int depth = shape.dimension(3);
        float[] ordered = new float[values.length];
        for (int outChannel = 0; outChannel < shape.dimension(0); outChannel++) {
            for (int filterY = 0; filterY < height; filterY++) {
                for (int filterX = 0; filterX < width; filterX++) {
                    System.arraycopy(values, ((outChannel * height + filterY) * width + filterX) * depth, ordered,
                            ((outChannel * width + filterX) * height + filterY) * depth, depth);
                }
            }
        }
        return ordered;
    }

    private Kernel reference(Preparation p, Window window, Filter filter, int groups) {
        Activation activation = options(p).activation();
        Slot input = p.input(0);
        Slot output = p.output(0);
        if (filter.family() == Filter.Family.REALS) {
            return memory -> realReference(memory.floats(input), memory.offset(input), window, groups, filter,
                    activation, memory.floats(output), memory.offset(output));
        }
        Requantizer requantizer = filter.requantizer(p, activation, mode(p, filter, groups),
                new int[filter.channels()]);
        CodeStorage storage = CodeStorage.of(input.type());
        int zeroPoint = TensorChecks.quantizedPerTensor(p, "input", p.inputTensor(0)).zeroPoint(0);
        return memory -> codeReference(storage, memory.array(input), memory.offset(input), zeroPoint, window, groups,
                filter, requantizer, memory.array(output), memory.offset(output));
    }

    private static void realReference(float[] input, int inputOffset, Window window, int groups, Filter filter,
            Activation activation, float[] output, int outputOffset) {
        int depth = window.inChannels() / groups;
        int groupColumns = filter.channels() / groups;
        float[] bias = filter.bias();
        int to = outputOffset;
        for (int batch = 0; batch < window.batches(); batch++) {
            for (int outY = 0; outY < window.outHeight(); outY++) {
                for (int outX = 0; outX < window.outWidth(); outX++) {
                    for (int outChannel = 0; outChannel < filter.channels(); outChannel++) {
                        float sum = 0;
                        for (int filterX = 0; filterX < window.filterWidth(); filterX++) {
                            for (int filterY = 0; filterY < window.filterHeight(); filterY++) {
                                int inY = window.inY(outY, filterY);
                                int inX = window.inX(outX, filterX);
                                int from = inputOffset + ((batch * window.inHeight() + inY) * window.inWidth() + inX)
                                        * window.inChannels() + outChannel / groupColumns * depth;
                                int tap = ((outChannel * window.filterHeight() + filterY) * window.filterWidth()
                                        + filterX) * depth;
                                for (int inChannel = 0; inChannel < depth; inChannel++) {
                                    float x = window.isInside(inY, inX) ? input[from + inChannel] : 0;
                                    sum = Math.fma(x, filter.values()[tap + inChannel], sum);
                                }
                            }
                        }
                        output[to++] = Gemm.clamp(bias == null ? sum : sum + bias[outChannel], activation.minimum(),
                                activation.maximum());
                    }
                }
            }
        }
    }

    private static void codeReference(CodeStorage storage, Object input, int inputOffset, int zeroPoint, Window window,
            int groups, Filter filter, Requantizer requantizer, Object output, int outputOffset) {
        int depth = window.inChannels() / groups;
        int groupColumns = filter.channels() / groups;
        int to = outputOffset;
        for (int batch = 0; batch < window.batches(); batch++) {
            for (int outY = 0; outY < window.outHeight(); outY++) {
                for (int outX = 0; outX < window.outWidth(); outX++) {
                    for (int outChannel = 0; outChannel < filter.channels(); outChannel++) {
                        long sum = 0;
                        for (int filterX = 0; filterX < window.filterWidth(); filterX++) {
                            for (int filterY = 0; filterY < window.filterHeight(); filterY++) {
                                int inY = window.inY(outY, filterY);
                                int inX = window.inX(outX, filterX);
                                if (!window.isInside(inY, inX)) {
                                    continue;
                                }
                                int from = inputOffset + ((batch * window.inHeight() + inY) * window.inWidth() + inX)
                                        * window.inChannels() + outChannel / groupColumns * depth;
                                int tap = ((outChannel * window.filterHeight() + filterY) * window.filterWidth()
                                        + filterX) * depth;
                                for (int inChannel = 0; inChannel < depth; inChannel++) {
                                    int x = storage.get(input, from + inChannel) - zeroPoint;
                                    sum += (long) x * (int) filter.values()[tap + inChannel];
                                }
                            }
                        }
                        storage.set(output, to, requantizer.apply(sum, outChannel));
                        to++;
                    }
                }
            }
        }
    }
}

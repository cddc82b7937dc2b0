package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/// CONV_2D: `output[b, y, x, o] = activation(Σ input[b, y·strideY − padTop + j·dilationY, x·strideX − padLeft + i·dilationX, c]
/// · filter[o, j, i, c] + bias[o])`, the sum over filterY `j`, filterX `i`, inChannel `c` in this order.
///
/// Shapes: input `[batch, height, width, inChannel]`, filter `[outChannel, filterY, filterX, inChannel / groups]`, bias
/// `[outChannel]`. Padding counts as real 0. Source: LiteRT `reference/conv.h`, `reference/integer_ops/conv.h`, and
/// `kernels/conv.cc` for how hybrid input is quantized: one range per batch image, asymmetric where weight scales differ
/// or there are groups, else symmetric. Codes round as [Requantizer.Mode#FIXED_POINT], or FIXED_POINT_TIES_UP after the
/// optimized kernels; INT16 without an INT32 bias as WIDE.
///
/// The fast version is an implicit matrix product: each output row is one [TiledProduct] of overlapping pieces of
/// [InputLines] with the packed filter.
final class Conv2d implements OperatorKernel {
    /// Of one thread with vectors, roughly, to tell what is worth dividing.
    private static final int MULTIPLICATIONS_PER_NANOSECOND = 100;
    /// Codes that are widened or requantized.
    private static final int CODES_PER_NANOSECOND = 6;
    /// Input (64 KB) that stays in a near cache while all columns of the filter pass over it.
    private static final int BLOCK_FLOATS = 1 << 14;

    /// The reference spoils products with [MostNegativeWeights] unless the channels are a multiple of this.
    private static final int CHANNELS_OF_NO_SPOILT = 4;

    /// Sums of so many products, at most 128 · 255 each, are exact as floats.
    private static final int MOST_STEPS_TO_POOL = (1 << 24) / (128 * 255);

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

    /// Where the largest of sums becomes the largest output: real numbers are finished before they are compared, and codes
    /// where the output rises with the sum.
    @Override
    public boolean canPool(Preparation p, Options.Pool2d pooling) {
        if (p.inputCount() < 2 || !p.hasInput(0) || !p.hasInput(1)) {
            return false;
        }
        Window window = window(p);
        Tensor filterTensor = p.inputTensor(1);
        boolean isUsual = pooling.filterHeight() == 2 && pooling.filterWidth() == 2 && pooling.strideHeight() == 2
                && pooling.strideWidth() == 2 && pooling.activation() == Activation.NONE
                && window.outHeight() >= 2 && window.outWidth() >= 2
                && (pooling.padding() == Padding.VALID || window.outHeight() % 2 == 0 && window.outWidth() % 2 == 0);
        boolean isPadded = window.padTop() > 0
                || window.inY(window.outHeight() - 1, window.filterHeight() - 1) >= window.inHeight();
        if (p.machineCode() != null && isPadded) {
            // Two rows of which one lies at an edge would be code of their own.
            return false;
        }
        boolean isWhole = filterTensor.isConstant() && window.inChannels() == filterTensor.shape().dimension(3)
                && window.dilationWidth() == 1
                && TiledProduct.canPool(p, window.filterHeight(), window.filterWidth() * window.inChannels());
        if (!isUsual || !isWhole) {
            return false;
        }
        ElementType type = p.inputTensor(0).type();
        if (type == ElementType.FLOAT32) {
            return filterTensor.type() == ElementType.FLOAT32 || filterTensor.type() == ElementType.INT8
                    && window.taps() * window.inChannels() <= MOST_STEPS_TO_POOL
                    && filterTensor.shape().dimension(0) % CHANNELS_OF_NO_SPOILT == 0;
        }
        QuantizationParameters in = p.inputTensor(0).quantization();
        QuantizationParameters weights = filterTensor.quantization();
        QuantizationParameters out = p.outputTensor(0).quantization();
        return (type == ElementType.INT8 || type == ElementType.UINT8) && p.outputTensor(0).type() == type
                && window.taps() * window.inChannels() <= MOST_STEPS_TO_POOL && in != null && weights != null
                && out != null && in.scale().size() == 1 && out.scale().size() == 1
                && weights.scale().stream().allMatch(scale -> scale > 0 && in.scale(0) * scale < out.scale(0));
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
        Kernel emitted = groups == 1 ? emitted(p, window, filter) : null;
        if (emitted != null) {
            return emitted;
        }
        float[] weights = filter.values();
        int groupColumns = channels / groups;
        int depth = window.taps() * groupDepth;
        boolean isReal = filter.family() == Filter.Family.REALS;
        boolean isHybrid = filter.family() == Filter.Family.HYBRID;
        int[] segments = isReal
                ? new int[]{0, depth}
                : PackedWeights.exactSegments(weights, channels, depth);
        boolean isAsymmetric = isHybrid && (groups > 1 || hasDifferentScales(filter));
        HybridInput hybrid = isHybrid ? HybridInput.of(p, p.input(0), window.batches(), isAsymmetric) : null;
        MostNegativeWeights spoilt = isHybrid && !isAsymmetric && channels % CHANNELS_OF_NO_SPOILT != 0
                ? MostNegativeWeights.find(weights, channels, depth, IntUnaryOperator.identity(), segments)
                : null;
        RowSource source = RowSource.of(p, 0, hybrid);
        boolean isPooled = p.pooling() != null;
        if (window.isPointwise() && groups == 1 && !isPooled) {
            TiledProduct.Layout layout = TiledProduct.Layout.ofMatrix(window.batches() * window.positions(), depth,
                    channels);
            TiledProduct product = isReal
                    ? TiledProduct.ofReals(p.tier(), weights, 0, channels, filter.bias(), options(p).activation(),
                            layout)
                    : TiledProduct.ofCodes(p.tier(), weights, 0, channels, segments, layout);
            int blockTiles = Math.clamp(BLOCK_FLOATS / (product.rowsOfTile() * Math.max(depth, channels)), 1,
                    product.tiles());
            OutputStage stage = filter.stage(p, options(p).activation(), mode(p, filter, groups),
                    isReal ? new int[0] : Filter.sums(weights, channels), blockTiles * product.rowsOfTile(),
                    segments.length - 1, hybrid, window.positions());
            return pointwise(p, window, product, blockTiles, source, stage, hybrid, spoilt, channels);
        }
        Winograd winograd = segments.length == 2
                ? Winograd.of(p, source, window, weights, channels, isPooled)
                : null;
        if (winograd != null) {
            return winograd(p, window, filter, winograd, isPooled ? 2 : 1);
        }
        boolean isScaled = hybrid != null && p.tier() != KernelTier.REFERENCE && groups == 1 && spoilt == null
                && segments.length == 2 && options(p).activation().isClamp();
        HybridScaling scaling = isScaled
                ? HybridScaling.of(p, Objects.requireNonNull(hybrid), filter.bias(), Filter.sums(weights, channels),
                        filter.channelScales())
                : null;
        // Output rows and positions; where they are pooled, each is of two rows or positions of the window.
        int step = isPooled ? 2 : 1;
        int outHeight = window.outHeight() / step;
        int outWidth = window.outWidth() / step;
        InputLines[] lines = new InputLines[groups];
        TiledProduct[] products = new TiledProduct[groups];
        for (int group = 0; group < groups; group++) {
            InputLines from = new InputLines(source, window, group * groupDepth, groupDepth);
            int lineDepth = TiledProduct.isShort(p.tier(), from.depth()) ? 1 : from.depth();
            TiledProduct.Layout layout = new TiledProduct.Layout(outWidth, step * from.positionStride(), channels,
                    from.offsets(lineDepth), lineDepth,
                    isPooled ? new TileShape.Pool(from.positionStride(), from.outRowStride()) : null);
            lines[group] = from;
            if (scaling != null) {
                products[group] = TiledProduct.ofScaledCodes(p.tier(), weights, channels, options(p).activation(),
                        layout);
            } else {
                products[group] = isReal
                        ? TiledProduct.ofReals(p.tier(), weights, group * groupColumns, groupColumns, filter.bias(),
                                options(p).activation(), layout)
                        : TiledProduct.ofCodes(p.tier(), weights, group * groupColumns, groupColumns, segments,
                                layout);
            }
        }
        int outRowElements = outWidth * channels;
        int blockRows = Math.clamp(
                BLOCK_FLOATS / Math.max(step * lines[0].outRowStride(), isReal ? 1 : outRowElements), 1, outHeight);
        OutputStage stage = scaling != null
                ? new OutputStage.Reals(p.output(0), channels)
                : filter.stage(p, options(p).activation(), mode(p, filter, groups),
                        isReal ? new int[0] : Filter.sums(weights, channels), blockRows * outWidth,
                        segments.length - 1, hybrid, outHeight * outWidth);
        WorkerScratch buffer = WorkerScratch.of(p, ElementType.FLOAT32,
                lines[0].isInput()
                        ? 0
                        : TensorChecks.scratchLength(p, lines[0].count(step * blockRows), lines[0].length()));
        int[] offsets = lines[0].offsets(lines[0].depth());
        Slot input = p.input(0);
        OutputRows.Block block = (memory, batch, outY, rows, worker) -> {
            int row = (batch * outHeight + outY) * outWidth;
            float[] sums = stage.sums(memory);
            int to = stage.sumsOffset(memory, row, worker);
            for (int group = 0; group < groups; group++) {
                InputLines from = lines[group];
                float[] a = memory.floats(from.isInput() ? input : buffer.slot());
                int aOffset = from.isInput()
                        ? memory.offset(input) + from.inputOffset(batch, step * outY)
                        : buffer.offset(memory, worker);
                for (int part = 0; part < source.parts(); part++) {
                    if (!from.isInput()) {
                        from.copy(memory, source, part, batch, step * outY, step * rows, a, aOffset);
                    }
                    int sumsOffset = to + group * groupColumns + part * stage.partStride();
                    if (scaling != null) {
                        products[group].multiply(a, aOffset, memory.floats(scaling.parameters()),
                                scaling.offset(memory, batch), sums, sumsOffset, 0, rows, step * from.outRowStride(),
                                outRowElements);
                    } else {
                        products[group].multiply(a, aOffset, sums, sumsOffset, stage.segmentStride(), rows,
                                step * from.outRowStride(), outRowElements);
                    }
                }
                if (spoilt != null) {
                    for (int i = 0; i < rows; i++) {
                        spoilt.spoil(a, aOffset + i * from.outRowStride(), from.positionStride(), offsets,
                                from.depth(), outWidth, sums, to + i * outRowElements, channels,
                                stage.segmentStride());
                    }
                }
            }
            stage.finish(memory, row, rows * outWidth, worker);
        };
        DivisibleKernel outputRows = OutputRows.of(window.batches(), outHeight, blockRows,
                nanoseconds(window, channels, groupDepth) + (isReal ? 0 : codeNanoseconds(window, channels)), block);
        return hybrid == null ? outputRows : memory -> {
            hybrid.quantize(memory);
            if (scaling != null) {
                scaling.prepare(memory);
            }
            outputRows.invoke(memory);
        };
    }

    /// Machine code for it, or null.
    private static @Nullable Kernel emitted(Preparation p, Window window, Filter filter) {
        MachineCode machineCode = p.machineCode();
        if (machineCode == null || p.inputTensor(0).type() == ElementType.INT16) {
            return null;
        }
        Activation activation = options(p).activation();
        boolean isPooled = p.pooling() != null;
        return filter.family() == Filter.Family.HYBRID
                ? emittedHybrid(p, machineCode, window, filter, activation, isPooled)
                : machineCode.convolution(p,
                        Convolution.of(p, window, filter, activation, mode(p, filter, 1), isPooled));
    }

    /// Padding is left out of sums, which is right where its code is 0; so are sums that floats hold.
    private static @Nullable Kernel emittedHybrid(Preparation p, MachineCode machineCode, Window window, Filter filter,
            Activation activation, boolean isPooled) {
        float[] weights = filter.values();
        int channels = filter.channels();
        int depth = weights.length / channels;
        int[] whole = {0, depth};
        boolean isAsymmetric = hasDifferentScales(filter);
        boolean isSpoilt = !isAsymmetric && channels % CHANNELS_OF_NO_SPOILT != 0 && MostNegativeWeights.find(weights,
                channels, depth, IntUnaryOperator.identity(), whole) != null;
        if (isAsymmetric && !window.isInside() || isSpoilt || !activation.isClamp()
                || !PackedWeights.areExact(weights, channels, depth, whole)) {
            return null;
        }
        HybridInput input = HybridInput.ofBytes(p, p.input(0), window.batches(), isAsymmetric);
        HybridScaling scaling = HybridScaling.of(p, input, filter.bias(), Filter.sums(weights, channels),
                filter.channelScales());
        Kernel products = machineCode.convolution(p,
                Convolution.hybrid(p, window, filter, activation, input.codes(), scaling, isPooled));
        return products == null ? null : memory -> {
            input.quantize(memory);
            scaling.prepare(memory);
            products.invoke(memory);
        };
    }

    /// @param step output positions along each side that are pooled to one
    private static Kernel winograd(Preparation p, Window window, Filter filter, Winograd winograd, int step) {
        int channels = filter.channels();
        int outHeight = window.outHeight() / step;
        int outWidth = window.outWidth() / step;
        int outRows = winograd.outRows();
        OutputStage stage = filter.stage(p, options(p).activation(), mode(p, filter, 1),
                Filter.sums(filter.values(), channels), winograd.blockRows() * outRows * outWidth, 1, null,
                outHeight * outWidth);
        return OutputRows.of(window.batches(), Math.ceilDiv(outHeight, outRows), winograd.blockRows(),
                nanoseconds(window, channels, window.inChannels()) / 2 + codeNanoseconds(window, channels),
                (memory, batch, tileY, rows, worker) -> {
                    int outY = tileY * outRows;
                    int row = (batch * outHeight + outY) * outWidth;
                    winograd.compute(memory, batch, tileY, rows, worker, stage.sums(memory),
                            stage.sumsOffset(memory, row, worker));
                    stage.finish(memory, row, Math.min(rows * outRows, outHeight - outY) * outWidth, worker);
                });
    }

    /// What codes take on top of the products.
    private static long codeNanoseconds(Window window, int channels) {
        return (long) window.batches() * window.outHeight() * (window.filterHeight() * window.inWidth()
                * window.inChannels() + window.outWidth() * channels)
                / CODES_PER_NANOSECOND;
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

    /// A 1×1 filter sees the image as it lies: one product over all positions, in blocks of tiles.
    private static Kernel pointwise(Preparation p, Window window, TiledProduct product, int blockTiles,
            RowSource source, OutputStage stage, @Nullable HybridInput hybrid, @Nullable MostNegativeWeights spoilt,
            int channels) {
        int depth = window.inChannels();
        int tileRows = product.rowsOfTile();
        int allRows = window.batches() * window.positions();
        boolean isReal = source instanceof RowSource.Reals;
        Slot input = p.input(0);
        WorkerScratch buffer = WorkerScratch.of(p, ElementType.FLOAT32,
                isReal ? 0 : TensorChecks.scratchLength(p, blockTiles, tileRows, depth));
        int[] oneLine = {0};
        DivisibleKernel tiles = DivisibleKernel.of(product.tiles(),
                nanoseconds(window, channels, depth) + (isReal ? 0 : codeNanoseconds(window, channels)),
                (memory, first, end, worker) -> {
                    for (int tile = first; tile < end; tile += blockTiles) {
                        int endTile = Math.min(tile + blockTiles, end);
                        int row = tile * tileRows;
                        int rows = Math.min(endTile * tileRows, allRows) - row;
                        float[] sums = stage.sums(memory);
                        int to = stage.sumsOffset(memory, row, worker);
                        float[] a = memory.floats(isReal ? input : buffer.slot());
                        int from = isReal ? memory.offset(input) + row * depth : buffer.offset(memory, worker);
                        for (int part = 0; part < source.parts(); part++) {
                            if (!isReal) {
                                source.widen(memory, part, source.offset(memory) + row * depth, 0, 1, rows * depth, a,
                                        from, 0);
                            }
                            product.multiplyTiles(a, from - row * depth, sums,
                                    to - row * channels + part * stage.partStride(), stage.segmentStride(), tile,
                                    endTile);
                        }
                        if (spoilt != null) {
                            spoilt.spoil(a, from, depth, oneLine, depth, rows, sums, to, channels,
                                    stage.segmentStride());
                        }
                        stage.finish(memory, row, rows, worker);
                    }
                });
        return hybrid == null ? tiles : memory -> {
            hybrid.quantize(memory);
            tiles.invoke(memory);
        };
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
                        for (int filterY = 0; filterY < window.filterHeight(); filterY++) {
                            for (int filterX = 0; filterX < window.filterWidth(); filterX++) {
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
                        for (int filterY = 0; filterY < window.filterHeight(); filterY++) {
                            for (int filterX = 0; filterX < window.filterWidth(); filterX++) {
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

package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/// FULLY_CONNECTED: `output[b, o] = activation(Σ input[b, c] · weights[o, c] + bias[o])`.
///
/// Shapes: weights `[outChannel, inChannel]`; the input, of any rank, is read as `[batch, inChannel]`; the output is
/// `[batch, outChannel]`, or the input's shape with the last dimension replaced (`keepNumDims`). Source: LiteRT
/// `kernels/fully_connected.cc`, `reference/integer_ops/fully_connected.h`. Codes round as [Requantizer.Mode#DOUBLE]; after
/// the optimized kernels as FIXED_POINT_TIES_UP, but for INT16 with an INT64 bias; INT16 weights as WIDE.
///
/// Hybrid input has a scale for each batch row. Weights with a scale for each block of a row make it asymmetric; the sum
/// of each block is scaled by itself ([OutputStage.Blockwise]).
///
/// Threads share the output channels.
final class FullyConnected implements OperatorKernel {
    private static final Set<ElementType> WEIGHT_TYPES = Set.of(ElementType.INT8, ElementType.UINT8, ElementType.INT4,
            ElementType.INT2, ElementType.INT16);

    /// The whole depth is one run.
    private static final int[] ONE_LINE = {0};
    /// Of one thread with vectors, roughly, to tell what is worth dividing: of few rows, where reading the weights is what
    /// takes time, and of many.
    private static final int MULTIPLICATIONS_PER_NANOSECOND = 20;
    private static final int MULTIPLICATIONS_PER_NANOSECOND_OF_CODES = 70;
    private static final int MULTIPLICATIONS_PER_NANOSECOND_OF_MANY_ROWS = 50;
    /// Less is not divided even if somebody else is awake, and so is packed in one.
    private static final int NANOSECONDS_WORTH_DIVIDING = 4_000;
    /// A call of machine code takes as long as a tiny layer, which vectors do in one method.
    private static final int MULTIPLICATIONS_NOT_WORTH_A_CALL = 512;
    /// So many pieces for each thread leave little to wait for at the end.
    private static final int PIECES_PER_THREAD = 8;

    private static Options.FullyConnected options(Preparation p) {
        return (Options.FullyConnected) p.options();
    }

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32, ElementType.INT8, ElementType.UINT8, ElementType.INT16);
    }

    @Override
    public Set<ElementType> weightTypes() {
        return WEIGHT_TYPES;
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 2, 3);
        Tensor weights = p.inputTensor(1);
        TensorChecks.rank(p, "filter", weights, 2);
        int channels = weights.shape().dimension(0);
        int depth = weights.shape().dimension(1);
        Shape input = p.inputTensor(0).shape();
        if (options(p).keepNumDims()) {
            if (input.rank() < 1 || input.dimension(input.rank() - 1) != depth) {
                throw p.malformed("input " + input + " must end in " + depth + ", as the filter " + weights.shape()
                        + " asks");
            }
            return List.of(input.withDimension(input.rank() - 1, channels));
        }
        if (depth == 0 && input.rank() > 0) {
            return List.of(Shape.of(input.withDimension(input.rank() - 1, 1).elementCount(), channels));
        }
        if (depth == 0 || input.elementCount() % depth != 0) {
            throw p.malformed("input " + input + " does not divide into rows of " + depth + ", as the filter "
                    + weights.shape() + " asks");
        }
        return List.of(Shape.of(input.elementCount() / depth, channels));
    }

    @Override
    public Kernel prepare(Preparation p) {
        Activation activation = options(p).activation();
        Tensor weightTensor = p.inputTensor(1);
        if (p.inputTensor(0).type() != ElementType.FLOAT32 || weightTensor.type() == ElementType.FLOAT32) {
            ActivationRange.requireClamp(p, activation);
        }
        int depth = weightTensor.shape().dimension(1);
        Slot input = p.input(0);
        Slot output = p.output(0);
        int rows = depth == 0 ? 0 : input.elementCount() / depth;
        TensorChecks.requireWork(p, rows, weightTensor.shape().elementCount());
        Filter filter = Filter.readToPack(p, Filter.Inputs.USUAL, 0);
        if (depth == 0) {
            return zeros(output);
        }
        int channels = filter.channels();
        Kernel emitted = emitted(p, filter, rows, depth);
        if (emitted != null) {
            return emitted;
        }
        float[] weights = filter.values();
        if (filter.family() == Filter.Family.REALS) {
            p.keepBytes(filter.packedBytes());
            if (p.tier() == KernelTier.VECTOR && rows == 1 && channels > 0 && channels <= DirectReals.MOST_CHANNELS) {
                return DirectReals.of(input, output, depth, channels, weights, filter.bias(), activation);
            }
            TiledProduct.Layout layout = TiledProduct.Layout.ofMatrix(rows, depth, channels);
            Packing packing = isTiled(p, layout, channels)
                    ? (first, columns) -> Product.of(TiledProduct.ofReals(p.tier(), weights, first, columns,
                            filter.bias(), activation, layout))
                    : (first, columns) -> Product.of(PackedWeights.ofReals(Gemm.of(p.tier()), weights, first, columns,
                            depth, filter.bias(), activation), layout);
            return products(pieces(p, layout, channels, packing), layout, channels,
                    (memory, piece) -> piece.product().multiply(memory.floats(input), memory.offset(input),
                            memory.floats(output), memory.offset(output) + piece.firstColumn(), 0));
        }
        boolean isHybrid = filter.family() == Filter.Family.HYBRID;
        // Products of two codes of 16 bits are not exact as floats.
        if (!isHybrid && (p.tier() == KernelTier.REFERENCE || weightTensor.type() == ElementType.INT16)) {
            return codeReference(p, filter, rows, depth);
        }
        boolean isBlockwise = filter.scales().isBlockwise();
        int[] segments = isBlockwise
                ? blocks(p, filter, depth)
                : PackedWeights.exactSegments(weights, channels, depth);
        HybridInput hybrid = isHybrid ? HybridInput.of(p, input, rows, isAsymmetric(p, isBlockwise)) : null;
        MostNegativeWeights spoilt = isHybrid && !isBlockwise
                ? MostNegativeWeights.find(weights, channels, depth, IntUnaryOperator.identity(), segments)
                : null;
        if (p.tier() == KernelTier.VECTOR && !isHybrid && rows == 1 && channels > 0 && segments.length == 2
                && TensorChecks.isEightBit(input.type()) && TensorChecks.isEightBit(output.type())
                && channels <= DirectCodes.MOST_CHANNELS) {
            Kernel direct = DirectCodes.of(p, depth, weights, filter.requantizer(p, activation, mode(p, filter),
                    Filter.sums(weights, channels)));
            if (direct != null) {
                p.keepBytes(filter.packedBytes());
                return direct;
            }
        }
        OutputStage stage = filter.stage(p, activation, mode(p, filter), Filter.sums(weights, channels), rows,
                segments.length - 1, hybrid, 1);
        RowSource source = RowSource.of(p, 0, hybrid);
        RowWeights rowWeights = p.tier() == KernelTier.VECTOR && rows <= RowWeights.MOST_ROWS && source.parts() == 1
                ? RowWeights.of(weights, channels, depth, segments)
                : null;
        if (rowWeights != null) {
            p.keepBytes(rowWeights.length());
            Slot codes = p.scratch(ElementType.INT16,
                    TensorChecks.scratchLength(p, input.elementCount() + RowWeights.SLACK));
            return fewRows(rowWeights, source, hybrid, spoilt, stage, codes, rows, depth, channels);
        }
        p.keepBytes(filter.packedBytes());
        Slot codes = hybrid == null ? p.scratch(ElementType.FLOAT32, input.elementCount()) : hybrid.codes();
        TiledProduct.Layout layout = TiledProduct.Layout.ofMatrix(rows, depth, channels);
        Packing packing = isTiled(p, layout, channels)
                ? (first, columns) -> Product.of(TiledProduct.ofCodes(p.tier(), weights, first, columns, segments,
                        layout))
                : (first, columns) -> Product.of(PackedWeights.ofCodes(Gemm.of(p.tier()), weights, first, columns,
                        depth, segments), layout);
        Piece[] pieces = pieces(p, layout, channels, packing);
        Kernel[] products = new Kernel[source.parts()];
        for (int part = 0; part < products.length; part++) {
            int partOffset = part * stage.partStride();
            products[part] = products(pieces, layout, channels, (memory, piece) -> piece.product().multiply(
                    memory.floats(codes), memory.offset(codes), stage.sums(memory),
                    stage.sumsOffset(memory, 0, 0) + partOffset + piece.firstColumn(), stage.segmentStride()));
        }
        return memory -> {
            if (hybrid != null) {
                hybrid.quantize(memory);
            }
            for (int part = 0; part < products.length; part++) {
                if (hybrid == null) {
                    source.widen(memory, part, source.offset(memory), 0, 1, rows * depth, memory.floats(codes),
                            memory.offset(codes), 0);
                }
                products[part].invoke(memory);
            }
            if (spoilt != null) {
                spoilt.spoil(memory.floats(codes), memory.offset(codes), depth, ONE_LINE, depth, rows,
                        stage.sums(memory), stage.sumsOffset(memory, 0, 0), channels, stage.segmentStride());
            }
            stage.finish(memory, 0, rows, 0);
        };
    }

    /// Machine code for it, or null.
    private static @Nullable Kernel emitted(Preparation p, Filter filter, int rows, int depth) {
        MachineCode machineCode = p.machineCode();
        ElementType type = p.inputTensor(0).type();
        boolean isTiny = p.tier() == KernelTier.VECTOR && rows == 1
                && depth * filter.channels() <= MULTIPLICATIONS_NOT_WORTH_A_CALL;
        if (machineCode == null || isTiny || rows == 0 || filter.channels() == 0
                || filter.family() == Filter.Family.HYBRID
                || type == ElementType.INT16 || p.outputTensor(0).type() != type) {
            return null;
        }
        return machineCode.convolution(p, Convolution.of(p, Window.ofRows(rows, depth), filter,
                options(p).activation(), mode(p, filter), false));
    }

    /// The product of all rows with some of the output channels.
    private interface Product {
        /// The sums of segment `s` go `s · segmentStride` further on.
        void multiply(float[] a, int aOffset, float[] sums, int sumsOffset, int segmentStride);

        static Product of(TiledProduct product) {
            return (a, aOffset, sums, sumsOffset, segmentStride) -> product.multiply(a, aOffset, sums, sumsOffset,
                    segmentStride, 1, 0, 0);
        }

        static Product of(PackedWeights weights, TiledProduct.Layout layout) {
            return (a, aOffset, sums, sumsOffset, segmentStride) -> weights.multiply(a, aOffset, layout.aRowStride(),
                    layout.rows(), sums, sumsOffset, layout.cRowStride(), segmentStride);
        }
    }

    /// Packs some of the output channels.
    private interface Packing {
        Product pack(int firstColumn, int columns);
    }

    private record Piece(int firstColumn, Product product) {
    }

    private interface Multiplication {
        void multiply(Memory memory, Piece piece);
    }

    /// Whether there are tiles: the reference has none, and nothing is not cut into any.
    private static boolean isTiled(Preparation p, TiledProduct.Layout layout, int channels) {
        return p.tier() != KernelTier.REFERENCE && layout.rows() > 0 && channels > 0;
    }

    /// The weights, in pieces of whole panels where threads may share them; all but the last of one size.
    private static Piece[] pieces(Preparation p, TiledProduct.Layout layout, int channels, Packing packing) {
        int size = Math.max(1, channels);
        if (p.threads() > 1 && nanoseconds(layout, channels) >= NANOSECONDS_WORTH_DIVIDING) {
            int panel = Gemm.of(p.tier()).panelColumns();
            size = Math.ceilDiv(Math.ceilDiv(channels, p.threads() * PIECES_PER_THREAD), panel) * panel;
        }
        Piece[] pieces = new Piece[Math.ceilDiv(channels, size)];
        for (int piece = 0; piece < pieces.length; piece++) {
            int first = piece * size;
            pieces[piece] = new Piece(first, packing.pack(first, Math.min(size, channels - first)));
        }
        return pieces;
    }

    private static Kernel products(Piece[] pieces, TiledProduct.Layout layout, int channels, Multiplication each) {
        if (pieces.length == 1) {
            Piece all = pieces[0];
            return memory -> each.multiply(memory, all);
        }
        return DivisibleKernel.of(pieces.length, nanoseconds(layout, channels), (memory, first, end, worker) -> {
            for (int piece = first; piece < end; piece++) {
                each.multiply(memory, pieces[piece]);
            }
        });
    }

    private static long nanoseconds(TiledProduct.Layout layout, int channels) {
        long multiplications = (long) layout.rows() * layout.depth() * channels;
        return multiplications / (layout.rows() <= RowWeights.MOST_ROWS
                ? MULTIPLICATIONS_PER_NANOSECOND
                : MULTIPLICATIONS_PER_NANOSECOND_OF_MANY_ROWS);
    }

    private static Kernel fewRows(RowWeights weights, RowSource source, @Nullable HybridInput hybrid,
            @Nullable MostNegativeWeights spoilt, OutputStage stage, Slot codes, int rows, int depth, int channels) {
        DivisibleKernel.Units panels = (memory, first, end, worker) -> weights.multiply(memory.shorts(codes),
                memory.offset(codes), rows, first, end, stage.sums(memory), stage.sumsOffset(memory, 0, 0),
                stage.segmentStride());
        long nanoseconds = (long) rows * depth * channels / MULTIPLICATIONS_PER_NANOSECOND_OF_CODES;
        Kernel products = nanoseconds < NANOSECONDS_WORTH_DIVIDING
                ? memory -> panels.compute(memory, 0, weights.panels(), 0)
                : DivisibleKernel.of(weights.panels(), nanoseconds, panels);
        return memory -> {
            if (hybrid != null) {
                hybrid.quantize(memory);
            }
            source.toShorts(memory, source.offset(memory), rows * depth, memory.shorts(codes), memory.offset(codes));
            products.invoke(memory);
            if (hybrid != null && spoilt != null) {
                spoilt.spoil(memory.floats(hybrid.codes()), memory.offset(hybrid.codes()), depth, ONE_LINE, depth, rows,
                        stage.sums(memory), stage.sumsOffset(memory, 0, 0), channels, stage.segmentStride());
            }
            stage.finish(memory, 0, rows, 0);
        };
    }

    /// What the reference gives for rows without elements, whatever the bias and the zero point.
    private static Kernel zeros(Slot output) {
        int count = output.elementCount();
        return switch (output.type()) {
            case FLOAT32 -> memory -> Arrays.fill(memory.floats(output), memory.offset(output),
                    memory.offset(output) + count, 0);
            case INT8, UINT8 -> memory -> Arrays.fill(memory.bytes(output), memory.offset(output),
                    memory.offset(output) + count, (byte) 0);
            case INT16 -> memory -> Arrays.fill(memory.shorts(output), memory.offset(output),
                    memory.offset(output) + count, (short) 0);
            default -> throw new AssertionError(output.type());
        };
    }

    /// The kernel for INT4 weights in the optimized set, where it applies, knows symmetric input only.
    private static boolean isAsymmetric(Preparation p, boolean isBlockwise) {
        Tensor weights = p.inputTensor(1);
        int depth = weights.shape().dimension(1);
        boolean isOptimized = p.reference() == ReferenceKernels.OPTIMIZED && weights.type() == ElementType.INT4
                && depth % 2 == 0 && depth >= 32 && weights.shape().dimension(0) >= 4;
        return isBlockwise || options(p).asymmetricQuantizeInputs() && !isOptimized;
    }

    /// The bounds of the blocks that have scales of their own.
    private static int[] blocks(Preparation p, Filter filter, int depth) {
        int blockSize = filter.scales().blockSize();
        int[] bounds = new int[depth / blockSize + 1];
        for (int block = 0; block < bounds.length; block++) {
            bounds[block] = block * blockSize;
        }
        if (!PackedWeights.areExact(filter.values(), filter.channels(), depth, bounds)) {
            throw p.unsupported("filter has a block size of " + blockSize + ", sums of so many products are not exact");
        }
        return bounds;
    }

    private static Requantizer.Mode mode(Preparation p, Filter filter) {
        if (p.inputTensor(1).type() == ElementType.INT16) {
            return Requantizer.Mode.WIDE;
        }
        boolean isWide = p.inputTensor(0).type() == ElementType.INT16 && p.hasInput(2) && !filter.isBiasNarrow();
        return p.reference() == ReferenceKernels.OPTIMIZED && !isWide
                ? Requantizer.Mode.FIXED_POINT_TIES_UP
                : Requantizer.Mode.DOUBLE;
    }

    private Kernel codeReference(Preparation p, Filter filter, int rows, int depth) {
        Slot input = p.input(0);
        Slot output = p.output(0);
        int channels = filter.channels();
        float[] weights = filter.values();
        Requantizer requantizer = filter.requantizer(p, options(p).activation(), mode(p, filter), new int[channels]);
        CodeStorage inputStorage = CodeStorage.of(input.type());
        CodeStorage outputStorage = CodeStorage.of(output.type());
        int zeroPoint = TensorChecks.quantizedPerTensor(p, "input", p.inputTensor(0)).zeroPoint(0);
        return memory -> {
            Object from = memory.array(input);
            Object to = memory.array(output);
            for (int row = 0; row < rows; row++) {
                for (int outChannel = 0; outChannel < channels; outChannel++) {
                    long sum = 0;
                    for (int inChannel = 0; inChannel < depth; inChannel++) {
                        int x = inputStorage.get(from, memory.offset(input) + row * depth + inChannel) - zeroPoint;
                        sum += (long) x * (int) weights[outChannel * depth + inChannel];
                    }
                    outputStorage.set(to, memory.offset(output) + row * channels + outChannel,
                            requantizer.apply(sum, outChannel));
                }
            }
        };
    }
}

package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/// TRANSPOSE_CONV and CONV_3D_TRANSPOSE: each input pixel adds its products with the filter to the output pixels that a
/// convolution would have read for it:
/// `output[b, y · strideY − padTop + j · dilationY, x · strideX − padLeft + i · dilationX, o] += Σ_c input[b, y, x, c] · filter[o, j, i, c]`,
/// then bias and activation. What falls outside the output is dropped.
///
/// Shapes: input 0 holds the output's shape. In two dimensions the filter is `[outChannel, filterY, filterX, inChannel]`
/// and there is no dilation; FLOAT32, INT8, UINT8, and INT16 with an INT8 filter. In three it is
/// `[filterZ, filterY, filterX, outChannel, inChannel]`; FLOAT32 only. Two dimensions are computed as three, of depth 1.
///
/// Float sums take the input pixels in order, for each the sum over its channels from +0. Codes round as
/// [Requantizer.Mode#FIXED_POINT] of 32-bit sums, INT16 without an INT32 bias as WIDE; after the optimized kernels INT8 as
/// FIXED_POINT_TIES_UP_BY_EIGHT, and UINT8 as FIXED_POINT_TIES_UP but for the last elements that fill no vector of 16.
/// Source: LiteRT `kernels/transpose_conv.cc`, `reference/conv3d_transpose.h`, `optimized/optimized_ops.h` (`Quantize`).
///
/// The products of an input row with all taps are one matrix product.
final class TransposeConv implements OperatorKernel {
    private static final Filter.Inputs INPUTS = new Filter.Inputs(2, 1, 3);

    enum Dimensions {
        TWO, THREE
    }

    private final Dimensions dimensions;

    TransposeConv(Dimensions dimensions) {
        this.dimensions = dimensions;
    }

    /// The three axes, and the channels on both sides.
    private record Volume(int batches, Slide z, Slide y, Slide x, int inChannels, int outChannels) {
        int taps() {
            return z.taps() * y.taps() * x.taps();
        }

        /// Rows of the input that have pixels.
        int inRows() {
            return x.positions() == 0 ? 0 : z.positions() * y.positions();
        }

        int outElements() {
            return z.elements() * y.elements() * x.elements() * outChannels;
        }

        /// Where an output pixel starts in its image, or -1 where the tap misses the image.
        int target(int inZ, int inY, int inX, int tap) {
            int outZ = z.element(inZ, tap / (y.taps() * x.taps()));
            int outY = y.element(inY, tap / x.taps() % y.taps());
            int outX = x.element(inX, tap % x.taps());
            return z.isInside(outZ) && y.isInside(outY) && x.isInside(outX)
                    ? ((outZ * y.elements() + outY) * x.elements() + outX) * outChannels
                    : -1;
        }
    }

    @Override
    public Set<ElementType> types() {
        return switch (dimensions) {
            case TWO -> Set.of(ElementType.FLOAT32, ElementType.INT8, ElementType.UINT8, ElementType.INT16);
            case THREE -> Set.of(ElementType.FLOAT32);
        };
    }

    @Override
    public int typedInput() {
        return INPUTS.data();
    }

    @Override
    public Set<ElementType> weightTypes() {
        return dimensions == Dimensions.TWO ? Filter.WEIGHT_TYPES : Set.of();
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 3, 4);
        int rank = dimensions == Dimensions.TWO ? 4 : 5;
        TensorChecks.rank(p, "input", p.inputTensor(2), rank);
        TensorChecks.rank(p, "filter", p.inputTensor(1), rank);
        TensorChecks.sameType(p, "output shape", p.inputTensor(0), ElementType.INT32);
        if (p.inputTensor(0).shape().elementCount() != rank) {
            throw p.malformed("output shape has " + p.inputTensor(0).shape().elementCount() + " elements, must have "
                    + rank);
        }
        int[] asked = p.intValues(0);
        for (int dimension : asked) {
            if (dimension < 0) {
                throw p.malformed("output shape is " + Arrays.toString(asked) + ", must be 0 or more");
            }
        }
        Shape input = p.inputTensor(2).shape();
        Shape filter = p.inputTensor(1).shape();
        int outChannels = filter.dimension(dimensions == Dimensions.TWO ? 0 : 3);
        if (asked[0] != input.dimension(0) || asked[rank - 1] != outChannels) {
            throw p.malformed("output shape is " + Arrays.toString(asked) + ", must have the " + input.dimension(0)
                    + " batches of the input and the " + outChannels + " channels of the filter");
        }
        if (filter.dimension(rank - 1) != input.dimension(rank - 1)) {
            throw p.malformed("filter has " + filter.dimension(rank - 1) + " input channels for an input of "
                    + input.dimension(rank - 1) + ", must have as many");
        }
        if (filter.dimension(rank - 1) < 1 || outChannels < 1) {
            throw p.malformed("filter " + filter + " has no channels, must have at least 1 on both sides");
        }
        return List.of(Shape.of(asked));
    }

    private Volume volume(Preparation p) {
        Shape input = p.inputTensor(2).shape();
        Shape filter = p.inputTensor(1).shape();
        Shape output = p.outputTensor(0).shape();
        return switch (dimensions) {
            case TWO -> {
                Options.TransposeConv options = (Options.TransposeConv) p.options();
                Padding padding = options.padding();
                yield new Volume(input.dimension(0), new Slide(1, 1, 1, 1, 1, 0),
                        Slide.transposed(p, "height", padding, input.dimension(1), output.dimension(1),
                                filter.dimension(1), options.strideHeight(), 1),
                        Slide.transposed(p, "width", padding, input.dimension(2), output.dimension(2),
                                filter.dimension(2), options.strideWidth(), 1),
                        input.dimension(3), filter.dimension(0));
            }
            case THREE -> {
                Options.Conv3d options = (Options.Conv3d) p.options();
                Padding padding = options.padding();
                yield new Volume(input.dimension(0),
                        Slide.transposed(p, "depth", padding, input.dimension(1), output.dimension(1),
                                filter.dimension(0), options.strideDepth(), options.dilationDepth()),
                        Slide.transposed(p, "height", padding, input.dimension(2), output.dimension(2),
                                filter.dimension(1), options.strideHeight(), options.dilationHeight()),
                        Slide.transposed(p, "width", padding, input.dimension(3), output.dimension(3),
                                filter.dimension(2), options.strideWidth(), options.dilationWidth()),
                        input.dimension(4), filter.dimension(3));
            }
        };
    }

    private Activation activation(Preparation p) {
        return switch (dimensions) {
            case TWO -> ((Options.TransposeConv) p.options()).activation();
            case THREE -> ((Options.Conv3d) p.options()).activation();
        };
    }

    @Override
    public Kernel prepare(Preparation p) {
        Volume volume = volume(p);
        ActivationRange.requireClamp(p, activation(p));
        Tensor filterTensor = p.inputTensor(1);
        if (p.inputTensor(2).type() == ElementType.FLOAT32) {
            TensorChecks.sameType(p, "filter", filterTensor, ElementType.FLOAT32);
        }
        TensorChecks.requireWork(p, volume.batches, volume.inRows(), volume.x.positions(),
                filterTensor.shape().elementCount());
        Filter filter = Filter.read(p, INPUTS, dimensions == Dimensions.TWO ? 0 : 3);
        float[] weights = dimensions == Dimensions.TWO ? tapsFirst(filter.values(), volume) : filter.values();
        return filter.family() == Filter.Family.REALS
                ? reals(p, volume, filter, weights)
                : codes(p, volume, filter, weights);
    }

    /// `[outChannel][tap][inChannel]` to `[tap][outChannel][inChannel]`.
    private static float[] tapsFirst(float[] values, Volume volume) {
        float[] ordered = new float[values.length];
        int depth = volume.inChannels;
        for (int tap = 0; tap < volume.taps(); tap++) {
            for (int outChannel = 0; outChannel < volume.outChannels; outChannel++) {
                System.arraycopy(values, (outChannel * volume.taps() + tap) * depth, ordered,
                        (tap * volume.outChannels + outChannel) * depth, depth);
            }
        }
        return ordered;
    }

    private Kernel reals(Preparation p, Volume volume, Filter filter, float[] weights) {
        Slot input = p.input(2);
        Slot output = p.output(0);
        float[] bias = filter.bias();
        float min = activation(p).minimum();
        float max = activation(p).maximum();
        int columns = volume.taps() * volume.outChannels;
        PackedWeights packed = PackedWeights.ofReals(Gemm.of(p.tier()), weights, 0, columns, volume.inChannels, null,
                Activation.NONE);
        Slot products = p.scratch(ElementType.FLOAT32, TensorChecks.scratchLength(p, volume.x.positions(), columns));
        int rowElements = volume.x.positions() * volume.inChannels;
        return memory -> {
            float[] out = memory.floats(output);
            int end = memory.offset(output) + output.elementCount();
            Arrays.fill(out, memory.offset(output), end, 0);
            int from = memory.offset(input);
            for (int batch = 0; batch < volume.batches; batch++) {
                int image = memory.offset(output) + batch * volume.outElements();
                for (int row = 0; row < volume.inRows(); row++) {
                    packed.multiply(memory.floats(input), from, volume.inChannels, volume.x.positions(),
                            memory.floats(products), memory.offset(products), columns, 0);
                    add(memory.floats(products), memory.offset(products), volume, row, out, image);
                    from += rowElements;
                }
            }
            for (int at = memory.offset(output); at < end; at += volume.outChannels) {
                for (int channel = 0; channel < volume.outChannels; channel++) {
                    float sum = out[at + channel];
                    out[at + channel] = Gemm.clamp(bias == null ? sum : sum + bias[channel], min, max);
                }
            }
        };
    }

    private static void add(float[] products, int productsOffset, Volume volume, int row, float[] out, int image) {
        int from = productsOffset;
        for (int inX = 0; inX < volume.x.positions(); inX++) {
            for (int tap = 0; tap < volume.taps(); tap++) {
                int target = volume.target(row / volume.y.positions(), row % volume.y.positions(), inX, tap);
                if (target >= 0) {
                    for (int channel = 0; channel < volume.outChannels; channel++) {
                        out[image + target + channel] += products[from + channel];
                    }
                }
                from += volume.outChannels;
            }
        }
    }

    private Kernel codes(Preparation p, Volume volume, Filter filter, float[] weights) {
        Slot input = p.input(2);
        Slot output = p.output(0);
        int channels = volume.outChannels;
        int columns = volume.taps() * channels;
        int depth = volume.inChannels;
        Finish finish = Finish.of(p, filter, activation(p), output.elementCount());
        CodeStorage storage = CodeStorage.of(output.type());
        Slot sums = p.scratch(ElementType.INT64, volume.outElements());
        int rowElements = volume.x.positions() * depth;
        int zeroPoint = TensorChecks.quantizedPerTensor(p, "input", p.inputTensor(2)).zeroPoint(0);
        RowAdder adder;
        if (p.tier() == KernelTier.REFERENCE) {
            adder = (memory, from, row) -> addReference(storage, memory.array(input), from, zeroPoint, volume, weights,
                    row, memory.longs(sums), memory.offset(sums));
        } else {
            RowSource source = RowSource.of(p, 2, null);
            int[] segments = PackedWeights.exactSegments(weights, columns, depth);
            PackedWeights packed = PackedWeights.ofCodes(Gemm.of(p.tier()), weights, 0, columns, depth, segments);
            int segmentStride = TensorChecks.scratchLength(p, volume.x.positions(), columns);
            Slot products = p.scratch(ElementType.FLOAT32,
                    TensorChecks.scratchLength(p, segmentStride, segments.length - 1));
            Slot buffer = p.scratch(ElementType.FLOAT32, rowElements);
            // What the zero point adds to the product of each tap and channel.
            long[] zeroShares = new long[columns];
            int[] weightSums = Filter.sums(weights, columns);
            for (int column = 0; column < columns; column++) {
                zeroShares[column] = (long) weightSums[column] * Filter.signedZeroPoint(input.type(),
                        TensorChecks.quantizedPerTensor(p, "input", p.inputTensor(2)));
            }
            long[] none = new long[columns];
            adder = (memory, from, row) -> {
                float[] a = memory.floats(buffer);
                for (int part = 0; part < source.parts(); part++) {
                    source.widen(memory, part, from, 0, 1, rowElements, a, memory.offset(buffer), 0);
                    packed.multiply(a, memory.offset(buffer), depth, volume.x.positions(), memory.floats(products),
                            memory.offset(products), columns, segmentStride);
                    addCodes(memory.floats(products), memory.offset(products), segments.length - 1, segmentStride,
                            part == 0 ? zeroShares : none, part == 0 ? 1 : 256, volume, row, memory.longs(sums),
                            memory.offset(sums));
                }
            };
        }
        return memory -> {
            long[] total = memory.longs(sums);
            int first = memory.offset(sums);
            int from = memory.offset(input);
            for (int batch = 0; batch < volume.batches; batch++) {
                Arrays.fill(total, first, first + volume.outElements(), 0);
                for (int row = 0; row < volume.inRows(); row++) {
                    adder.add(memory, from, row);
                    from += rowElements;
                }
                int image = batch * volume.outElements();
                for (int i = 0; i < volume.outElements(); i++) {
                    storage.set(memory.array(output), memory.offset(output) + image + i,
                            finish.apply(total[first + i], i % channels, image + i));
                }
            }
        };
    }

    /// Adds what one input row contributes to the sums of its image.
    @FunctionalInterface
    private interface RowAdder {
        void add(Memory memory, int from, int row);
    }

    /// How sums become codes: the elements from `tail` on may round otherwise.
    private record Finish(Requantizer head, Requantizer rest, int tail) {

        static Finish of(Preparation p, Filter filter, Activation activation, int elements) {
            ElementType type = p.inputTensor(INPUTS.data()).type();
            boolean isOptimized = p.reference() == ReferenceKernels.OPTIMIZED;
            Requantizer.Mode mode = switch (type) {
                case INT16 -> filter.isBiasNarrow() ? Requantizer.Mode.FIXED_POINT : Requantizer.Mode.WIDE;
                case INT8 -> isOptimized
                        ? Requantizer.Mode.FIXED_POINT_TIES_UP_BY_EIGHT
                        : Requantizer.Mode.FIXED_POINT;
                case UINT8 -> isOptimized ? Requantizer.Mode.FIXED_POINT_TIES_UP : Requantizer.Mode.FIXED_POINT;
                default -> throw new AssertionError(type);
            };
            int[] none = new int[filter.channels()];
            Requantizer head = filter.requantizer(p, activation, mode, none);
            return mode == Requantizer.Mode.FIXED_POINT_TIES_UP
                    ? new Finish(head, filter.requantizer(p, activation, Requantizer.Mode.FIXED_POINT, none),
                            elements / 16 * 16)
                    : new Finish(head, head, elements);
        }

        int apply(long sum, int channel, int element) {
            return (element < tail ? head : rest).apply(sum, channel);
        }
    }

    private static void addCodes(float[] products, int productsOffset, int segments, int segmentStride,
            long[] zeroShares, long weight, Volume volume, int row, long[] sums, int sumsOffset) {
        int channels = volume.outChannels;
        int from = productsOffset;
        for (int inX = 0; inX < volume.x.positions(); inX++) {
            for (int tap = 0; tap < volume.taps(); tap++) {
                int target = volume.target(row / volume.y.positions(), row % volume.y.positions(), inX, tap);
                if (target >= 0) {
                    for (int channel = 0; channel < channels; channel++) {
                        long product = 0;
                        for (int segment = 0; segment < segments; segment++) {
                            product += (int) products[from + channel + segment * segmentStride];
                        }
                        sums[sumsOffset + target + channel] += weight * product - zeroShares[tap * channels + channel];
                    }
                }
                from += channels;
            }
        }
    }

    private static void addReference(CodeStorage storage, Object input, int rowOffset, int zeroPoint, Volume volume,
            float[] weights, int row, long[] sums, int sumsOffset) {
        int depth = volume.inChannels;
        for (int inX = 0; inX < volume.x.positions(); inX++) {
            for (int tap = 0; tap < volume.taps(); tap++) {
                int target = volume.target(row / volume.y.positions(), row % volume.y.positions(), inX, tap);
                if (target < 0) {
                    continue;
                }
                for (int outChannel = 0; outChannel < volume.outChannels; outChannel++) {
                    for (int inChannel = 0; inChannel < depth; inChannel++) {
                        int x = storage.get(input, rowOffset + inX * depth + inChannel) - zeroPoint;
                        sums[sumsOffset + target + outChannel] += (long) x
                                * (int) weights[(tap * volume.outChannels + outChannel) * depth + inChannel];
                    }
                }
            }
        }
    }
}

package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.List;
import java.util.Set;

/// CONV_2D: `output[b, y, x, o] = activation(Σ input[b, y·strideY − padTop + j·dilationY, x·strideX − padLeft + i·dilationX, c]
/// · filter[o, j, i, c] + bias[o])`, the sum over filterX `i`, filterY `j`, inChannel `c` in this order.
///
/// Shapes: input `[batch, height, width, inChannel]`, filter `[outChannel, filterY, filterX, inChannel / groups]`, bias
/// `[outChannel]`. Padding counts as real 0. Source: LiteRT `reference/conv.h`, `reference/integer_ops/conv.h`, and
/// `kernels/conv.cc` for how hybrid input is quantized. Codes round as [Requantizer.Mode#FIXED_POINT].
///
/// The vector version is an implicit matrix product: each output row is one product of overlapping pieces of
/// [InputRows] with the packed filter.
final class Conv2d implements OperatorKernel {

    private static Options.Conv2d options(Preparation p) {
        return (Options.Conv2d) p.options();
    }

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32, ElementType.INT8, ElementType.UINT8);
    }

    @Override
    public Set<ElementType> weightTypes() {
        return Set.of(ElementType.INT8, ElementType.UINT8);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 2, 3);
        return List.of(window(p).outputShape(p.inputTensor(1).shape().dimension(0)));
    }

    private Window window(Preparation p) {
        Tensor filter = p.inputTensor(1);
        TensorChecks.rank(p, "filter", filter, 4);
        return Window.of(p, filter.shape().dimension(1), filter.shape().dimension(2), options(p).strideHeight(),
                options(p).strideWidth(), options(p).dilationHeight(), options(p).dilationWidth(),
                options(p).padding());
    }

    @Override
    public Kernel prepare(Preparation p) {
        Window window = window(p);
        Shape filterShape = p.inputTensor(1).shape();
        int channels = filterShape.dimension(0);
        int groupDepth = filterShape.dimension(3);
        if (groupDepth < 1 || window.inChannels() % groupDepth != 0) {
            throw p.malformed("filter has " + groupDepth + " input channels for an input of " + window.inChannels()
                    + ", must divide it");
        }
        int groups = window.inChannels() / groupDepth;
        if (channels < 1 || channels % groups != 0) {
            throw p.malformed("filter has " + channels + " output channels, must be a multiple of the " + groups
                    + " groups");
        }
        Filter filter = Filter.read(p, 0);
        if (p.tier() == KernelTier.REFERENCE && filter.family() != Filter.Family.HYBRID) {
            return reference(p, window, filter, groups);
        }
        float[] weights = filterXFirst(filter.values(), filterShape);
        int groupColumns = channels / groups;
        int depth = window.taps() * groupDepth;
        boolean reals = filter.family() == Filter.Family.REALS;
        int[] segments = reals ? new int[]{0, depth} : PackedWeights.exactSegments(weights, channels, depth);
        PackedWeights[] packed = new PackedWeights[groups];
        InputRows[] rows = new InputRows[groups];
        for (int group = 0; group < groups; group++) {
            Gemm gemm = Gemm.of(p.tier());
            packed[group] = reals
                    ? PackedWeights.ofReals(gemm, weights, group * groupColumns, groupColumns, depth, filter.bias(),
                            options(p).activation())
                    : PackedWeights.ofCodes(gemm, weights, group * groupColumns, groupColumns, depth, segments);
            rows[group] = new InputRows(window, group * groupDepth, groupDepth);
        }
        HybridInput hybrid = filter.family() == Filter.Family.HYBRID
                ? HybridInput.of(p, window.batches(), filter.scales().isPerChannel())
                : null;
        OutputStage stage = filter.stage(p, options(p).activation(), Requantizer.Mode.FIXED_POINT,
                Filter.sums(weights, channels), window.outWidth(), segments.length - 1, hybrid, window.positions());
        if (reals && window.isPointwise() && groups == 1) {
            return pointwise(p.input(0), window, packed[0], stage);
        }
        Slot buffer = p.scratch(ElementType.FLOAT32, rows[0].length());
        RowSource source = RowSource.of(p, hybrid);
        return memory -> {
            if (hybrid != null) {
                hybrid.quantize(memory);
            }
            for (int batch = 0; batch < window.batches(); batch++) {
                for (int outY = 0; outY < window.outHeight(); outY++) {
                    int row = (batch * window.outHeight() + outY) * window.outWidth();
                    for (int group = 0; group < rows.length; group++) {
                        source.copy(memory, rows[group], window, batch, outY, buffer);
                        int firstColumn = group * packed[group].columns();
                        packed[group].multiply(memory.floats(buffer), memory.offset(buffer),
                                rows[group].positionStride(),
                                window.outWidth(), stage.sums(memory), stage.sumsOffset(memory, row) + firstColumn,
                                channels,
                                stage.segmentStride());
                    }
                    stage.finish(memory, row, window.outWidth());
                }
            }
        };
    }

    /// A 1×1 filter reads the image as it lies: one product over all positions.
    private static Kernel pointwise(Slot input, Window window, PackedWeights packed, OutputStage stage) {
        int rows = window.batches() * window.positions();
        return memory -> packed.multiply(memory.floats(input), memory.offset(input), window.inChannels(), rows,
                stage.sums(memory), stage.sumsOffset(memory, 0), packed.columns(), stage.segmentStride());
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
        ActivationRange.requireClamp(p, activation);
        Slot input = p.input(0);
        Slot output = p.output(0);
        if (filter.family() == Filter.Family.REALS) {
            return memory -> realReference(memory.floats(input), memory.offset(input), window, groups, filter,
                    activation, memory.floats(output), memory.offset(output));
        }
        Requantizer requantizer = filter.requantizer(p, activation, Requantizer.Mode.FIXED_POINT,
                new int[filter.channels()]);
        int flip = Filter.flip(input.type());
        int zeroPoint = Filter.signedZeroPoint(input.type(),
                TensorChecks.quantizedPerTensor(p, "input", p.inputTensor(0)));
        return memory -> codeReference(memory.bytes(input), memory.offset(input), flip, zeroPoint, window, groups,
                filter, requantizer, memory.bytes(output), memory.offset(output));
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

    private static void codeReference(byte[] input, int inputOffset, int flip, int zeroPoint, Window window, int groups,
            Filter filter, Requantizer requantizer, byte[] output, int outputOffset) {
        int depth = window.inChannels() / groups;
        int groupColumns = filter.channels() / groups;
        int to = outputOffset;
        for (int batch = 0; batch < window.batches(); batch++) {
            for (int outY = 0; outY < window.outHeight(); outY++) {
                for (int outX = 0; outX < window.outWidth(); outX++) {
                    for (int outChannel = 0; outChannel < filter.channels(); outChannel++) {
                        int sum = 0;
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
                                    int x = (byte) (input[from + inChannel] ^ flip) - zeroPoint;
                                    sum += x * (int) filter.values()[tap + inChannel];
                                }
                            }
                        }
                        output[to++] = (byte) requantizer.apply(sum, outChannel);
                    }
                }
            }
        }
    }
}

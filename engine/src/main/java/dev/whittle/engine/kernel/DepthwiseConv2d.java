package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/// DEPTHWISE_CONV_2D: `output[b, y, x, c·m + k] = activation(Σ input[b, inY, inX, c] · filter[0, j, i, c·m + k] + bias[c·m + k])`
/// with `m` filters for each input channel, the sum over filterX `i`, filterY `j` in this order, and the window as in
/// [Conv2d].
///
/// Shapes: input `[batch, height, width, inChannel]`, filter `[1, filterY, filterX, inChannel · m]`. Padding counts as
/// real 0. Source: LiteRT `reference/depthwiseconv_float.h`, `reference/integer_ops/depthwise_conv.h`. Codes round as
/// [Requantizer.Mode#FIXED_POINT], INT8 after the optimized kernels as FIXED_POINT_TIES_UP_BY_EIGHT, INT16 as WIDE; hybrid input
/// is asymmetric, one scale per batch image.
///
/// Each output row is computed from a padded copy of its input rows, each input channel repeated `m` times, so that one
/// loop over channels serves every type, border and multiplier.
final class DepthwiseConv2d implements OperatorKernel {
    /// With so few taps sums of codes, at most 128 · 255 each, are exact as floats.
    private static final int EXACT_TAPS = (1 << 24) / (128 * 255);

    /// Floats past the end of an array that the widest vector may touch.
    private static final int SLACK = 16;

    /// Of one thread with vectors, roughly, to tell what is worth dividing.
    private static final int MULTIPLICATIONS_PER_NANOSECOND = 10;

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
        HybridInput hybrid = filter.family() == Filter.Family.HYBRID
                ? HybridInput.of(p, p.input(0), window.batches(), true)
                : null;
        float[] weights = filterXFirst(filter.values(), window, channels);
        int segmentTaps = isReal ? window.taps() : EXACT_TAPS;
        int segments = Math.ceilDiv(window.taps(), segmentTaps);
        OutputStage stage = filter.stage(p, activation, mode(p), isReal ? new int[0] : tapSums(weights, channels),
                window.outWidth(), segments, hybrid, window.positions());
        InputRows rows = new InputRows(p, window, 0, window.inChannels());
        RowSource source = RowSource.of(p, 0, hybrid);
        int multiplier = channels / window.inChannels();
        WorkerScratch buffer = slackScratch(p, rows.length(), 1);
        WorkerScratch repeated = multiplier == 1 ? buffer : slackScratch(p, rows.length(), multiplier);
        WorkerScratch work = slackScratch(p, window.outWidth(), channels);
        boolean vector = p.tier() == KernelTier.VECTOR;
        int positionStride = rows.positionStride() * multiplier;
        long nanoseconds = (long) window.batches() * window.positions() * window.taps() * channels
                / MULTIPLICATIONS_PER_NANOSECOND;
        DivisibleKernel outputRows = DivisibleKernel.of(window.batches() * window.outHeight(), nanoseconds,
                (memory, firstUnit, end, worker) -> {
                    float[] input = memory.floats(repeated.slot());
                    int inputOffset = repeated.offset(memory, worker);
                    float[] sums = memory.floats(work.slot());
                    int sumsOffset = work.offset(memory, worker);
                    float[] staged = stage.sums(memory);
                    for (int unit = firstUnit; unit < end; unit++) {
                        int row = unit * window.outWidth();
                        int stagedOffset = stage.sumsOffset(memory, row, worker);
                        for (int part = 0; part < source.parts(); part++) {
                            float[] copied = memory.floats(buffer.slot());
                            int copiedOffset = buffer.offset(memory, worker);
                            rows.copy(memory, source, part, unit / window.outHeight(), unit % window.outHeight(),
                                    copied, copiedOffset);
                            if (multiplier > 1) {
                                repeat(copied, copiedOffset, rows.length(), multiplier, input, inputOffset);
                            }
                            for (int segment = 0; segment < segments; segment++) {
                                int first = segment * segmentTaps * channels;
                                int taps = Math.min(segmentTaps, window.taps() - segment * segmentTaps);
                                if (vector) {
                                    Simd.row(input, inputOffset + first, positionStride, taps, weights, first,
                                            channels, window.outWidth(), sums, sumsOffset);
                                } else {
                                    row(input, inputOffset + first, positionStride, taps, weights, first, channels,
                                            window.outWidth(), sums, sumsOffset);
                                }
                                System.arraycopy(sums, sumsOffset, staged,
                                        stagedOffset + part * stage.partStride() + segment * stage.segmentStride(),
                                        window.outWidth() * channels);
                            }
                        }
                        if (isReal && vector) {
                            SimdGemm.finish(filter.bias(), activation.minimum(), activation.maximum(),
                                    window.outWidth(), channels, staged, stagedOffset, channels);
                        } else if (isReal) {
                            finish(filter.bias(), activation, window.outWidth(), channels, staged, stagedOffset);
                        }
                        stage.finish(memory, row, window.outWidth(), worker);
                    }
                });
        return hybrid == null ? outputRows : memory -> {
            hybrid.quantize(memory);
            outputRows.invoke(memory);
        };
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

    private static WorkerScratch slackScratch(Preparation p, int length, int times) {
        return WorkerScratch.of(p, ElementType.FLOAT32, TensorChecks.scratchLength(p, length, times) + SLACK);
    }

    /// `[filterY][filterX][channel]` to `[filterX][filterY][channel]`, the order of the reduction, and [#SLACK].
    private static float[] filterXFirst(float[] values, Window window, int channels) {
        float[] ordered = new float[values.length + SLACK];
        for (int filterY = 0; filterY < window.filterHeight(); filterY++) {
            for (int filterX = 0; filterX < window.filterWidth(); filterX++) {
                System.arraycopy(values, (filterY * window.filterWidth() + filterX) * channels, ordered,
                        (filterX * window.filterHeight() + filterY) * channels, channels);
            }
        }
        return ordered;
    }

    private static int[] tapSums(float[] weights, int channels) {
        int[] sums = new int[channels];
        for (int i = 0; i < weights.length - SLACK; i++) {
            sums[i % channels] += (int) weights[i];
        }
        return sums;
    }

    private static void repeat(float[] from, int fromOffset, int length, int times, float[] to, int toOffset) {
        int at = toOffset;
        for (int i = 0; i < length; i++) {
            for (int k = 0; k < times; k++) {
                to[at++] = from[fromOffset + i];
            }
        }
    }

    private static void row(float[] input, int inputOffset, int positionStride, int taps, float[] weights,
            int weightsOffset, int channels, int positions, float[] sums, int sumsOffset) {
        for (int outX = 0; outX < positions; outX++) {
            for (int channel = 0; channel < channels; channel++) {
                float sum = 0;
                for (int tap = 0; tap < taps; tap++) {
                    sum = Math.fma(input[inputOffset + outX * positionStride + tap * channels + channel],
                            weights[weightsOffset + tap * channels + channel], sum);
                }
                sums[sumsOffset + outX * channels + channel] = sum;
            }
        }
    }

    private static void finish(float @Nullable [] bias, Activation activation, int rows, int channels, float[] sums,
            int sumsOffset) {
        for (int row = 0; row < rows; row++) {
            for (int channel = 0; channel < channels; channel++) {
                int at = sumsOffset + row * channels + channel;
                sums[at] = Gemm.clamp(bias == null ? sums[at] : sums[at] + bias[channel], activation.minimum(),
                        activation.maximum());
            }
        }
    }

    /// Four positions by one vector of channels, so that the four chains of sums hide the latency of the addition and
    /// each weight is loaded once for them.
    ///
    /// No masks: with them the first compiler gives up on the method, and the second is never asked. A vector that
    /// reaches past the last channel reads what lies there and writes into the first channels of the next position; so
    /// the last channels go first, positions in order, and whatever they spoil is written after. The arrays have
    /// [#SLACK] for the last position.
    private static final class Simd {
        private static final VectorSpecies<Float> SPECIES = Lanes.FLOAT;
        private static final int LANES = SPECIES.length();

        static void row(float[] input, int inputOffset, int positionStride, int taps, float[] weights,
                int weightsOffset, int channels, int positions, float[] sums, int sumsOffset) {
            for (int channel = (channels - 1) / LANES * LANES; channel >= 0; channel -= LANES) {
                int outX = 0;
                for (; outX + 4 <= positions; outX += 4) {
                    int x0 = inputOffset + outX * positionStride + channel;
                    int x1 = x0 + positionStride;
                    int x2 = x1 + positionStride;
                    int x3 = x2 + positionStride;
                    FloatVector sum0 = FloatVector.zero(SPECIES);
                    FloatVector sum1 = FloatVector.zero(SPECIES);
                    FloatVector sum2 = FloatVector.zero(SPECIES);
                    FloatVector sum3 = FloatVector.zero(SPECIES);
                    int tap = 0;
                    for (int i = 0; i < taps; i++) {
                        FloatVector weight = FloatVector.fromArray(SPECIES, weights, weightsOffset + tap + channel);
                        sum0 = FloatVector.fromArray(SPECIES, input, x0 + tap).fma(weight, sum0);
                        sum1 = FloatVector.fromArray(SPECIES, input, x1 + tap).fma(weight, sum1);
                        sum2 = FloatVector.fromArray(SPECIES, input, x2 + tap).fma(weight, sum2);
                        sum3 = FloatVector.fromArray(SPECIES, input, x3 + tap).fma(weight, sum3);
                        tap += channels;
                    }
                    int to = sumsOffset + outX * channels + channel;
                    sum0.intoArray(sums, to);
                    sum1.intoArray(sums, to + channels);
                    sum2.intoArray(sums, to + 2 * channels);
                    sum3.intoArray(sums, to + 3 * channels);
                }
                for (; outX < positions; outX++) {
                    int x = inputOffset + outX * positionStride + channel;
                    FloatVector sum = FloatVector.zero(SPECIES);
                    int tap = 0;
                    for (int i = 0; i < taps; i++) {
                        sum = FloatVector.fromArray(SPECIES, input, x + tap)
                                .fma(FloatVector.fromArray(SPECIES, weights, weightsOffset + tap + channel), sum);
                        tap += channels;
                    }
                    sum.intoArray(sums, sumsOffset + outX * channels + channel);
                }
            }
        }
    }
}

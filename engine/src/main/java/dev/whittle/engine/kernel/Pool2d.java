package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// AVERAGE_POOL_2D, MAX_POOL_2D and L2_POOL_2D: the mean, the largest element or the root of the mean square of each
/// window, `[batch, height, width, channel]` to `[batch, outHeight, outWidth, channel]`. Padding takes no part: neither
/// its value nor its count. L2_POOL_2D is for FLOAT32 only.
///
/// Codes are pooled raw, so the output has the input's scale and zero point; the mean of codes is rounded half away from
/// zero *of the raw code*. A float mean adds in the order filterY, filterX and divides by the count. The largest float
/// starts from the most negative finite one and passes over NaN. Source: LiteRT `reference/pooling.h` and
/// `reference/integer_ops/pooling.h`.
final class Pool2d implements OperatorKernel {
    enum Kind {
        AVERAGE, MAX, L2
    }

    private final Kind kind;

    Pool2d(Kind kind) {
        this.kind = kind;
    }

    private Options.Pool2d options(Preparation p) {
        return switch (kind) {
            case AVERAGE -> ((Options.AveragePool2d) p.options()).pool();
            case MAX -> ((Options.MaxPool2d) p.options()).pool();
            case L2 -> ((Options.L2Pool2d) p.options()).pool();
        };
    }

    @Override
    public Set<ElementType> types() {
        return switch (kind) {
            case AVERAGE, MAX -> Set.of(ElementType.FLOAT32, ElementType.INT8, ElementType.UINT8, ElementType.INT16);
            case L2 -> Set.of(ElementType.FLOAT32);
        };
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 1, 1);
        Window window = window(p);
        return List.of(window.outputShape(window.inChannels()));
    }

    private Window window(Preparation p) {
        return Window.of(p, options(p).filterHeight(), options(p).filterWidth(), options(p).strideHeight(),
                options(p).strideWidth(), 1, 1, options(p).padding());
    }

    @Override
    public Kernel prepare(Preparation p) {
        Window window = window(p);
        TensorChecks.sameType(p, "output", p.outputTensor(0), p.inputTensor(0).type());
        ActivationRange.requireClamp(p, options(p).activation());
        TensorChecks.requireWork(p, window.batches(), window.positions(),
                Math.min(window.filterHeight(), window.inHeight()), Math.min(window.filterWidth(), window.inWidth()),
                window.inChannels());
        Slot input = p.input(0);
        Slot output = p.output(0);
        if (p.outputTensor(0).shape().elementCount() == 0) {
            return Kernel.NOTHING;
        }
        WindowReduction reduction = reduction(p, window, input, output);
        int channels = window.inChannels();
        return memory -> {
            int to = memory.offset(output);
            for (int batch = 0; batch < window.batches(); batch++) {
                for (int outY = 0; outY < window.outHeight(); outY++) {
                    int firstY = Math.max(0, window.inY(outY, 0));
                    int endY = Math.min(window.inHeight(), window.inY(outY, window.filterHeight()));
                    for (int outX = 0; outX < window.outWidth(); outX++) {
                        int firstX = Math.max(0, window.inX(outX, 0));
                        int endX = Math.min(window.inWidth(), window.inX(outX, window.filterWidth()));
                        int from = memory.offset(input)
                                + ((batch * window.inHeight() + firstY) * window.inWidth() + firstX) * channels;
                        reduction.reduce(memory, from, endY - firstY, endX - firstX, to);
                        to += channels;
                    }
                }
            }
        };
    }

    private WindowReduction reduction(Preparation p, Window window, Slot input, Slot output) {
        int channels = window.inChannels();
        int rowStride = window.inWidth() * channels;
        boolean vector = p.tier() == KernelTier.VECTOR;
        if (input.type() == ElementType.FLOAT32) {
            float min = options(p).activation().minimum();
            float max = options(p).activation().maximum();
            return switch (kind) {
                case AVERAGE -> (memory, from, rows, columns, to) -> {
                    int first = vector
                            ? Simd.average(memory.floats(input), from, rows, columns, channels, rowStride, min, max,
                                    memory.floats(output), to)
                            : 0;
                    average(memory.floats(input), from, rows, columns, first, channels, rowStride, min, max,
                            memory.floats(output), to);
                };
                case MAX -> (memory, from, rows, columns, to) -> {
                    int first = vector
                            ? Simd.largest(memory.floats(input), from, rows, columns, channels, rowStride, min, max,
                                    memory.floats(output), to)
                            : 0;
                    largest(memory.floats(input), from, rows, columns, first, channels, rowStride, min, max,
                            memory.floats(output), to);
                };
                case L2 ->
                        (memory, from, rows, columns, to) -> rootMeanSquare(memory.floats(input), from, rows, columns,
                                channels, rowStride, min, max, memory.floats(output), to);
            };
        }
        ActivationRange range = ActivationRange.of(options(p).activation(), input.type(),
                TensorChecks.quantizedPerTensor(p, "output", p.outputTensor(0)));
        CodeStorage storage = CodeStorage.of(input.type());
        return switch (kind) {
            case AVERAGE -> (memory, from, rows, columns, to) -> average(storage, memory.array(input), from, rows,
                    columns, channels, rowStride, range, memory.array(output), to);
            case MAX -> {
                int flip = Filter.flip(input.type());
                byte low = (byte) (range.min() ^ flip);
                byte high = (byte) (range.max() ^ flip);
                boolean isVector = vector && TensorChecks.isEightBit(input.type());
                yield (memory, from, rows, columns, to) -> {
                    int first = isVector
                            ? Simd.largest(memory.bytes(input), from, (byte) flip, rows, columns, channels, rowStride,
                                    low, high, memory.bytes(output), to)
                            : 0;
                    largest(storage, memory.array(input), from, rows, columns, first, channels, rowStride, range,
                            memory.array(output), to);
                };
            }
            case L2 -> throw new AssertionError(input.type());
        };
    }

    /// Reduces one window, all channels, to one output position.
    @FunctionalInterface
    private interface WindowReduction {
        void reduce(Memory memory, int from, int rows, int columns, int to);
    }

    private static void average(float[] input, int from, int rows, int columns, int firstChannel, int channels,
            int rowStride, float min, float max, float[] output, int to) {
        for (int channel = firstChannel; channel < channels; channel++) {
            float sum = 0;
            for (int y = 0; y < rows; y++) {
                for (int x = 0; x < columns; x++) {
                    sum += input[from + y * rowStride + x * channels + channel];
                }
            }
            output[to + channel] = Gemm.clamp(sum / (rows * columns), min, max);
        }
    }

    private static void largest(float[] input, int from, int rows, int columns, int firstChannel, int channels,
            int rowStride, float min, float max, float[] output, int to) {
        for (int channel = firstChannel; channel < channels; channel++) {
            float largest = -Float.MAX_VALUE;
            for (int y = 0; y < rows; y++) {
                for (int x = 0; x < columns; x++) {
                    float value = input[from + y * rowStride + x * channels + channel];
                    largest = value > largest ? value : largest;
                }
            }
            output[to + channel] = Gemm.clamp(largest, min, max);
        }
    }

    private static void rootMeanSquare(float[] input, int from, int rows, int columns, int channels, int rowStride,
            float min, float max, float[] output, int to) {
        for (int channel = 0; channel < channels; channel++) {
            float sum = 0;
            for (int y = 0; y < rows; y++) {
                for (int x = 0; x < columns; x++) {
                    float value = input[from + y * rowStride + x * channels + channel];
                    sum += value * value;
                }
            }
            output[to + channel] = Gemm.clamp((float) Math.sqrt(sum / (rows * columns)), min, max);
        }
    }

    private static void average(CodeStorage storage, Object input, int from, int rows, int columns, int channels,
            int rowStride, ActivationRange range, Object output, int to) {
        int count = rows * columns;
        for (int channel = 0; channel < channels; channel++) {
            int sum = 0;
            for (int y = 0; y < rows; y++) {
                for (int x = 0; x < columns; x++) {
                    sum += storage.get(input, from + y * rowStride + x * channels + channel);
                }
            }
            int mean = (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
            storage.set(output, to + channel, range.clamp(mean));
        }
    }

    private static void largest(CodeStorage storage, Object input, int from, int rows, int columns, int firstChannel,
            int channels, int rowStride, ActivationRange range, Object output, int to) {
        for (int channel = firstChannel; channel < channels; channel++) {
            int largest = range.min();
            for (int y = 0; y < rows; y++) {
                for (int x = 0; x < columns; x++) {
                    largest = Math.max(largest,
                            storage.get(input, from + y * rowStride + x * channels + channel));
                }
            }
            storage.set(output, to + channel, Math.min(largest, range.max()));
        }
    }

    /// Lanes along the channels. Each method returns how many channels it did.
    private static final class Simd {
        private static final VectorSpecies<Float> FLOATS = Lanes.FLOAT;
        /// Narrow at every width, so that few channels do not fall to the scalar loop.
        private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_128;

        static int average(float[] input, int from, int rows, int columns, int channels, int rowStride, float min,
                float max, float[] output, int to) {
            for (int channel = 0; channel < channels; channel += FLOATS.length()) {
                VectorMask<Float> valid = FLOATS.indexInRange(channel, channels);
                FloatVector sum = FloatVector.zero(FLOATS);
                for (int y = 0; y < rows; y++) {
                    for (int x = 0; x < columns; x++) {
                        sum = sum.add(FloatVector.fromArray(FLOATS, input,
                                from + y * rowStride + x * channels + channel, valid));
                    }
                }
                Lanes.clamp(sum.div((float) (rows * columns)), min, max).intoArray(output, to + channel, valid);
            }
            return channels;
        }

        static int largest(float[] input, int from, int rows, int columns, int channels, int rowStride, float min,
                float max, float[] output, int to) {
            for (int channel = 0; channel < channels; channel += FLOATS.length()) {
                VectorMask<Float> valid = FLOATS.indexInRange(channel, channels);
                FloatVector largest = FloatVector.broadcast(FLOATS, -Float.MAX_VALUE);
                for (int y = 0; y < rows; y++) {
                    for (int x = 0; x < columns; x++) {
                        FloatVector value = FloatVector.fromArray(FLOATS, input,
                                from + y * rowStride + x * channels + channel, valid);
                        largest = largest.blend(value, largest.lt(value));
                    }
                }
                Lanes.clamp(largest, min, max).intoArray(output, to + channel, valid);
            }
            return channels;
        }

        static int largest(byte[] input, int from, byte flip, int rows, int columns, int channels, int rowStride,
                byte min, byte max, byte[] output, int to) {
            int channel = 0;
            for (; channel + BYTES.length() <= channels; channel += BYTES.length()) {
                ByteVector largest = ByteVector.broadcast(BYTES, min);
                for (int y = 0; y < rows; y++) {
                    for (int x = 0; x < columns; x++) {
                        largest = largest.max(ByteVector
                                .fromArray(BYTES, input, from + y * rowStride + x * channels + channel)
                                .lanewise(VectorOperators.XOR, flip));
                    }
                }
                largest.min(max).lanewise(VectorOperators.XOR, flip).intoArray(output, to + channel);
            }
            return channel;
        }
    }
}

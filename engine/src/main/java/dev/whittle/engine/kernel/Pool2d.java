package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
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

    /// Elements of a window up to which a float holds the sum of codes and divides it as integers do.
    private static final int MOST_TAPS = 1 << 14;

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
        Windows windows = windows(p, window, input, output);
        int channels = window.inChannels();
        int outHeight = window.outHeight();
        // Positions whose window lies between the left and the right edge; the rest is done one by one.
        int firstWhole = Math.ceilDiv(window.padLeft(), window.strideWidth());
        int endWhole = Math.floorDiv(window.inWidth() - window.filterWidth() + window.padLeft(), window.strideWidth())
                + 1;
        long work = (long) window.batches() * window.positions() * window.taps() * channels;
        return DivisibleKernel.of(window.batches() * outHeight, (long) (work * nanoseconds(p)),
                (memory, first, end, worker) -> {
                    for (int row = first; row < end; row++) {
                        int outY = row % outHeight;
                        int firstY = Math.max(0, window.inY(outY, 0));
                        int endY = Math.min(window.inHeight(), window.inY(outY, window.filterHeight()));
                        int inRow = row / outHeight * window.inHeight() + firstY;
                        int positions;
                        for (int outX = 0; outX < window.outWidth(); outX += positions) {
                            int firstX = Math.max(0, window.inX(outX, 0));
                            int endX = Math.min(window.inWidth(), window.inX(outX, window.filterWidth()));
                            positions = outX >= firstWhole && outX < endWhole
                                    ? Math.min(endWhole, window.outWidth()) - outX
                                    : 1;
                            windows.reduce(memory,
                                    memory.offset(input) + (inRow * window.inWidth() + firstX) * channels,
                                    endY - firstY, endX - firstX, positions,
                                    memory.offset(output) + (row * window.outWidth() + outX) * channels);
                        }
                    }
                });
    }

    /// What one element of one window takes, roughly.
    private double nanoseconds(Preparation p) {
        ElementType type = p.inputTensor(0).type();
        if (p.tier() != KernelTier.VECTOR || kind == Kind.L2 || type == ElementType.INT16) {
            return 1;
        }
        return type == ElementType.FLOAT32 || kind == Kind.AVERAGE ? 0.06 : 0.03;
    }

    private Windows windows(Preparation p, Window window, Slot input, Slot output) {
        boolean isVector = p.tier() == KernelTier.VECTOR;
        int channels = window.inChannels();
        int rowStride = window.inWidth() * channels;
        int step = window.strideWidth() * channels;
        if (input.type() == ElementType.FLOAT32) {
            float min = options(p).activation().minimum();
            float max = options(p).activation().maximum();
            return switch (kind) {
                case AVERAGE -> (memory, from, rows, columns, positions, to) -> {
                    float[] in = memory.floats(input);
                    float[] out = memory.floats(output);
                    int done = isVector
                            ? Simd.floatPositions(in, from, rows, columns, channels, rowStride, step, positions)
                            : 0;
                    if (done > 0) {
                        Simd.average(in, from, rows, columns, channels, rowStride, step, done, min, max, out, to);
                    }
                    for (int i = done; i < positions; i++) {
                        average(in, from + i * step, rows, columns, channels, rowStride, min, max, out,
                                to + i * channels);
                    }
                };
                case MAX -> (memory, from, rows, columns, positions, to) -> {
                    float[] in = memory.floats(input);
                    float[] out = memory.floats(output);
                    int done = isVector
                            ? Simd.floatPositions(in, from, rows, columns, channels, rowStride, step, positions)
                            : 0;
                    if (done > 0) {
                        Simd.largest(in, from, rows, columns, channels, rowStride, step, done, min, max, out, to);
                    }
                    for (int i = done; i < positions; i++) {
                        largest(in, from + i * step, rows, columns, channels, rowStride, min, max, out,
                                to + i * channels);
                    }
                };
                case L2 -> (memory, from, rows, columns, positions, to) -> {
                    for (int i = 0; i < positions; i++) {
                        rootMeanSquare(memory.floats(input), from + i * step, rows, columns, channels, rowStride, min,
                                max, memory.floats(output), to + i * channels);
                    }
                };
            };
        }
        ActivationRange range = ActivationRange.of(options(p).activation(), input.type(),
                TensorChecks.quantizedPerTensor(p, "output", p.outputTensor(0)));
        CodeStorage storage = CodeStorage.of(input.type());
        boolean isVectorOfBytes = isVector && TensorChecks.isEightBit(input.type());
        return switch (kind) {
            case AVERAGE -> {
                int mask = input.type() == ElementType.INT8 ? -1 : 0xff;
                yield (memory, from, rows, columns, positions, to) -> {
                    int done = isVectorOfBytes && rows * columns <= MOST_TAPS
                            ? Simd.codePositions(memory.bytes(input), from, rows, columns, channels, rowStride, step,
                                    positions)
                            : 0;
                    if (done > 0) {
                        Simd.average(memory.bytes(input), from, mask, rows, columns, channels, rowStride, step, done,
                                range.min(), range.max(), memory.bytes(output), to);
                    }
                    for (int i = done; i < positions; i++) {
                        average(storage, memory.array(input), from + i * step, rows, columns, channels, rowStride,
                                range, memory.array(output), to + i * channels);
                    }
                };
            }
            case MAX -> {
                int flip = Filter.flip(input.type());
                byte low = (byte) (range.min() ^ flip);
                byte high = (byte) (range.max() ^ flip);
                yield (memory, from, rows, columns, positions, to) -> {
                    int done = isVectorOfBytes
                            ? Simd.bytePositions(memory.bytes(input), from, rows, columns, channels, rowStride, step,
                                    positions)
                            : 0;
                    if (done > 0) {
                        Simd.largest(memory.bytes(input), from, (byte) flip, rows, columns, channels, rowStride, step,
                                done, low, high, memory.bytes(output), to);
                    }
                    for (int i = done; i < positions; i++) {
                        largest(storage, memory.array(input), from + i * step, rows, columns, channels, rowStride,
                                range, memory.array(output), to + i * channels);
                    }
                };
            }
            case L2 -> throw new AssertionError(input.type());
        };
    }

    /// Reduces the windows of neighbouring output positions, all channels: windows of `rows × columns`, the first at
    /// `from`.
    @FunctionalInterface
    private interface Windows {
        void reduce(Memory memory, int from, int rows, int columns, int positions, int to);
    }

    private static void average(float[] input, int from, int rows, int columns, int channels, int rowStride, float min,
            float max, float[] output, int to) {
        for (int channel = 0; channel < channels; channel++) {
            float sum = 0;
            for (int y = 0; y < rows; y++) {
                for (int x = 0; x < columns; x++) {
                    sum += input[from + y * rowStride + x * channels + channel];
                }
            }
            output[to + channel] = Gemm.clamp(sum / (rows * columns), min, max);
        }
    }

    private static void largest(float[] input, int from, int rows, int columns, int channels, int rowStride, float min,
            float max, float[] output, int to) {
        for (int channel = 0; channel < channels; channel++) {
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

    private static void largest(CodeStorage storage, Object input, int from, int rows, int columns, int channels,
            int rowStride, ActivationRange range, Object output, int to) {
        for (int channel = 0; channel < channels; channel++) {
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

    /// Lanes along the channels: for one vector of them after the other all positions.
    ///
    /// The last vector ends with the last channel, so it may do some channels twice. Where the channels are fewer than
    /// lanes, a vector is read and written past them; what it leaves there the next position overwrites. So positions are
    /// done only as long as a vector stays within the row; [#floatPositions] and the like count them.
    private static final class Simd {
        private static final VectorSpecies<Float> FLOATS = Lanes.FLOAT;
        private static final int FLOAT_LANES = FLOATS.length();
        /// Narrow at every width, so that few channels fill them.
        private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_128;
        private static final int BYTE_LANES = BYTES.length();
        private static final VectorSpecies<Integer> INTS = Lanes.INT;
        private static final int INT_LANES = INTS.length();

        static int floatPositions(float[] input, int from, int rows, int columns, int channels, int rowStride,
                int step, int positions) {
            int lastRead = from + (rows - 1) * rowStride + (columns - 1) * channels
                    + Math.max(0, channels - FLOAT_LANES) + FLOAT_LANES;
            return positions(FLOAT_LANES, input.length - lastRead, channels, step, positions);
        }

        static int bytePositions(byte[] input, int from, int rows, int columns, int channels, int rowStride, int step,
                int positions) {
            int lastRead = from + (rows - 1) * rowStride + (columns - 1) * channels
                    + Math.max(0, channels - BYTE_LANES) + BYTE_LANES;
            return positions(BYTE_LANES, input.length - lastRead, channels, step, positions);
        }

        static int codePositions(byte[] input, int from, int rows, int columns, int channels, int rowStride, int step,
                int positions) {
            int lastRead = from + (rows - 1) * rowStride + (columns - 1) * channels
                    + Math.max(0, channels - INT_LANES) + Lanes.CODE.length();
            return positions(INT_LANES, input.length - lastRead, channels, step, positions);
        }

        /// @param room elements in the input past the last that the first position reads
        private static int positions(int lanes, int room, int channels, int step, int positions) {
            int readable = room < 0 ? 0 : room / step + 1;
            int writable = channels >= lanes ? positions : Math.max(0, positions - Math.ceilDiv(lanes, channels) + 1);
            return Math.min(positions, Math.min(readable, writable));
        }

        static void average(float[] input, int from, int rows, int columns, int channels, int rowStride, int step,
                int positions, float min, float max, float[] output, int to) {
            float count = rows * columns;
            int last = Math.max(0, channels - FLOAT_LANES);
            for (int block = 0; block < channels; block += FLOAT_LANES) {
                int channel = Math.min(block, last);
                for (int i = 0; i < positions; i++) {
                    int at = from + channel + i * step;
                    FloatVector sum = FloatVector.zero(FLOATS);
                    for (int y = 0; y < rows; y++) {
                        for (int x = 0; x < columns; x++) {
                            sum = sum.add(FloatVector.fromArray(FLOATS, input, at + y * rowStride + x * channels));
                        }
                    }
                    Lanes.clamp(sum.div(count), min, max).intoArray(output, to + channel + i * channels);
                }
            }
        }

        static void largest(float[] input, int from, int rows, int columns, int channels, int rowStride, int step,
                int positions, float min, float max, float[] output, int to) {
            int last = Math.max(0, channels - FLOAT_LANES);
            for (int block = 0; block < channels; block += FLOAT_LANES) {
                int channel = Math.min(block, last);
                if (rows <= 2 && columns <= 2) {
                    largestOfFour(input, from + channel, rows, columns, channels, rowStride, step, positions, min, max,
                            output, to + channel);
                } else if (rows <= 3 && columns <= 3) {
                    largestOfNine(input, from + channel, rows, columns, channels, rowStride, step, positions, min, max,
                            output, to + channel);
                } else {
                    largestOfMany(input, from + channel, rows, columns, channels, rowStride, step, positions, min,
                            max, output, to + channel);
                }
            }
        }

        /// Of windows of at most 2 × 2: what a smaller one lacks is one of its elements once more, which changes nothing.
        private static void largestOfFour(float[] input, int from, int rows, int columns, int channels, int rowStride,
                int step, int positions, float min, float max, float[] output, int to) {
            FloatVector least = FloatVector.broadcast(FLOATS, -Float.MAX_VALUE);
            int right = (columns - 1) * channels;
            int below = (rows - 1) * rowStride;
            for (int i = 0; i < positions; i++) {
                int upper = from + i * step;
                int lower = upper + below;
                FloatVector value = FloatVector.fromArray(FLOATS, input, upper);
                FloatVector largest = least.blend(value, least.lt(value));
                value = FloatVector.fromArray(FLOATS, input, upper + right);
                largest = largest.blend(value, largest.lt(value));
                value = FloatVector.fromArray(FLOATS, input, lower);
                largest = largest.blend(value, largest.lt(value));
                value = FloatVector.fromArray(FLOATS, input, lower + right);
                largest = largest.blend(value, largest.lt(value));
                Lanes.clamp(largest, min, max).intoArray(output, to + i * channels);
            }
        }

        /// As [#largestOfFour], of at most 3 × 3.
        private static void largestOfNine(float[] input, int from, int rows, int columns, int channels, int rowStride,
                int step, int positions, float min, float max, float[] output, int to) {
            FloatVector least = FloatVector.broadcast(FLOATS, -Float.MAX_VALUE);
            int right = Math.min(1, columns - 1) * channels;
            int farRight = (columns - 1) * channels;
            int below = Math.min(1, rows - 1) * rowStride;
            int farBelow = (rows - 1) * rowStride;
            for (int i = 0; i < positions; i++) {
                int upper = from + i * step;
                int middle = upper + below;
                int lower = upper + farBelow;
                FloatVector value = FloatVector.fromArray(FLOATS, input, upper);
                FloatVector largest = least.blend(value, least.lt(value));
                value = FloatVector.fromArray(FLOATS, input, upper + right);
                largest = largest.blend(value, largest.lt(value));
                value = FloatVector.fromArray(FLOATS, input, upper + farRight);
                largest = largest.blend(value, largest.lt(value));
                value = FloatVector.fromArray(FLOATS, input, middle);
                largest = largest.blend(value, largest.lt(value));
                value = FloatVector.fromArray(FLOATS, input, middle + right);
                largest = largest.blend(value, largest.lt(value));
                value = FloatVector.fromArray(FLOATS, input, middle + farRight);
                largest = largest.blend(value, largest.lt(value));
                value = FloatVector.fromArray(FLOATS, input, lower);
                largest = largest.blend(value, largest.lt(value));
                value = FloatVector.fromArray(FLOATS, input, lower + right);
                largest = largest.blend(value, largest.lt(value));
                value = FloatVector.fromArray(FLOATS, input, lower + farRight);
                largest = largest.blend(value, largest.lt(value));
                Lanes.clamp(largest, min, max).intoArray(output, to + i * channels);
            }
        }

        private static void largestOfMany(float[] input, int from, int rows, int columns, int channels, int rowStride,
                int step, int positions, float min, float max, float[] output, int to) {
            for (int i = 0; i < positions; i++) {
                int at = from + i * step;
                FloatVector largest = FloatVector.broadcast(FLOATS, -Float.MAX_VALUE);
                for (int y = 0; y < rows; y++) {
                    for (int x = 0; x < columns; x++) {
                        FloatVector value =
                                FloatVector.fromArray(FLOATS, input, at + y * rowStride + x * channels);
                        largest = largest.blend(value, largest.lt(value));
                    }
                }
                Lanes.clamp(largest, min, max).intoArray(output, to + i * channels);
            }
        }

        static void largest(byte[] input, int from, byte flip, int rows, int columns, int channels, int rowStride,
                int step, int positions, byte min, byte max, byte[] output, int to) {
            int last = Math.max(0, channels - BYTE_LANES);
            for (int block = 0; block < channels; block += BYTE_LANES) {
                int channel = Math.min(block, last);
                if (rows <= 2 && columns <= 2) {
                    largestOfFour(input, from + channel, flip, rows, columns, channels, rowStride, step, positions, min,
                            max, output, to + channel);
                } else if (rows <= 3 && columns <= 3) {
                    largestOfNine(input, from + channel, flip, rows, columns, channels, rowStride, step, positions, min,
                            max, output, to + channel);
                } else {
                    largestOfMany(input, from + channel, flip, rows, columns, channels, rowStride, step, positions,
                            min, max, output, to + channel);
                }
            }
        }

        private static void largestOfFour(byte[] input, int from, byte flip, int rows, int columns, int channels,
                int rowStride, int step, int positions, byte min, byte max, byte[] output, int to) {
            ByteVector flips = ByteVector.broadcast(BYTES, flip);
            int right = (columns - 1) * channels;
            int below = (rows - 1) * rowStride;
            for (int i = 0; i < positions; i++) {
                int upper = from + i * step;
                int lower = upper + below;
                ByteVector lefts = ByteVector.fromArray(BYTES, input, upper).lanewise(VectorOperators.XOR, flips)
                        .max(ByteVector.fromArray(BYTES, input, lower).lanewise(VectorOperators.XOR, flips));
                ByteVector rights = ByteVector.fromArray(BYTES, input, upper + right)
                        .lanewise(VectorOperators.XOR, flips)
                        .max(ByteVector.fromArray(BYTES, input, lower + right)
                                .lanewise(VectorOperators.XOR, flips));
                lefts.max(rights).max(min).min(max).lanewise(VectorOperators.XOR, flips)
                        .intoArray(output, to + i * channels);
            }
        }

        private static void largestOfNine(byte[] input, int from, byte flip, int rows, int columns, int channels,
                int rowStride, int step, int positions, byte min, byte max, byte[] output, int to) {
            ByteVector flips = ByteVector.broadcast(BYTES, flip);
            int right = Math.min(1, columns - 1) * channels;
            int farRight = (columns - 1) * channels;
            int below = Math.min(1, rows - 1) * rowStride;
            int farBelow = (rows - 1) * rowStride;
            for (int i = 0; i < positions; i++) {
                int upper = from + i * step;
                int middle = upper + below;
                int lower = upper + farBelow;
                ByteVector upperLargest = ByteVector.fromArray(BYTES, input, upper).lanewise(VectorOperators.XOR, flips)
                        .max(ByteVector.fromArray(BYTES, input, upper + right).lanewise(VectorOperators.XOR, flips))
                        .max(ByteVector.fromArray(BYTES, input, upper + farRight).lanewise(VectorOperators.XOR,
                                flips));
                ByteVector middleLargest = ByteVector.fromArray(BYTES, input, middle)
                        .lanewise(VectorOperators.XOR, flips)
                        .max(ByteVector.fromArray(BYTES, input, middle + right).lanewise(VectorOperators.XOR, flips))
                        .max(ByteVector.fromArray(BYTES, input, middle + farRight).lanewise(VectorOperators.XOR,
                                flips));
                ByteVector lowerLargest = ByteVector.fromArray(BYTES, input, lower).lanewise(VectorOperators.XOR, flips)
                        .max(ByteVector.fromArray(BYTES, input, lower + right).lanewise(VectorOperators.XOR, flips))
                        .max(ByteVector.fromArray(BYTES, input, lower + farRight).lanewise(VectorOperators.XOR,
                                flips));
                upperLargest.max(middleLargest).max(lowerLargest).max(min).min(max).lanewise(VectorOperators.XOR, flips)
                        .intoArray(output, to + i * channels);
            }
        }

        private static void largestOfMany(byte[] input, int from, byte flip, int rows, int columns, int channels,
                int rowStride, int step, int positions, byte min, byte max, byte[] output, int to) {
            for (int i = 0; i < positions; i++) {
                int at = from + i * step;
                ByteVector largest = ByteVector.broadcast(BYTES, min);
                for (int y = 0; y < rows; y++) {
                    for (int x = 0; x < columns; x++) {
                        largest = largest.max(ByteVector.fromArray(BYTES, input, at + y * rowStride + x * channels)
                                .lanewise(VectorOperators.XOR, flip));
                    }
                }
                largest.min(max).lanewise(VectorOperators.XOR, flip).intoArray(output, to + i * channels);
            }
        }

        static void average(byte[] input, int from, int mask, int rows, int columns, int channels, int rowStride,
                int step, int positions, int min, int max, byte[] output, int to) {
            int count = rows * columns;
            int last = Math.max(0, channels - INT_LANES);
            for (int block = 0; block < channels; block += INT_LANES) {
                int channel = Math.min(block, last);
                for (int i = 0; i < positions; i++) {
                    int at = from + channel + i * step;
                    IntVector sum = IntVector.zero(INTS);
                    for (int y = 0; y < rows; y++) {
                        for (int x = 0; x < columns; x++) {
                            sum = sum.add(ByteVector.fromArray(Lanes.CODE, input, at + y * rowStride + x * channels)
                                    .convertShape(VectorOperators.B2I, INTS, 0).reinterpretAsInts().and(mask));
                        }
                    }
                    // Half a count is added to sums above 0 and taken off the others: −1 in their lanes.
                    IntVector positive = sum.neg().lanewise(VectorOperators.ASHR, Integer.SIZE - 1);
                    IntVector rounded = sum.sub(count / 2).add(positive.and(count / 2 * 2));
                    // Exact for so few taps: what is not whole is farther from the next than a float's error.
                    rounded.convertShape(VectorOperators.I2F, FLOATS, 0).reinterpretAsFloats().div(count)
                            .convertShape(VectorOperators.F2I, INTS, 0).reinterpretAsInts().max(min).min(max)
                            .convertShape(VectorOperators.I2B, Lanes.CODE, 0).reinterpretAsBytes()
                            .intoArray(output, to + channel + i * channels, Lanes.CODES_OF_INTS);
                }
            }
        }
    }
}

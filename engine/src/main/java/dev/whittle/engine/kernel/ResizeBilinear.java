package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.List;
import java.util.Set;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// RESIZE_BILINEAR: `[batch, height, width, channel]` to the `[height, width]` in input 1, each output element a weighted
/// mean of the four input elements around its place. Scale and zero point stay as they are.
///
/// Along an axis the place of output `i` is `i · step`, or `(i + ½) · step − ½` with half-pixel centres, where step is
/// `input / output`, or `(input − 1) / (output − 1)` with aligned corners (LiteRT `reference_ops::ResizeBilinear`).
/// FLOAT32 and UINT8 weigh in float, for UINT8 in another order of operations after the optimized kernels
/// (`ResizeBilinearGenericSmallChannel`); INT8, INT16 and UINT16 weigh with ten fractional bits along each axis and round
/// halves away from zero (`ResizeBilinearInteger`).
final class ResizeBilinear implements OperatorKernel {
    private static final int FRACTION_BITS = 10;
    private static final int ONE = 1 << FRACTION_BITS;

    /** What one element takes, roughly. */
    private static final double VECTOR_NANOSECONDS = 0.5;
    private static final double SCALAR_NANOSECONDS = 3;

    /// Places are floats, which tell whole numbers apart so far.
    private static final int LARGEST_SIZE = 1 << 24;

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32, ElementType.INT8, ElementType.UINT8, ElementType.INT16, ElementType.UINT16);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        return List.of(resized(p));
    }

    /// The input's shape with the height and width that input 1 asks for: the rule of every resizing operator.
    static Shape resized(Preparation p) {
        TensorChecks.counts(p, 2, 2);
        Shape input = p.inputTensor(0).shape();
        TensorChecks.rank(p, "input", p.inputTensor(0), 4);
        Tensor size = p.inputTensor(1);
        TensorChecks.sameType(p, "size", size, ElementType.INT32);
        if (size.shape().elementCount() != 2) {
            throw p.malformed("size has shape " + size.shape() + ", must have 2 elements");
        }
        int[] target = p.intValues(1);
        if (target[0] <= 0 || target[1] <= 0) {
            throw p.malformed("size is [" + target[0] + ", " + target[1] + "], must be positive");
        }
        if (Math.max(target[0], target[1]) > LARGEST_SIZE) {
            throw p.unsupported("size is [" + target[0] + ", " + target[1] + "], must be " + LARGEST_SIZE
                    + " at most");
        }
        if (input.dimension(1) == 0 || input.dimension(2) == 0) {
            throw p.malformed("input has shape " + input + ", height and width must be positive");
        }
        return Shape.of(input.dimension(0), target[0], target[1], input.dimension(3));
    }

    /// Refuses the two ways to place pixels at once.
    static void requireOneRule(Preparation p, boolean alignCorners, boolean halfPixelCenters) {
        if (alignCorners && halfPixelCenters) {
            throw p.malformed("both align_corners and half_pixel_centers are set, must be one at most");
        }
    }

    @Override
    public Kernel prepare(Preparation p) {
        Options.ResizeBilinear options = (Options.ResizeBilinear) p.options();
        requireOneRule(p, options.alignCorners(), options.halfPixelCenters());
        ElementType type = p.inputTensor(0).type();
        TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        if (p.outputTensor(0).shape().elementCount() == 0) {
            return Kernel.NOTHING;
        }
        Slot input = p.input(0);
        Slot output = p.output(0);
        int channels = output.shape().dimension(3);
        boolean isReal = type == ElementType.FLOAT32 || type == ElementType.UINT8;
        Axis rows = axis(1, input, output, options, isReal);
        Axis columns = axis(2, input, output, options, isReal);
        RowMix mix = switch (type) {
            case FLOAT32 -> floats(p, columns, channels);
            case UINT8 -> unsignedCodes(p, columns, channels);
            case INT8, INT16, UINT16 -> codes(p, rows, columns, channels);
            default -> throw new AssertionError(type);
        };
        int rowElements = input.shape().dimension(2) * channels;
        int imageElements = input.shape().dimension(1) * rowElements;
        int height = rows.lower.length;
        int outElements = columns.lower.length * channels;
        boolean isVector = p.tier() == KernelTier.VECTOR && StorageType.of(type) != StorageType.of(ElementType.INT16);
        long nanoseconds = (long) (output.elementCount() * (isVector ? VECTOR_NANOSECONDS : SCALAR_NANOSECONDS));
        return DivisibleKernel.of(output.shape().dimension(0) * height, nanoseconds,
                (memory, first, end, worker) -> {
                    for (int row = first; row < end; row++) {
                        int y = row % height;
                        int image = memory.offset(input) + row / height * imageElements;
                        mix.mix(memory, image + rows.lower[y] * rowElements, image + rows.upper[y] * rowElements,
                                rows.fraction[y], memory.offset(output) + row * outElements);
                    }
                });
    }

    /// Mixes two rows of the input to the row at `out`.
    @FunctionalInterface
    private interface RowMix {
        void mix(Memory memory, int upper, int lower, float dy, int out);
    }

    private static RowMix floats(Preparation p, Axis columns, int channels) {
        Slot input = p.input(0);
        Slot output = p.output(0);
        boolean isVector = p.tier() == KernelTier.VECTOR;
        return (memory, upper, lower, dy, out) -> {
            float[] from = memory.floats(input);
            float[] to = memory.floats(output);
            int done = isVector ? Simd.positions(columns, lower, channels, Simd.LANES, from.length) : 0;
            if (done > 0) {
                Simd.floats(from, upper, lower, columns, dy, done, channels, to, out);
            }
            for (int x = done; x < columns.lower.length; x++) {
                int left = columns.lower[x] * channels;
                int right = columns.upper[x] * channels;
                floats(from, upper + left, upper + right, lower + left, lower + right, dy, columns.fraction[x],
                        channels, to, out + x * channels);
            }
        };
    }

    private static RowMix unsignedCodes(Preparation p, Axis columns, int channels) {
        Slot input = p.input(0);
        Slot output = p.output(0);
        boolean isOptimized = p.reference() == ReferenceKernels.OPTIMIZED;
        boolean isVector = p.tier() == KernelTier.VECTOR && isOptimized;
        return (memory, upper, lower, dy, out) -> {
            byte[] from = memory.bytes(input);
            byte[] to = memory.bytes(output);
            int done = isVector ? Simd.positions(columns, lower, channels, Simd.CODE_LANES, from.length) : 0;
            if (done > 0) {
                Simd.unsignedCodes(from, upper, lower, columns, dy, done, channels, to, out);
            }
            for (int x = done; x < columns.lower.length; x++) {
                int left = columns.lower[x] * channels;
                int right = columns.upper[x] * channels;
                if (isOptimized) {
                    optimizedCodes(from, upper + left, upper + right, lower + left, lower + right, dy,
                            columns.fraction[x], channels, to, out + x * channels);
                } else {
                    unsignedCodes(from, upper + left, upper + right, lower + left, lower + right, dy,
                            columns.fraction[x], channels, to, out + x * channels);
                }
            }
        };
    }

    private static RowMix codes(Preparation p, Axis rows, Axis columns, int channels) {
        Slot input = p.input(0);
        Slot output = p.output(0);
        CodeStorage storage = CodeStorage.of(input.type());
        boolean isVector = p.tier() == KernelTier.VECTOR && input.type() == ElementType.INT8 && rows.fitsInts()
                && columns.fitsInts();
        return (memory, upper, lower, dy, out) -> {
            int done = isVector
                    ? Simd.positions(columns, lower, channels, Simd.CODE_LANES, memory.bytes(input).length)
                    : 0;
            if (done > 0) {
                Simd.signedCodes(memory.bytes(input), upper, lower, columns, (int) dy, done, channels,
                        memory.bytes(output), out);
            }
            for (int x = done; x < columns.lower.length; x++) {
                int left = columns.lower[x] * channels;
                int right = columns.upper[x] * channels;
                codes(storage, memory.array(input), upper + left, upper + right, lower + left, lower + right,
                        (long) dy, (long) columns.fraction[x], channels, memory.array(output), out + x * channels);
            }
        };
    }

    private static void floats(float[] from, int upperLeft, int upperRight, int lowerLeft, int lowerRight, float dy,
            float dx, int channels, float[] to, int out) {
        for (int channel = 0; channel < channels; channel++) {
            to[out + channel] = from[upperLeft + channel] * (1 - dy) * (1 - dx)
                    + from[lowerLeft + channel] * dy * (1 - dx)
                    + from[upperRight + channel] * (1 - dy) * dx
                    + from[lowerRight + channel] * dy * dx;
        }
    }

    private static void unsignedCodes(byte[] from, int upperLeft, int upperRight, int lowerLeft, int lowerRight,
            float dy, float dx, int channels, byte[] to, int out) {
        for (int channel = 0; channel < channels; channel++) {
            float mean = (from[upperLeft + channel] & 0xff) * (1 - dy) * (1 - dx)
                    + (from[lowerLeft + channel] & 0xff) * dy * (1 - dx)
                    + (from[upperRight + channel] & 0xff) * (1 - dy) * dx
                    + (from[lowerRight + channel] & 0xff) * dy * dx;
            to[out + channel] = (byte) (int) (mean + 0.5f);
        }
    }

    private static void optimizedCodes(byte[] from, int upperLeft, int upperRight, int lowerLeft, int lowerRight,
            float dy, float dx, int channels, byte[] to, int out) {
        float upperLeftWeight = (1 - dy) * (1 - dx);
        float upperRightWeight = (1 - dy) * dx;
        float lowerLeftWeight = dy * (1 - dx);
        float lowerRightWeight = dy * dx;
        for (int channel = 0; channel < channels; channel++) {
            float mean = (from[upperLeft + channel] & 0xff) * upperLeftWeight
                    + (from[upperRight + channel] & 0xff) * upperRightWeight
                    + (from[lowerLeft + channel] & 0xff) * lowerLeftWeight
                    + (from[lowerRight + channel] & 0xff) * lowerRightWeight;
            to[out + channel] = (byte) (int) (mean + 0.5f);
        }
    }

    private static void codes(CodeStorage storage, Object from, int upperLeft, int upperRight, int lowerLeft,
            int lowerRight, long dy, long dx, int channels, Object to, int out) {
        long half = 1L << (2 * FRACTION_BITS - 1);
        for (int channel = 0; channel < channels; channel++) {
            long sum = storage.get(from, upperLeft + channel) * (ONE - dy) * (ONE - dx)
                    + storage.get(from, lowerLeft + channel) * dy * (ONE - dx)
                    + storage.get(from, upperRight + channel) * (ONE - dy) * dx
                    + storage.get(from, lowerRight + channel) * dy * dx;
            storage.set(to, out + channel, (int) ((sum + (sum > 0 ? half : -half)) / (2 * half)));
        }
    }

    private static Axis axis(int dimension, Slot input, Slot output, Options.ResizeBilinear options, boolean isReal) {
        int from = input.shape().dimension(dimension);
        int to = output.shape().dimension(dimension);
        return isReal ? Axis.real(from, to, options) : Axis.fixed(from, to, options);
    }

    /// For each output place along one axis: the input elements on either side and the distance from the lower one, as a
    /// fraction, or in units of 2⁻¹⁰.
    private record Axis(int[] lower, int[] upper, float[] fraction) {

        /// Whether sums of four codes of eight bits, each weighed along two such axes, are ints.
        boolean fitsInts() {
            for (float units : fraction) {
                if (units < -ONE || units > 2 * ONE) {
                    return false;
                }
            }
            return true;
        }

        static Axis real(int from, int to, Options.ResizeBilinear options) {
            float step = options.alignCorners() && to > 1 ? (float) (from - 1) / (to - 1) : (float) from / to;
            Axis axis = new Axis(new int[to], new int[to], new float[to]);
            for (int i = 0; i < to; i++) {
                float place = options.halfPixelCenters() ? (i + 0.5f) * step - 0.5f : i * step;
                axis.lower[i] = Math.clamp((long) Math.floor(place), 0, from - 1);
                axis.upper[i] = Math.clamp((long) Math.ceil(place), 0, from - 1);
                axis.fraction[i] = place - axis.lower[i];
            }
            return axis;
        }

        static Axis fixed(int from, int to, Options.ResizeBilinear options) {
            long step = options.alignCorners() && to > 1
                    ? ((long) ONE * (from - 1) + (to - 1) / 2) / (to - 1)
                    : ((long) ONE * from + to / 2) / to;
            Axis axis = new Axis(new int[to], new int[to], new float[to]);
            for (int i = 0; i < to; i++) {
                long place = options.halfPixelCenters() ? i * step + step / 2 - ONE / 2 : i * step;
                axis.lower[i] = Math.clamp(place / ONE, 0, from - 1);
                axis.upper[i] = Math.clamp((place + ONE - 1) / ONE, 0, from - 1);
                axis.fraction[i] = place - (long) axis.lower[i] * ONE;
            }
            return axis;
        }
    }

    /// Lanes along the channels: for one vector of them after the other many positions of a row.
    ///
    /// The last vector ends with the last channel, so it may do some channels twice. Where the channels are fewer than
    /// lanes, a vector is read and written past them; what it leaves there the next position overwrites. So positions are
    /// done only as long as a vector stays within the row.
    private static final class Simd {
        /// As wide as everywhere, though images have few channels: where a JVM has seen two widths, HotSpot's profiles of
        /// the methods that all vectors share name both, and it makes objects of vectors in loops that have but one.
        private static final VectorSpecies<Float> FLOATS = Lanes.FLOAT;
        private static final VectorSpecies<Integer> INTS = Lanes.INT;
        private static final int LANES = FLOATS.length();
        /// Of these as many as there are ints are used.
        private static final VectorSpecies<Byte> CODES = Lanes.CODE;
        private static final int CODE_LANES = CODES.length();
        private static final VectorMask<Byte> VALID = Lanes.CODES_OF_INTS;

        /// How many positions may be done.
        ///
        /// @param readLanes elements that a vector is read from
        /// @param length of the array that is read
        static int positions(Axis columns, int lower, int channels, int readLanes, int length) {
            int positions = columns.lower.length;
            int done = channels >= LANES ? positions : positions - Math.ceilDiv(LANES, channels) + 1;
            int last = lower + Math.max(0, channels - LANES) + readLanes;
            while (done > 0 && last + columns.upper[done - 1] * channels > length) {
                done--;
            }
            return Math.max(0, done);
        }

        static void floats(float[] from, int upper, int lower, Axis columns, float dy, int positions, int channels,
                float[] to, int out) {
            for (int block = 0; block < channels; block += LANES) {
                int channel = Math.max(0, Math.min(block, channels - LANES));
                for (int x = 0; x < positions; x++) {
                    int left = columns.lower[x] * channels + channel;
                    int right = columns.upper[x] * channels + channel;
                    float dx = columns.fraction[x];
                    FloatVector upperLeft = FloatVector.fromArray(FLOATS, from, upper + left).mul(1 - dy).mul(1 - dx);
                    FloatVector lowerLeft = FloatVector.fromArray(FLOATS, from, lower + left).mul(dy).mul(1 - dx);
                    FloatVector upperRight = FloatVector.fromArray(FLOATS, from, upper + right).mul(1 - dy).mul(dx);
                    FloatVector lowerRight = FloatVector.fromArray(FLOATS, from, lower + right).mul(dy).mul(dx);
                    upperLeft.add(lowerLeft).add(upperRight).add(lowerRight)
                            .intoArray(to, out + x * channels + channel);
                }
            }
        }

        static void unsignedCodes(byte[] from, int upper, int lower, Axis columns, float dy, int positions,
                int channels,
                byte[] to, int out) {
            for (int block = 0; block < channels; block += LANES) {
                int channel = Math.max(0, Math.min(block, channels - LANES));
                for (int x = 0; x < positions; x++) {
                    int left = columns.lower[x] * channels + channel;
                    int right = columns.upper[x] * channels + channel;
                    float dx = columns.fraction[x];
                    FloatVector mean = unsigned(from, upper + left).mul((1 - dy) * (1 - dx))
                            .add(unsigned(from, upper + right).mul((1 - dy) * dx))
                            .add(unsigned(from, lower + left).mul(dy * (1 - dx)))
                            .add(unsigned(from, lower + right).mul(dy * dx));
                    mean.add(0.5f).convert(VectorOperators.F2I, 0).convertShape(VectorOperators.I2B, CODES, 0)
                            .reinterpretAsBytes().intoArray(to, out + x * channels + channel, VALID);
                }
            }
        }

        private static FloatVector unsigned(byte[] from, int offset) {
            return ByteVector.fromArray(CODES, from, offset).convertShape(VectorOperators.B2I, INTS, 0)
                    .reinterpretAsInts().and(0xff).convert(VectorOperators.I2F, 0).reinterpretAsFloats();
        }

        static void signedCodes(byte[] from, int upper, int lower, Axis columns, int dy, int positions, int channels,
                byte[] to, int out) {
            int bits = 2 * FRACTION_BITS;
            int half = 1 << bits - 1;
            for (int block = 0; block < channels; block += LANES) {
                int channel = Math.max(0, Math.min(block, channels - LANES));
                for (int x = 0; x < positions; x++) {
                    int left = columns.lower[x] * channels + channel;
                    int right = columns.upper[x] * channels + channel;
                    int dx = (int) columns.fraction[x];
                    IntVector sum = signed(from, upper + left).mul((ONE - dy) * (ONE - dx))
                            .add(signed(from, lower + left).mul(dy * (ONE - dx)))
                            .add(signed(from, upper + right).mul((ONE - dy) * dx))
                            .add(signed(from, lower + right).mul(dy * dx));
                    // Half a step away from zero, then what the shift would round down below zero is cut off instead.
                    IntVector positive = sum.neg().lanewise(VectorOperators.ASHR, Integer.SIZE - 1);
                    IntVector rounded = sum.sub(half).add(positive.and(2 * half));
                    rounded.add(rounded.lanewise(VectorOperators.ASHR, Integer.SIZE - 1).and(2 * half - 1))
                            .lanewise(VectorOperators.ASHR, bits).convertShape(VectorOperators.I2B, CODES, 0)
                            .reinterpretAsBytes().intoArray(to, out + x * channels + channel, VALID);
                }
            }
        }

        private static IntVector signed(byte[] from, int offset) {
            return ByteVector.fromArray(CODES, from, offset).convertShape(VectorOperators.B2I, INTS, 0)
                    .reinterpretAsInts();
        }
    }
}

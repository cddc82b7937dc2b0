package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.List;
import java.util.Set;

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
        PixelMix mix = switch (type) {
            case FLOAT32 -> (memory, upperLeft, upperRight, lowerLeft, lowerRight, dy, dx, out) -> floats(
                    memory.floats(input), upperLeft, upperRight, lowerLeft, lowerRight, dy, dx, channels,
                    memory.floats(output), out);
            case UINT8 -> p.reference() == ReferenceKernels.OPTIMIZED
                    ? (memory, upperLeft, upperRight, lowerLeft, lowerRight, dy, dx, out) -> optimizedCodes(
                            memory.bytes(input), upperLeft, upperRight, lowerLeft, lowerRight, dy, dx, channels,
                            memory.bytes(output), out)
                    : (memory, upperLeft, upperRight, lowerLeft, lowerRight, dy, dx, out) -> unsignedCodes(
                            memory.bytes(input), upperLeft, upperRight, lowerLeft, lowerRight, dy, dx, channels,
                            memory.bytes(output), out);
            case INT8, INT16, UINT16 -> {
                CodeStorage storage = CodeStorage.of(type);
                yield (memory, upperLeft, upperRight, lowerLeft, lowerRight, dy, dx, out) -> codes(storage,
                        memory.array(input), upperLeft, upperRight, lowerLeft, lowerRight, (long) dy, (long) dx,
                        channels, memory.array(output), out);
            }
            default -> throw new AssertionError(type);
        };
        int rowElements = input.shape().dimension(2) * channels;
        int imageElements = input.shape().dimension(1) * rowElements;
        return memory -> {
            int out = memory.offset(output);
            for (int batch = 0; batch < output.shape().dimension(0); batch++) {
                int image = memory.offset(input) + batch * imageElements;
                for (int y = 0; y < rows.lower.length; y++) {
                    int upper = image + rows.lower[y] * rowElements;
                    int lower = image + rows.upper[y] * rowElements;
                    for (int x = 0; x < columns.lower.length; x++) {
                        int left = columns.lower[x] * channels;
                        int right = columns.upper[x] * channels;
                        mix.mix(memory, upper + left, upper + right, lower + left, lower + right, rows.fraction[y],
                                columns.fraction[x], out);
                        out += channels;
                    }
                }
            }
        };
    }

    /// Mixes the pixels at four corners, all channels, to the pixel at `out`.
    @FunctionalInterface
    private interface PixelMix {
        void mix(Memory memory, int upperLeft, int upperRight, int lowerLeft, int lowerRight, float dy, float dx,
                int out);
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
}

package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.List;
import java.util.Set;

/// RESIZE_BILINEAR: `[batch, height, width, channel]` to the `[height, width]` in input 1, each output element a weighted
/// mean of the four input elements around its place. FLOAT32, INT8 and UINT8; scale and zero point stay as they are.
///
/// Along an axis the place of output `i` is `i · step`, or `(i + ½) · step − ½` with half-pixel centres, where step is
/// `input / output`, or `(input − 1) / (output − 1)` with aligned corners (LiteRT `reference_ops::ResizeBilinear`).
/// FLOAT32 and UINT8 weigh in float; INT8 weighs with ten fractional bits along each axis and rounds halves away from
/// zero (`ResizeBilinearInteger`).
final class ResizeBilinear implements OperatorKernel {
    private static final int FRACTION_BITS = 10;
    private static final int ONE = 1 << FRACTION_BITS;

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32, ElementType.INT8, ElementType.UINT8);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 2, 2);
        Shape input = p.inputTensor(0).shape();
        TensorChecks.rank(p, "input", p.inputTensor(0), 4);
        Tensor size = p.inputTensor(1);
        Buffer data = size.buffer();
        if (data == null) {
            throw p.unsupported("size \"" + size.name() + "\" is computed, supported is a constant");
        }
        TensorChecks.sameType(p, "size", size, ElementType.INT32);
        if (size.shape().elementCount() != 2) {
            throw p.malformed("size has shape " + size.shape() + ", must have 2 elements");
        }
        int[] target = data.toInts();
        if (target[0] <= 0 || target[1] <= 0) {
            throw p.malformed("size is [" + target[0] + ", " + target[1] + "], must be positive");
        }
        return List.of(Shape.of(input.dimension(0), target[0], target[1], input.dimension(3)));
    }

    @Override
    public Kernel prepare(Preparation p) {
        Options.ResizeBilinear options = (Options.ResizeBilinear) p.options();
        if (options.alignCorners() && options.halfPixelCenters()) {
            throw p.malformed("both align_corners and half_pixel_centers are set, must be one at most");
        }
        ElementType type = p.inputTensor(0).type();
        TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        Shape from = p.inputTensor(0).shape();
        Shape to = p.outputTensor(0).shape();
        if (from.dimension(1) == 0 || from.dimension(2) == 0) {
            throw p.malformed("input has shape " + from + ", height and width must be positive");
        }
        return switch (type) {
            case FLOAT32 -> {
                FloatAxis rows = FloatAxis.of(from.dimension(1), to.dimension(1), options);
                FloatAxis columns = FloatAxis.of(from.dimension(2), to.dimension(2), options);
                yield floats(p.input(0), p.output(0), rows, columns);
            }
            case UINT8 -> {
                FloatAxis rows = FloatAxis.of(from.dimension(1), to.dimension(1), options);
                FloatAxis columns = FloatAxis.of(from.dimension(2), to.dimension(2), options);
                yield unsignedCodes(p.input(0), p.output(0), rows, columns);
            }
            case INT8 -> {
                FixedAxis rows = FixedAxis.of(from.dimension(1), to.dimension(1), options);
                FixedAxis columns = FixedAxis.of(from.dimension(2), to.dimension(2), options);
                yield signedCodes(p.input(0), p.output(0), rows, columns);
            }
            case FLOAT16, INT32, INT64, STRING, BOOL, INT16, COMPLEX64, FLOAT64, COMPLEX128, UINT64, RESOURCE, VARIANT,
                    UINT32, UINT16, INT4, BFLOAT16, INT2, UINT4 ->
                    throw p.unsupported("input is " + type + ", supported are FLOAT32, INT8 and UINT8");
        };
    }

    private static Kernel floats(Slot input, Slot output, FloatAxis rows, FloatAxis columns) {
        int channels = output.shape().dimension(3);
        return memory -> {
            float[] from = memory.floats(input);
            float[] to = memory.floats(output);
            int out = memory.offset(output);
            for (int batch = 0; batch < output.shape().dimension(0); batch++) {
                for (int y = 0; y < rows.lower.length; y++) {
                    int upperRow = row(memory, input, batch, rows.lower[y]);
                    int lowerRow = row(memory, input, batch, rows.upper[y]);
                    float dy = rows.fraction[y];
                    for (int x = 0; x < columns.lower.length; x++) {
                        int left = columns.lower[x] * channels;
                        int right = columns.upper[x] * channels;
                        float dx = columns.fraction[x];
                        for (int channel = 0; channel < channels; channel++) {
                            to[out++] = from[upperRow + left + channel] * (1 - dy) * (1 - dx)
                                    + from[lowerRow + left + channel] * dy * (1 - dx)
                                    + from[upperRow + right + channel] * (1 - dy) * dx
                                    + from[lowerRow + right + channel] * dy * dx;
                        }
                    }
                }
            }
        };
    }

    private static Kernel unsignedCodes(Slot input, Slot output, FloatAxis rows, FloatAxis columns) {
        int channels = output.shape().dimension(3);
        return memory -> {
            byte[] from = memory.bytes(input);
            byte[] to = memory.bytes(output);
            int out = memory.offset(output);
            for (int batch = 0; batch < output.shape().dimension(0); batch++) {
                for (int y = 0; y < rows.lower.length; y++) {
                    int upperRow = row(memory, input, batch, rows.lower[y]);
                    int lowerRow = row(memory, input, batch, rows.upper[y]);
                    float dy = rows.fraction[y];
                    for (int x = 0; x < columns.lower.length; x++) {
                        int left = columns.lower[x] * channels;
                        int right = columns.upper[x] * channels;
                        float dx = columns.fraction[x];
                        for (int channel = 0; channel < channels; channel++) {
                            float mean = (from[upperRow + left + channel] & 0xff) * (1 - dy) * (1 - dx)
                                    + (from[lowerRow + left + channel] & 0xff) * dy * (1 - dx)
                                    + (from[upperRow + right + channel] & 0xff) * (1 - dy) * dx
                                    + (from[lowerRow + right + channel] & 0xff) * dy * dx;
                            to[out++] = (byte) (int) (mean + 0.5f);
                        }
                    }
                }
            }
        };
    }

    private static Kernel signedCodes(Slot input, Slot output, FixedAxis rows, FixedAxis columns) {
        int channels = output.shape().dimension(3);
        int half = 1 << (2 * FRACTION_BITS - 1);
        return memory -> {
            byte[] from = memory.bytes(input);
            byte[] to = memory.bytes(output);
            int out = memory.offset(output);
            for (int batch = 0; batch < output.shape().dimension(0); batch++) {
                for (int y = 0; y < rows.lower.length; y++) {
                    int upperRow = row(memory, input, batch, rows.lower[y]);
                    int lowerRow = row(memory, input, batch, rows.upper[y]);
                    int dy = rows.fraction[y];
                    for (int x = 0; x < columns.lower.length; x++) {
                        int left = columns.lower[x] * channels;
                        int right = columns.upper[x] * channels;
                        int dx = columns.fraction[x];
                        for (int channel = 0; channel < channels; channel++) {
                            int sum = from[upperRow + left + channel] * (ONE - dy) * (ONE - dx)
                                    + from[lowerRow + left + channel] * dy * (ONE - dx)
                                    + from[upperRow + right + channel] * (ONE - dy) * dx
                                    + from[lowerRow + right + channel] * dy * dx;
                            to[out++] = (byte) ((sum + (sum > 0 ? half : -half)) / (2 * half));
                        }
                    }
                }
            }
        };
    }

    private static int row(Memory memory, Slot input, int batch, int y) {
        Shape shape = input.shape();
        return memory.offset(input) + (batch * shape.dimension(1) + y) * shape.dimension(2) * shape.dimension(3);
    }

    /// For each output place along one axis: the input elements on either side and the distance from the lower one, as a
    /// real fraction.
    private record FloatAxis(int[] lower, int[] upper, float[] fraction) {

        static FloatAxis of(int from, int to, Options.ResizeBilinear options) {
            float step = options.alignCorners() && to > 1 ? (float) (from - 1) / (to - 1) : (float) from / to;
            FloatAxis axis = new FloatAxis(new int[to], new int[to], new float[to]);
            for (int i = 0; i < to; i++) {
                float place = options.halfPixelCenters() ? (i + 0.5f) * step - 0.5f : i * step;
                axis.lower[i] = Math.max((int) Math.floor(place), 0);
                axis.upper[i] = Math.min((int) Math.ceil(place), from - 1);
                axis.fraction[i] = place - axis.lower[i];
            }
            return axis;
        }
    }

    /// As [FloatAxis], the fraction in units of 2⁻¹⁰.
    private record FixedAxis(int[] lower, int[] upper, int[] fraction) {

        static FixedAxis of(int from, int to, Options.ResizeBilinear options) {
            int step = options.alignCorners() && to > 1
                    ? (ONE * (from - 1) + (to - 1) / 2) / (to - 1)
                    : (ONE * from + to / 2) / to;
            FixedAxis axis = new FixedAxis(new int[to], new int[to], new int[to]);
            for (int i = 0; i < to; i++) {
                int place = options.halfPixelCenters() ? i * step + step / 2 - ONE / 2 : i * step;
                axis.lower[i] = Math.max(place / ONE, 0);
                axis.upper[i] = Math.min((place + ONE - 1) / ONE, from - 1);
                axis.fraction[i] = place - axis.lower[i] * ONE;
            }
            return axis;
        }
    }
}

package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Shape;
import java.util.Arrays;
import java.util.List;
import org.joml.Matrix3x2f;

/// A run of random transforms as one affine resampling: the value at target pixel `(x, y)` is the bilinear value of the
/// image at `M · (x, y)`, with [Fill] beyond the borders.
///
/// What a target pixel gets is written once, in `Resampling.resamplePlainly`. The forward pass gives the same bits sooner:
/// pixels whose four neighbours lie inside are a span of each row, found ahead, and need no look at borders; and an image
/// of three equal channels, as grey photographs are, is sampled once for all three.
public final class Warp implements BoundLayer {
    private static final int RGB = 3;

    private final List<RandomTransform> transforms;
    private final Fill fill;
    private final int height;
    private final int width;
    private final int channels;

    /// @param transforms in the order in which they are applied to the image, as from [#run]
    /// @param input `[height, width, channel]`
    public Warp(List<RandomTransform> transforms, Shape input) {
        this.transforms = List.copyOf(transforms);
        List<Fill> fills = transforms.stream().map(RandomTransform::fill).filter(each -> each != null).distinct()
                .toList();
        if (fills.size() > 1) {
            throw new IllegalArgumentException("one warp cannot fill with all of " + fills);
        }
        fill = fills.isEmpty() ? Fill.REFLECT : fills.getFirst();
        height = input.dimension(0);
        width = input.dimension(1);
        channels = input.dimension(2);
    }

    /// Whether a transform can be one warp with those before it: where none of them fills in another way.
    public static boolean canJoin(List<RandomTransform> before, RandomTransform next) {
        Fill fill = next.fill();
        return fill == null
                || before.stream().allMatch(transform -> transform.fill() == null || fill.equals(transform.fill()));
    }

    @Override
    public boolean isByImage() {
        return true;
    }

    @Override
    public Pass pass(int images) {
        return new Resampling();
    }

    /// The workspace of one thread.
    final class Resampling implements Pass {
        private final Matrix3x2f matrix = new Matrix3x2f();
        /// One channel of an image whose three are equal.
        private final float[] plane = new float[channels == RGB ? height * width : 0];
        /// The columns of the row at hand whose four neighbours lie inside.
        private int spanStart;
        private int spanEnd;

        @Override
        public void forward(Step step, float[] x, float[] y) {
            int elements = height * width * channels;
            for (int image = step.firstImage(); image < step.endImage(); image++) {
                int offset = image * elements;
                transform(step.imageKey(image));
                if (channels == 1) {
                    resample(x, offset, 1, y, offset);
                } else if (channels == RGB && copyGrey(x, offset)) {
                    resample(plane, 0, 1, y, offset);
                } else {
                    resample(x, offset, channels, y, offset);
                }
            }
        }

        /// The forward pass as it is defined, for tests.
        void forwardPlainly(Step step, float[] x, float[] y) {
            resamplePlainly(step, x, y, false);
        }

        @Override
        public void backward(Step step, float[] x, float[] y, float[] dy, float[] dx) {
            Arrays.fill(dx, step.firstImage() * height * width * channels, step.endImage() * height * width * channels,
                    0);
            resamplePlainly(step, dx, dy, true);
        }

        /// Gathers target values from source values, or scatters target gradients to source gradients.
        private void resamplePlainly(Step step, float[] source, float[] target, boolean scatter) {
            int elements = height * width * channels;
            for (int image = step.firstImage(); image < step.endImage(); image++) {
                transform(step.imageKey(image));
                for (int row = 0; row < height; row++) {
                    for (int column = 0; column < width; column++) {
                        int at = image * elements + (row * width + column) * channels;
                        float sourceX = sourceX(row, column);
                        float sourceY = sourceY(row, column);
                        int left = floor(sourceX);
                        int top = floor(sourceY);
                        float right = sourceX - left;
                        float lower = sourceY - top;
                        for (int c = 0; c < channels; c++) {
                            int upperLeft = element(image, top, left, c);
                            int upperRight = element(image, top, left + 1, c);
                            int lowerLeft = element(image, top + 1, left, c);
                            int lowerRight = element(image, top + 1, left + 1, c);
                            if (scatter) {
                                float gradient = target[at + c];
                                add(source, upperLeft, gradient * ((1 - lower) * (1 - right)));
                                add(source, upperRight, gradient * ((1 - lower) * right));
                                add(source, lowerLeft, gradient * (lower * (1 - right)));
                                add(source, lowerRight, gradient * (lower * right));
                            } else {
                                target[at + c] = valueAt(source, upperLeft) * ((1 - lower) * (1 - right))
                                        + valueAt(source, upperRight) * ((1 - lower) * right)
                                        + valueAt(source, lowerLeft) * (lower * (1 - right))
                                        + valueAt(source, lowerRight) * (lower * right);
                            }
                        }
                    }
                }
            }
        }

        private float sourceX(int row, int column) {
            return Math.fma(matrix.m00, column, Math.fma(matrix.m10, row, matrix.m20));
        }

        private float sourceY(int row, int column) {
            return Math.fma(matrix.m01, column, Math.fma(matrix.m11, row, matrix.m21));
        }

        /// Where a pixel of any coordinates takes its value from, or −1 for the value of the fill.
        private int element(int image, int row, int column, int c) {
            int y = fill.source(row, height);
            int x = fill.source(column, width);
            return y < 0 || x < 0 ? -1 : ((image * height + y) * width + x) * channels + c;
        }

        private float valueAt(float[] values, int element) {
            return element < 0 ? fill.value() : values[element];
        }

        private static void add(float[] values, int element, float summand) {
            if (element >= 0) {
                values[element] += summand;
            }
        }

        /// Sets the matrix from target to source pixels. The last transform of the image is the first on the way back.
        private void transform(long imageKey) {
            float centreX = (width - 1) * 0.5f;
            float centreY = (height - 1) * 0.5f;
            matrix.translation(centreX, centreY);
            for (RandomTransform transform : transforms) {
                transform.compose(matrix, CounterRandom.fold(imageKey, transform.name().hashCode()), height, width);
            }
            matrix.translate(-centreX, -centreY);
        }

        /// Copies the first channel to the plane; false when the others differ from it in a bit.
        private boolean copyGrey(float[] x, int offset) {
            int from = offset;
            for (int pixel = 0; pixel < plane.length; pixel++) {
                float value = x[from];
                int bits = Float.floatToRawIntBits(value);
                if (bits != Float.floatToRawIntBits(x[from + 1]) || bits != Float.floatToRawIntBits(x[from + 2])) {
                    return false;
                }
                plane[pixel] = value;
                from += RGB;
            }
            return true;
        }

        /// @param depth channels of the source: 1 gives all channels of the target the same
        private void resample(float[] source, int sourceOffset, int depth, float[] target, int targetOffset) {
            for (int row = 0; row < height; row++) {
                float startX = Math.fma(matrix.m10, row, matrix.m20);
                float startY = Math.fma(matrix.m11, row, matrix.m21);
                findSpan(startX, startY);
                int at = targetOffset + row * width * channels;
                int first = spanStart;
                int end = spanEnd;
                fillBorder(source, sourceOffset, depth, target, at, row, 0, first);
                if (depth == 1 && channels == RGB) {
                    fillGrey(source, startX, startY, target, at + first * RGB, first, end);
                } else if (depth == RGB) {
                    fillColour(source, sourceOffset, startX, startY, target, at + first * RGB, first, end);
                } else {
                    fillSpan(source, sourceOffset, startX, startY, target, at + first * channels, first, end);
                }
                fillBorder(source, sourceOffset, depth, target, at, row, end, width);
            }
        }

        /// A coordinate is monotonic in the column, rounding included: where the first and the last column of a span lie inside,
        /// all do.
        private void findSpan(float startX, float startY) {
            spanStart = 0;
            spanEnd = width;
            narrow(startX, matrix.m00, width - 1);
            narrow(startY, matrix.m01, height - 1);
            while (spanStart < spanEnd && !isInside(spanStart, startX, startY)) {
                spanStart++;
            }
            while (spanStart < spanEnd && !isInside(spanEnd - 1, startX, startY)) {
                spanEnd--;
            }
            if (spanStart >= spanEnd) {
                spanEnd = spanStart;
            }
        }

        /// Leaves away columns whose coordinate is, but for rounding, not between 0 and `last`.
        private void narrow(float start, float step, int last) {
            if (step != 0) {
                float atZero = -start / step;
                float atLast = (last - start) / step;
                spanStart = Math.max(spanStart, (int) Math.min(atZero, atLast));
                spanEnd = Math.min(spanEnd, (int) Math.max(atZero, atLast) + 1);
                spanStart = Math.min(spanStart, width);
                spanEnd = Math.max(spanEnd, 0);
            }
        }

        private boolean isInside(int column, float startX, float startY) {
            float sourceX = Math.fma(matrix.m00, column, startX);
            float sourceY = Math.fma(matrix.m01, column, startY);
            return sourceX >= 0 && sourceX < width - 1 && sourceY >= 0 && sourceY < height - 1;
        }

        private void fillGrey(float[] source, float startX, float startY, float[] target, int from, int first,
                int end) {
            float stepX = matrix.m00;
            float stepY = matrix.m01;
            int stride = width;
            int to = from;
            for (int column = first; column < end; column++) {
                float sourceX = Math.fma(stepX, column, startX);
                float sourceY = Math.fma(stepY, column, startY);
                int left = (int) sourceX;
                int top = (int) sourceY;
                float right = sourceX - left;
                float lower = sourceY - top;
                int at = top * stride + left;
                float value = source[at] * ((1 - lower) * (1 - right)) + source[at + 1] * ((1 - lower) * right)
                        + source[at + stride] * (lower * (1 - right)) + source[at + stride + 1] * (lower * right);
                target[to] = value;
                target[to + 1] = value;
                target[to + 2] = value;
                to += RGB;
            }
        }

        private void fillColour(float[] source, int sourceOffset, float startX, float startY, float[] target, int from,
                int first, int end) {
            float stepX = matrix.m00;
            float stepY = matrix.m01;
            int stride = width * RGB;
            int to = from;
            for (int column = first; column < end; column++) {
                float sourceX = Math.fma(stepX, column, startX);
                float sourceY = Math.fma(stepY, column, startY);
                int left = (int) sourceX;
                int top = (int) sourceY;
                float right = sourceX - left;
                float lower = sourceY - top;
                float upperLeft = (1 - lower) * (1 - right);
                float upperRight = (1 - lower) * right;
                float lowerLeft = lower * (1 - right);
                float lowerRight = lower * right;
                int upper = sourceOffset + top * stride + left * RGB;
                int under = upper + stride;
                target[to] = source[upper] * upperLeft + source[upper + 3] * upperRight + source[under] * lowerLeft
                        + source[under + 3] * lowerRight;
                target[to + 1] = source[upper + 1] * upperLeft + source[upper + 4] * upperRight
                        + source[under + 1] * lowerLeft + source[under + 4] * lowerRight;
                target[to + 2] = source[upper + 2] * upperLeft + source[upper + 5] * upperRight
                        + source[under + 2] * lowerLeft + source[under + 5] * lowerRight;
                to += RGB;
            }
        }

        private void fillSpan(float[] source, int sourceOffset, float startX, float startY, float[] target, int from,
                int first, int end) {
            int stride = width * channels;
            int to = from;
            for (int column = first; column < end; column++) {
                float sourceX = Math.fma(matrix.m00, column, startX);
                float sourceY = Math.fma(matrix.m01, column, startY);
                int left = (int) sourceX;
                int top = (int) sourceY;
                float right = sourceX - left;
                float lower = sourceY - top;
                int upper = sourceOffset + top * stride + left * channels;
                for (int c = 0; c < channels; c++) {
                    int at = upper + c;
                    target[to++] = source[at] * ((1 - lower) * (1 - right))
                            + source[at + channels] * ((1 - lower) * right)
                            + source[at + stride] * (lower * (1 - right))
                            + source[at + stride + channels] * (lower * right);
                }
            }
        }

        private void fillBorder(float[] source, int sourceOffset, int depth, float[] target, int rowOffset, int row,
                int first, int end) {
            for (int column = first; column < end; column++) {
                float sourceX = sourceX(row, column);
                float sourceY = sourceY(row, column);
                int left = floor(sourceX);
                int top = floor(sourceY);
                float right = sourceX - left;
                float lower = sourceY - top;
                float upperLeft = (1 - lower) * (1 - right);
                float upperRight = (1 - lower) * right;
                float lowerLeft = lower * (1 - right);
                float lowerRight = lower * right;
                int x0 = fill.source(left, width);
                int x1 = fill.source(left + 1, width);
                int y0 = fill.source(top, height);
                int y1 = fill.source(top + 1, height);
                int to = rowOffset + column * channels;
                for (int c = 0; c < depth; c++) {
                    float value = pixel(source, sourceOffset + c, depth, y0, x0) * upperLeft
                            + pixel(source, sourceOffset + c, depth, y0, x1) * upperRight
                            + pixel(source, sourceOffset + c, depth, y1, x0) * lowerLeft
                            + pixel(source, sourceOffset + c, depth, y1, x1) * lowerRight;
                    for (int copy = c; copy < channels; copy += depth) {
                        target[to + copy] = value;
                    }
                }
            }
        }

        private float pixel(float[] source, int offset, int depth, int y, int x) {
            return (y | x) < 0 ? fill.value() : source[offset + (y * width + x) * depth];
        }
    }

    private static int floor(float value) {
        int truncated = (int) value;
        return value < truncated ? truncated - 1 : truncated;
    }
}

package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Shape;
import java.util.Arrays;
import java.util.List;
import org.joml.Matrix3x2f;

/// A run of random transforms as one affine resampling: the value at target pixel `(x, y)` is the bilinear value of the
/// image at `M · (x, y)`, mirrored at the borders.
public final class Warp implements BoundLayer {
    private final List<RandomTransform> transforms;
    private final int height;
    private final int width;
    private final int channels;

    /// @param transforms in the order in which they are applied to the image
    /// @param input `[height, width, channel]`
    public Warp(List<RandomTransform> transforms, Shape input) {
        this.transforms = List.copyOf(transforms);
        height = input.dimension(0);
        width = input.dimension(1);
        channels = input.dimension(2);
    }

    @Override
    public Pass pass(int images) {
        return new Resampling();
    }

    private final class Resampling implements Pass {
        private final Matrix3x2f matrix = new Matrix3x2f();

        @Override
        public void forward(Step step, float[] x, float[] y) {
            resample(step, x, y, false);
        }

        @Override
        public void backward(Step step, float[] x, float[] y, float[] dy, float[] dx) {
            Arrays.fill(dx, 0, step.images() * height * width * channels, 0);
            resample(step, dx, dy, true);
        }

        /// Gathers target values from source values, or scatters target gradients to source gradients.
        private void resample(Step step, float[] source, float[] target, boolean scatter) {
            int elements = height * width * channels;
            for (int image = 0; image < step.images(); image++) {
                transform(step.imageKey(image));
                int offset = image * elements;
                for (int row = 0; row < height; row++) {
                    resampleRow(source, offset, target, offset + row * width * channels, row, scatter);
                }
            }
        }

        private void resampleRow(float[] source, int sourceOffset, float[] target, int targetOffset, int row,
                boolean scatter) {
            float stepX = matrix.m00;
            float stepY = matrix.m01;
            float startX = Math.fma(matrix.m10, row, matrix.m20);
            float startY = Math.fma(matrix.m11, row, matrix.m21);
            int at = targetOffset;
            for (int column = 0; column < width; column++) {
                float sourceX = Math.fma(stepX, column, startX);
                float sourceY = Math.fma(stepY, column, startY);
                int left = floor(sourceX);
                int top = floor(sourceY);
                float right = sourceX - left;
                float lower = sourceY - top;
                int x0 = mirror(left, width) * channels;
                int x1 = mirror(left + 1, width) * channels;
                int y0 = sourceOffset + mirror(top, height) * width * channels;
                int y1 = sourceOffset + mirror(top + 1, height) * width * channels;
                float upperLeft = (1 - lower) * (1 - right);
                float upperRight = (1 - lower) * right;
                float lowerLeft = lower * (1 - right);
                float lowerRight = lower * right;
                for (int c = 0; c < channels; c++) {
                    if (scatter) {
                        float gradient = target[at + c];
                        source[y0 + x0 + c] += gradient * upperLeft;
                        source[y0 + x1 + c] += gradient * upperRight;
                        source[y1 + x0 + c] += gradient * lowerLeft;
                        source[y1 + x1 + c] += gradient * lowerRight;
                    } else {
                        target[at + c] = source[y0 + x0 + c] * upperLeft + source[y0 + x1 + c] * upperRight
                                + source[y1 + x0 + c] * lowerLeft + source[y1 + x1 + c] * lowerRight;
                    }
                }
                at += channels;
            }
        }

        /// Sets the matrix from target to source pixels. The last transform of the image is the first on the way back.
        private void transform(long imageKey) {
            float centreX = (width - 1) * 0.5f;
            float centreY = (height - 1) * 0.5f;
            matrix.translation(centreX, centreY);
            for (RandomTransform transform : transforms) {
                transform.compose(matrix, CounterRandom.fold(imageKey, transform.name().hashCode()));
            }
            matrix.translate(-centreX, -centreY);
        }
    }

    private static int floor(float value) {
        int truncated = (int) value;
        return value < truncated ? truncated - 1 : truncated;
    }

    /// Index `i` of `d c b a | a b c d | d c b a …`.
    private static int mirror(int i, int size) {
        if (i >= 0 && i < size) {
            return i;
        }
        int j = Math.floorMod(i, 2 * size);
        return j < size ? j : 2 * size - 1 - j;
    }
}

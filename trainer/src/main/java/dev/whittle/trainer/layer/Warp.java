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
        private final int[] corners = new int[4];
        private final float[] weights = new float[4];

        @Override
        public void forward(Step step, float[] x, float[] y) {
            int elements = height * width * channels;
            for (int image = 0; image < step.images(); image++) {
                transform(step.imageKey(image));
                int to = image * elements;
                for (int row = 0; row < height; row++) {
                    for (int column = 0; column < width; column++) {
                        locate(row, column, image * elements);
                        int a = corners[0];
                        int b = corners[1];
                        int c = corners[2];
                        int d = corners[3];
                        for (int channel = 0; channel < channels; channel++) {
                            y[to++] = x[a + channel] * weights[0] + x[b + channel] * weights[1]
                                    + x[c + channel] * weights[2]
                                    + x[d + channel] * weights[3];
                        }
                    }
                }
            }
        }

        @Override
        public void backward(Step step, float[] x, float[] y, float[] dy, float[] dx) {
            int elements = height * width * channels;
            Arrays.fill(dx, 0, step.images() * elements, 0);
            for (int image = 0; image < step.images(); image++) {
                transform(step.imageKey(image));
                int from = image * elements;
                for (int row = 0; row < height; row++) {
                    for (int column = 0; column < width; column++) {
                        locate(row, column, image * elements);
                        for (int channel = 0; channel < channels; channel++) {
                            float gradient = dy[from++];
                            for (int corner = 0; corner < 4; corner++) {
                                dx[corners[corner] + channel] += gradient * weights[corner];
                            }
                        }
                    }
                }
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

        /// Sets the four source elements and their weights for one target pixel.
        private void locate(int row, int column, int offset) {
            float sourceX = Math.fma(matrix.m00, column, Math.fma(matrix.m10, row, matrix.m20));
            float sourceY = Math.fma(matrix.m01, column, Math.fma(matrix.m11, row, matrix.m21));
            int left = floor(sourceX);
            int top = floor(sourceY);
            float fractionX = sourceX - left;
            float fractionY = sourceY - top;
            int x0 = mirror(left, width) * channels;
            int x1 = mirror(left + 1, width) * channels;
            int y0 = offset + mirror(top, height) * width * channels;
            int y1 = offset + mirror(top + 1, height) * width * channels;
            corners[0] = y0 + x0;
            corners[1] = y0 + x1;
            corners[2] = y1 + x0;
            corners[3] = y1 + x1;
            weights[0] = (1 - fractionY) * (1 - fractionX);
            weights[1] = (1 - fractionY) * fractionX;
            weights[2] = fractionY * (1 - fractionX);
            weights[3] = fractionY * fractionX;
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

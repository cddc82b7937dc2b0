package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Shape;
import java.util.Arrays;

/// Bilinear resizing with half-pixel centres, as RESIZE_BILINEAR with `half_pixel_centers` computes it: output row `y`
/// samples the input at `(y + 0.5) · inputHeight / height − 0.5`, between the rows below and above, which stop at the
/// borders.
///
/// @param height rows of the output
/// @param width columns of the output
public record Resizing(String name, int height, int width) implements Layer {

    public Resizing {
        if (height < 1 || width < 1) {
            throw new IllegalArgumentException(
                    "layer \"%s\": size %d x %d, must be positive".formatted(name, height, width));
        }
    }

    @Override
    public Shape outputShape(Shape input) {
        return Shape.of(height, width, Images.of(this, input).dimension(2));
    }

    @Override
    public BoundLayer bind(Binding binding) {
        Shape input = binding.input();
        return images -> new Bilinear(input.dimension(0), input.dimension(1), input.dimension(2), height, width);
    }

    /// Resizes one image of `[inputHeight, inputWidth, channels]` to `[height, width, channels]`.
    public static void resize(float[] from, int fromOffset, int inputHeight, int inputWidth, int channels, float[] to,
            int toOffset, int height, int width) {
        new Bilinear(inputHeight, inputWidth, channels, height, width).resize(from, fromOffset, to, toOffset);
    }

    private static final class Bilinear implements BoundLayer.Pass {
        private final int inputWidth;
        private final int channels;
        private final int inputElements;
        private final Taps rows;
        private final Taps columns;

        Bilinear(int inputHeight, int inputWidth, int channels, int height, int width) {
            this.inputWidth = inputWidth;
            this.channels = channels;
            inputElements = inputHeight * inputWidth * channels;
            rows = new Taps(inputHeight, height);
            columns = new Taps(inputWidth, width);
        }

        @Override
        public void forward(Step step, float[] x, float[] y) {
            int outputElements = rows.count() * columns.count() * channels;
            for (int image = 0; image < step.images(); image++) {
                resize(x, image * inputElements, y, image * outputElements);
            }
        }

        void resize(float[] x, int xOffset, float[] y, int yOffset) {
            int to = yOffset;
            for (int outY = 0; outY < rows.count(); outY++) {
                int lowerRow = xOffset + rows.lower[outY] * inputWidth * channels;
                int upperRow = xOffset + rows.upper[outY] * inputWidth * channels;
                float fractionY = rows.fraction[outY];
                for (int outX = 0; outX < columns.count(); outX++) {
                    int lower = columns.lower[outX] * channels;
                    int upper = columns.upper[outX] * channels;
                    float fractionX = columns.fraction[outX];
                    for (int c = 0; c < channels; c++) {
                        y[to++] = x[lowerRow + lower + c] * (1 - fractionY) * (1 - fractionX)
                                + x[upperRow + lower + c] * fractionY * (1 - fractionX)
                                + x[lowerRow + upper + c] * (1 - fractionY) * fractionX
                                + x[upperRow + upper + c] * fractionY * fractionX;
                    }
                }
            }
        }

        @Override
        public void backward(Step step, float[] x, float[] y, float[] dy, float[] dx) {
            Arrays.fill(dx, 0, step.images() * inputElements, 0);
            int from = 0;
            for (int image = 0; image < step.images(); image++) {
                for (int outY = 0; outY < rows.count(); outY++) {
                    int lowerRow = image * inputElements + rows.lower[outY] * inputWidth * channels;
                    int upperRow = image * inputElements + rows.upper[outY] * inputWidth * channels;
                    float fractionY = rows.fraction[outY];
                    for (int outX = 0; outX < columns.count(); outX++) {
                        int lower = columns.lower[outX] * channels;
                        int upper = columns.upper[outX] * channels;
                        float fractionX = columns.fraction[outX];
                        for (int c = 0; c < channels; c++) {
                            float gradient = dy[from++];
                            dx[lowerRow + lower + c] += gradient * (1 - fractionY) * (1 - fractionX);
                            dx[upperRow + lower + c] += gradient * fractionY * (1 - fractionX);
                            dx[lowerRow + upper + c] += gradient * (1 - fractionY) * fractionX;
                            dx[upperRow + upper + c] += gradient * fractionY * fractionX;
                        }
                    }
                }
            }
        }
    }

    /// The two input positions of each output position along one axis, and how far it lies from the lower one.
    private static final class Taps {
        private final int[] lower;
        private final int[] upper;
        private final float[] fraction;

        Taps(int inputSize, int outputSize) {
            lower = new int[outputSize];
            upper = new int[outputSize];
            fraction = new float[outputSize];
            float scale = (float) inputSize / outputSize;
            for (int i = 0; i < outputSize; i++) {
                float position = (i + 0.5f) * scale - 0.5f;
                lower[i] = Math.max((int) Math.floor(position), 0);
                upper[i] = Math.min((int) Math.ceil(position), inputSize - 1);
                // Negative at the first border, where both taps are the same element and the weights still sum to one.
                fraction[i] = position - lower[i];
            }
        }

        int count() {
            return lower.length;
        }
    }
}

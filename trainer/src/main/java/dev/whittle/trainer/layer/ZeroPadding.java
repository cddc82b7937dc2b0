package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Shape;
import java.util.Arrays;

/// Rows and columns of zeros around an image.
public record ZeroPadding(String name, int top, int bottom, int left, int right) implements Layer {

    public ZeroPadding {
        if (top < 0 || bottom < 0 || left < 0 || right < 0) {
            throw new IllegalArgumentException("layer \"%s\": padding %d, %d, %d, %d, must be 0 or more".formatted(name,
                    top, bottom, left, right));
        }
    }

    /// The same on all sides.
    public ZeroPadding(String name, int padding) {
        this(name, padding, padding, padding, padding);
    }

    @Override
    public Shape outputShape(Shape input) {
        Images.of(this, input);
        return Shape.of(input.dimension(0) + top + bottom, input.dimension(1) + left + right, input.dimension(2));
    }

    @Override
    public BoundLayer bind(Binding binding) {
        Shape input = binding.input();
        return images -> new Frame(input.dimension(0), input.dimension(1) * input.dimension(2),
                binding.output().dimension(1) * input.dimension(2), binding.output().elementCount(),
                (top * binding.output().dimension(1) + left) * input.dimension(2));
    }

    /// @param first where the first element of an image lies in its output
    private record Frame(int rows, int rowElements, int outputRowElements, int outputElements, int first)
            implements
            BoundLayer.Pass {
        @Override
        public void forward(Step step, float[] x, float[] y) {
            Arrays.fill(y, 0, step.images() * outputElements, 0);
            for (int image = 0; image < step.images(); image++) {
                for (int row = 0; row < rows; row++) {
                    System.arraycopy(x, (image * rows + row) * rowElements, y,
                            image * outputElements + first + row * outputRowElements, rowElements);
                }
            }
        }

        @Override
        public void backward(Step step, float[] x, float[] y, float[] dy, float[] dx) {
            for (int image = 0; image < step.images(); image++) {
                for (int row = 0; row < rows; row++) {
                    System.arraycopy(dy, image * outputElements + first + row * outputRowElements, dx,
                            (image * rows + row) * rowElements, rowElements);
                }
            }
        }
    }
}

package dev.whittle.trainer.layer;

import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// The largest value of each window, per channel; borders are left out of the window. The gradient goes to the element
/// that was taken, the first of equal ones in row order.
public record MaxPool2D(String name, int poolHeight, int poolWidth, int strideHeight, int strideWidth, Padding padding)
        implements
        Layer {

    public MaxPool2D {
        if (poolHeight < 1 || poolWidth < 1 || strideHeight < 1 || strideWidth < 1) {
            throw new IllegalArgumentException("layer \"%s\": window %d x %d with strides %d x %d, must be positive"
                    .formatted(name, poolHeight, poolWidth, strideHeight, strideWidth));
        }
    }

    /// Square windows side by side, without padding.
    public MaxPool2D(String name, int poolSize) {
        this(name, poolSize, poolSize, poolSize, poolSize, Padding.VALID);
    }

    @Override
    public Shape outputShape(Shape input) {
        return Images.windows(this, input, poolHeight, poolWidth, strideHeight, strideWidth, 1, 1, padding,
                Images.of(this, input).dimension(2));
    }

    @Override
    public BoundLayer bind(Binding binding) {
        return new Bound(binding);
    }

    private final class Bound implements BoundLayer {
        private final Binding binding;

        Bound(Binding binding) {
            this.binding = binding;
        }

        @Override
        public boolean isByImage() {
            return true;
        }

        @Override
        public Pass pass(int images) {
            return new Maximum(images, binding);
        }
    }

    private final class Maximum implements BoundLayer.Pass {
        private final boolean isVector = KernelTier.selected().portable() == KernelTier.VECTOR;
        private final int inHeight;
        private final int inWidth;
        private final int channels;
        private final int outHeight;
        private final int outWidth;
        private final int padTop;
        private final int padLeft;
        private final boolean backwardReLU;
        /// Floats from the first element of a window to each of its taps, in row order.
        private final int[] tapOffsets = new int[poolHeight * poolWidth];
        /// The tap that each output came from.
        private final int[] taken;

        Maximum(int images, Binding binding) {
            inHeight = binding.input().dimension(0);
            inWidth = binding.input().dimension(1);
            channels = binding.input().dimension(2);
            outHeight = binding.output().dimension(0);
            outWidth = binding.output().dimension(1);
            padTop = padding.before(inHeight, poolHeight, strideHeight, 1);
            padLeft = padding.before(inWidth, poolWidth, strideWidth, 1);
            backwardReLU = binding.backwardReLU();
            taken = new int[images * outHeight * outWidth * channels];
            for (int tap = 0; tap < tapOffsets.length; tap++) {
                tapOffsets[tap] = (tap / poolWidth * inWidth + tap % poolWidth) * channels;
            }
        }

        /// Where the window of an output begins; before the image where there is padding.
        private int origin(int image, int outY, int outX) {
            return ((image * inHeight + outY * strideHeight - padTop) * inWidth + outX * strideWidth - padLeft)
                    * channels;
        }

        @Override
        public void forward(Step step, float[] x, float[] y) {
            int to = step.firstImage() * outHeight * outWidth * channels;
            for (int image = step.firstImage(); image < step.endImage(); image++) {
                for (int outY = 0; outY < outHeight; outY++) {
                    int firstY = Math.max(padTop - outY * strideHeight, 0);
                    int endY = Math.min(inHeight + padTop - outY * strideHeight, poolHeight);
                    for (int outX = 0; outX < outWidth; outX++) {
                        int firstX = Math.max(padLeft - outX * strideWidth, 0);
                        int endX = Math.min(inWidth + padLeft - outX * strideWidth, poolWidth);
                        int origin = origin(image, outY, outX);
                        int done = isVector
                                ? Simd.maximum(x, origin, tapOffsets, poolWidth, firstY, endY, firstX, endX, channels,
                                        y, taken, to)
                                : 0;
                        for (int c = done; c < channels; c++) {
                            int tap = firstY * poolWidth + firstX;
                            float largest = x[origin + tapOffsets[tap] + c];
                            for (int filterY = firstY; filterY < endY; filterY++) {
                                for (int filterX = firstX; filterX < endX; filterX++) {
                                    float value = x[origin + tapOffsets[filterY * poolWidth + filterX] + c];
                                    if (value > largest) {
                                        largest = value;
                                        tap = filterY * poolWidth + filterX;
                                    }
                                }
                            }
                            y[to + c] = largest;
                            taken[to + c] = tap;
                        }
                        to += channels;
                    }
                }
            }
        }

        @Override
        public void backward(Step step, float[] x, float[] y, float[] dy, float[] dx) {
            // Windows that lie side by side write each element of the input themselves.
            boolean isTiled = isVector && poolHeight == strideHeight && poolWidth == strideWidth && padTop == 0
                    && padLeft == 0 && outHeight * poolHeight <= inHeight && outWidth * poolWidth <= inWidth
                    && channels % Simd.LANES == 0;
            clear(dx, step, isTiled ? outHeight * poolHeight : 0, isTiled ? outWidth * poolWidth : 0);
            int from = step.firstImage() * outHeight * outWidth * channels;
            for (int image = step.firstImage(); image < step.endImage(); image++) {
                for (int outY = 0; outY < outHeight; outY++) {
                    int done = isTiled
                            ? Simd.scatter(dy, y, taken, from, outWidth, strideWidth * channels, channels, backwardReLU,
                                    tapOffsets, dx, origin(image, outY, 0))
                            : 0;
                    for (int outX = 0; outX < outWidth; outX++) {
                        int origin = origin(image, outY, outX);
                        for (int c = done; c < channels; c++) {
                            // With a ReLU before it y is not negative, and that ReLU's gradient is 1 where y is positive.
                            float gradient = backwardReLU && !(y[from + c] > 0) ? 0 : dy[from + c];
                            dx[origin + tapOffsets[taken[from + c]] + c] += gradient;
                        }
                        from += channels;
                    }
                }
            }
        }

        /// Sets what lies outside the first `rows` rows and `columns` columns to 0.
        private void clear(float[] dx, Step step, int rows, int columns) {
            for (int image = step.firstImage(); image < step.endImage(); image++) {
                int first = image * inHeight * inWidth * channels;
                for (int row = 0; row < rows; row++) {
                    Arrays.fill(dx, first + (row * inWidth + columns) * channels,
                            first + (row + 1) * inWidth * channels,
                            0);
                }
                Arrays.fill(dx, first + rows * inWidth * channels, first + inHeight * inWidth * channels, 0);
            }
        }
    }

    /// The same with channels in lanes; apart, so that the rest loads without the Vector API.
    private static final class Simd {
        private static final VectorShape SHAPE = VectorShape.forBitSize(KernelTier.VECTOR.vectorBits());
        private static final VectorSpecies<Float> FLOATS = VectorSpecies.of(float.class, SHAPE);
        static final int LANES = FLOATS.length();
        private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, SHAPE);

        /// Writes the maxima of one window and the taps they came from, for as many channels as fill whole vectors.
        ///
        /// @return that number of channels
        static int maximum(float[] x, int origin, int[] tapOffsets, int poolWidth, int firstY, int endY, int firstX,
                int endX,
                int channels, float[] y, int[] taken, int to) {
            int done = FLOATS.loopBound(channels);
            for (int c = 0; c < done; c += FLOATS.length()) {
                int first = firstY * poolWidth + firstX;
                FloatVector largest = FloatVector.fromArray(FLOATS, x, origin + tapOffsets[first] + c);
                IntVector tap = IntVector.broadcast(INTS, first);
                for (int filterY = firstY; filterY < endY; filterY++) {
                    for (int filterX = firstX; filterX < endX; filterX++) {
                        int candidate = filterY * poolWidth + filterX;
                        FloatVector value = FloatVector.fromArray(FLOATS, x, origin + tapOffsets[candidate] + c);
                        VectorMask<Float> larger = value.compare(VectorOperators.GT, largest);
                        largest = largest.blend(value, larger);
                        tap = tap.blend(candidate, larger.cast(INTS));
                    }
                }
                largest.intoArray(y, to + c);
                tap.intoArray(taken, to + c);
            }
            return done;
        }

        /// Writes the gradients of a row of windows that lie side by side to the taps they came from, and zeros to the other
        /// taps. What is 0 becomes +0, as where it is added to zeros.
        ///
        /// @param stride floats from one window to the next
        /// @param channels whole vectors
        /// @return the channels
        static int scatter(float[] dy, float[] y, int[] taken, int from, int windows, int stride, int channels,
                boolean backwardReLU, int[] tapOffsets, float[] dx, int origin) {
            for (int c = 0; c < channels; c += LANES) {
                for (int window = 0; window < windows; window++) {
                    int at = from + window * channels + c;
                    FloatVector gradient = FloatVector.fromArray(FLOATS, dy, at).add(0f);
                    if (backwardReLU) {
                        gradient = FloatVector.zero(FLOATS).blend(gradient,
                                FloatVector.fromArray(FLOATS, y, at).compare(VectorOperators.GT, 0));
                    }
                    IntVector tap = IntVector.fromArray(INTS, taken, at);
                    for (int i = 0; i < tapOffsets.length; i++) {
                        FloatVector.zero(FLOATS).blend(gradient, tap.compare(VectorOperators.EQ, i).cast(FLOATS))
                                .intoArray(dx, origin + window * stride + tapOffsets[i] + c);
                    }
                }
            }
            return channels;
        }
    }
}

package dev.whittle.trainer.layer;

import dev.whittle.engine.kernel.Gemm;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Convolution: `y[outY, outX, o] = bias[o] + Σ x[outY · strideHeight + filterY · dilationHeight − padTop, outX ·
/// strideWidth + filterX · dilationWidth − padLeft, i] · kernel[filterX, filterY, i, o]`, zeros outside the image.
///
/// The kernel is stored as `[filterX, filterY, inChannel, outChannel]`, which is the order of the reduction: each input
/// row is copied into `buffer[x][filterY][inChannel]`, where the window of an output pixel is one contiguous run, and an
/// output row is one matrix product. With columns dilated, windows are not runs, and each has a copy of its own. The
/// gradient of the kernel is the product of that buffer, transposed, with `dy`; the gradient of the input is the convolution
/// of the padded `dy` with the kernel flipped and its channels swapped.
///
/// @param filters output channels
/// @param useBias adds a bias
/// @param initializer of the kernel
/// @param fakeQuantizeKernel computes with the kernel rounded to int8, one scale per output channel
public record Conv2D(String name, int filters, int kernelHeight, int kernelWidth, int strideHeight, int strideWidth,
        int dilationHeight, int dilationWidth, Padding padding, boolean useBias, Initializer initializer,
        boolean fakeQuantizeKernel) implements Layer {

    public Conv2D {
        if (filters < 1 || kernelHeight < 1 || kernelWidth < 1 || strideHeight < 1 || strideWidth < 1
                || dilationHeight < 1 || dilationWidth < 1) {
            throw new IllegalArgumentException(
                    "layer \"%s\": %d filters of %d x %d with strides %d x %d and dilations %d x %d, must be positive"
                            .formatted(name, filters, kernelHeight, kernelWidth, strideHeight, strideWidth,
                                    dilationHeight, dilationWidth));
        }
    }

    /// With bias, Glorot uniform and without dilation.
    public Conv2D(String name, int filters, int kernelHeight, int kernelWidth, int strideHeight, int strideWidth,
            Padding padding) {
        this(name, filters, kernelHeight, kernelWidth, strideHeight, strideWidth, 1, 1, padding, true,
                Initializer.GLOROT_UNIFORM, false);
    }

    /// A square kernel with stride 1.
    public Conv2D(String name, int filters, int kernelSize, Padding padding) {
        this(name, filters, kernelSize, kernelSize, 1, 1, padding);
    }

    public Conv2D withStride(int stride) {
        return new Conv2D(name, filters, kernelHeight, kernelWidth, stride, stride, dilationHeight, dilationWidth,
                padding, useBias, initializer, fakeQuantizeKernel);
    }

    public Conv2D withDilation(int height, int width) {
        return new Conv2D(name, filters, kernelHeight, kernelWidth, strideHeight, strideWidth, height, width, padding,
                useBias, initializer, fakeQuantizeKernel);
    }

    public Conv2D withoutBias() {
        return new Conv2D(name, filters, kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight,
                dilationWidth, padding, false, initializer, fakeQuantizeKernel);
    }

    public Conv2D withInitializer(Initializer chosen) {
        return new Conv2D(name, filters, kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight,
                dilationWidth, padding, useBias, chosen, fakeQuantizeKernel);
    }

    public Conv2D withFakeQuantizedKernel() {
        return new Conv2D(name, filters, kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight,
                dilationWidth, padding, useBias, initializer, true);
    }

    @Override
    public Shape outputShape(Shape input) {
        return Images.windows(this, input, kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight,
                dilationWidth, padding, filters);
    }

    @Override
    public List<Variable> variables(Shape input) {
        int channels = input.dimension(2);
        int window = kernelHeight * kernelWidth;
        Variable kernel = new Variable("kernel", Shape.of(kernelWidth, kernelHeight, channels, filters),
                new Variable.Trained(initializer, window * channels, window * filters));
        return useBias ? List.of(kernel, Variable.bias(filters)) : List.of(kernel);
    }

    @Override
    public BoundLayer bind(Binding binding) {
        return new Bound(binding);
    }

    private final class Bound implements BoundLayer {
        private final Gemm gemm;
        private final float[] parameters;
        private final int kernelOffset;
        private final int biasOffset;
        private final int inHeight;
        private final int inWidth;
        private final int inChannels;
        private final int outHeight;
        private final int outWidth;
        private final int padTop;
        private final int padLeft;
        private final int depth;
        private final float min;
        private final boolean inputGradient;
        private final float[] kernel;
        private final float @Nullable [] bias;
        private final float[] packed;
        private final float[] flipped;
        private final float[] packedFlipped;

        Bound(Binding binding) {
            gemm = binding.gemm();
            parameters = binding.parameters();
            inHeight = binding.input().dimension(0);
            inWidth = binding.input().dimension(1);
            inChannels = binding.input().dimension(2);
            outHeight = binding.output().dimension(0);
            outWidth = binding.output().dimension(1);
            padTop = padding.before(inHeight, kernelHeight, strideHeight, dilationHeight);
            padLeft = padding.before(inWidth, kernelWidth, strideWidth, dilationWidth);
            depth = kernelWidth * kernelHeight * inChannels;
            kernelOffset = binding.parameterOffset();
            biasOffset = kernelOffset + depth * filters;
            min = binding.forwardReLU() ? 0 : Float.NEGATIVE_INFINITY;
            inputGradient = binding.inputGradient();
            kernel = new float[depth * filters];
            bias = useBias ? new float[filters] : null;
            packed = new float[gemm.packedLength(depth, filters)];
            flipped = new float[inputGradient ? depth * filters : 0];
            packedFlipped = new float[inputGradient ? gemm.packedLength(flippedDepth(), inChannels) : 0];
        }

        private int flippedDepth() {
            return kernelWidth * kernelHeight * filters;
        }

        @Override
        public void refresh() {
            System.arraycopy(parameters, kernelOffset, kernel, 0, kernel.length);
            if (bias != null) {
                System.arraycopy(parameters, biasOffset, bias, 0, filters);
            }
            if (fakeQuantizeKernel) {
                ChannelScales.of(kernel, 0, depth, filters).fakeQuantize(kernel);
            }
            gemm.pack(kernel, 0, filters, 1, depth, filters, packed, 0);
            if (inputGradient) {
                flip();
                gemm.pack(flipped, 0, inChannels, 1, flippedDepth(), inChannels, packedFlipped, 0);
            }
        }

        /// `flipped[filterX][filterY][o][i] = kernel[last − filterX][last − filterY][i][o]`.
        private void flip() {
            int taps = kernelWidth * kernelHeight;
            for (int tap = 0; tap < taps; tap++) {
                int from = (taps - 1 - tap) * inChannels * filters;
                int to = tap * inChannels * filters;
                for (int i = 0; i < inChannels; i++) {
                    for (int o = 0; o < filters; o++) {
                        flipped[to + o * inChannels + i] = kernel[from + i * filters + o];
                    }
                }
            }
        }

        @Override
        public Pass pass(int images) {
            return new Convolution();
        }

        private final class Convolution implements Pass {
            private final boolean hasRuns = dilationWidth == 1;
            private final int windowColumns = hasRuns
                    ? (outWidth - 1) * strideWidth + kernelWidth
                    : outWidth * kernelWidth;
            /// Floats from the window of an output pixel to the next one's.
            private final int windowStride = (hasRuns ? strideWidth : kernelWidth) * kernelHeight * inChannels;
            private final int gradientColumns = hasRuns ? inWidth + kernelWidth - 1 : inWidth * kernelWidth;
            private final int gradientStride = (hasRuns ? 1 : kernelWidth) * kernelHeight * filters;
            private final float[] rows = new float[windowColumns * kernelHeight * inChannels];
            private final float[] packedDy = new float[gemm.packedLength(outWidth, filters)];
            /// The sum of all rows of `dy`: long sums over short rows would not become vectors.
            private final float[] dySum = new float[outWidth * filters];
            private final float[] gradientRows =
                    new float[inputGradient ? gradientColumns * kernelHeight * filters : 0];

            @Override
            public void forward(Step step, float[] x, float[] y) {
                for (int image = 0; image < step.images(); image++) {
                    for (int outY = 0; outY < outHeight; outY++) {
                        copyInput(x, image, outY);
                        gemm.multiply(rows, 0, windowStride, 1, packed, 0, outWidth, depth,
                                filters, bias, min, Float.POSITIVE_INFINITY, false, y, outRow(image, outY), filters);
                    }
                }
            }

            @Override
            public void backward(Step step, float[] x, float[] y, float[] dy, float[] dx) {
                float[] gradient = step.gradient();
                Arrays.fill(dySum, 0);
                for (int image = 0; image < step.images(); image++) {
                    for (int outY = 0; outY < outHeight; outY++) {
                        int dyRow = outRow(image, outY);
                        for (int i = 0; i < dySum.length; i++) {
                            dySum[i] += dy[dyRow + i];
                        }
                        copyInput(x, image, outY);
                        gemm.pack(dy, dyRow, filters, 1, outWidth, filters, packedDy, 0);
                        gemm.multiply(rows, 0, 1, windowStride, packedDy, 0, depth, outWidth,
                                filters, null, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, image + outY > 0,
                                gradient, kernelOffset, filters);
                    }
                }
                if (useBias) {
                    Arrays.fill(gradient, biasOffset, biasOffset + filters, 0);
                    for (int i = 0; i < dySum.length; i++) {
                        gradient[biasOffset + i % filters] += dySum[i];
                    }
                }
                if (inputGradient) {
                    for (int image = 0; image < step.images(); image++) {
                        for (int inY = 0; inY < inHeight; inY++) {
                            copyWindows(dy, image * outHeight * outWidth * filters, outHeight, outWidth, filters,
                                    strideHeight, strideWidth, inY + padTop - (kernelHeight - 1) * dilationHeight,
                                    padLeft - (kernelWidth - 1) * dilationWidth, inWidth, 1, gradientColumns,
                                    gradientRows);
                            gemm.multiply(gradientRows, 0, gradientStride, 1, packedFlipped, 0, inWidth,
                                    flippedDepth(), inChannels, null, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY,
                                    false, dx, (image * inHeight + inY) * inWidth * inChannels, inChannels);
                        }
                    }
                }
            }

            private int outRow(int image, int outY) {
                return (image * outHeight + outY) * outWidth * filters;
            }

            private void copyInput(float[] x, int image, int outY) {
                copyWindows(x, image * inHeight * inWidth * inChannels, inHeight, inWidth, inChannels, 1, 1,
                        outY * strideHeight - padTop, -padLeft, outWidth, strideWidth, windowColumns, rows);
            }

            /// Copies the windows of `count` pixels, `stride` columns apart, into a buffer. The image counts as spread out by
            /// `spreadY` and `spreadX`, with zeros between its pixels.
            private void copyWindows(float[] from, int offset, int height, int width, int channels, int spreadY,
                    int spreadX, int firstRow, int firstColumn, int count, int stride, int columns, float[] buffer) {
                if (hasRuns) {
                    interleave(from, offset, height, width, channels, spreadY, spreadX, firstRow, firstColumn, columns,
                            buffer);
                    return;
                }
                int to = 0;
                for (int pixel = 0; pixel < count; pixel++) {
                    for (int filterX = 0; filterX < kernelWidth; filterX++) {
                        int column = firstColumn + pixel * stride + filterX * dilationWidth;
                        boolean hasColumn = column >= 0 && column % spreadX == 0 && column / spreadX < width;
                        for (int filterY = 0; filterY < kernelHeight; filterY++) {
                            int row = firstRow + filterY * dilationHeight;
                            if (hasColumn && row >= 0 && row % spreadY == 0 && row / spreadY < height) {
                                System.arraycopy(from, offset + (row / spreadY * width + column / spreadX) * channels,
                                        buffer, to, channels);
                            } else {
                                Arrays.fill(buffer, to, to + channels, 0);
                            }
                            to += channels;
                        }
                    }
                }
            }

            /// Copies `kernelHeight` rows of an image into `buffer[column][filterY][channel]`. The image counts as spread out
            /// by the strides, with zeros between its pixels. Rows that the image does not have become zeros; columns that it
            /// does not have are never written and stay zero.
            private void interleave(float[] from, int offset, int height, int width, int channels, int spreadY,
                    int spreadX, int firstRow, int firstColumn, int columns, float[] buffer) {
                int pitch = kernelHeight * channels;
                int first = Math.ceilDiv(Math.max(firstColumn, 0), spreadX);
                int end = Math.min(Math.ceilDiv(firstColumn + columns, spreadX), width);
                for (int filterY = 0; filterY < kernelHeight; filterY++) {
                    int row = firstRow + filterY * dilationHeight;
                    int to = (first * spreadX - firstColumn) * pitch + filterY * channels;
                    if (row < 0 || row % spreadY != 0 || row / spreadY >= height) {
                        for (int column = first; column < end; column++) {
                            Arrays.fill(buffer, to, to + channels, 0);
                            to += spreadX * pitch;
                        }
                        continue;
                    }
                    int at = offset + (row / spreadY * width + first) * channels;
                    for (int column = first; column < end; column++) {
                        if (channels == 3) {
                            // A call for the three floats of a photograph's pixel takes several times as long.
                            buffer[to] = from[at];
                            buffer[to + 1] = from[at + 1];
                            buffer[to + 2] = from[at + 2];
                        } else {
                            System.arraycopy(from, at, buffer, to, channels);
                        }
                        at += channels;
                        to += spreadX * pitch;
                    }
                }
            }
        }
    }
}

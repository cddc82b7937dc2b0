package dev.whittle.trainer.layer;

import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.kernel.StridedProduct;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// Convolution: `y[outY, outX, o] = bias[o] + Σ x[outY · strideHeight + filterY · dilationHeight − padTop, outX ·
/// strideWidth + filterX · dilationWidth − padLeft, i] · kernel[filterY, filterX, i, o]`, zeros outside the image; the sum
/// goes over filterY, filterX, inChannel in this order.
///
/// All three passes are products over images as they lie, with windows that overlap ([StridedProduct]); where a window
/// reaches past the border, over a copy with zeros around it. The gradient of the kernel is, for each row of it, the product
/// of the image, transposed, with `dy`. The gradient of the input is the convolution of `dy`, zeros around it and between
/// its pixels where strides are larger than 1, with the kernel flipped and its channels swapped.
///
/// @param filters output channels
/// @param useBias adds a bias
/// @param initializer of the kernel
/// @param kernelBits computes with the kernel rounded to integers of so many bits, 2 to 8, with one scale per
///        output channel ([ChannelScales]); 0 for the kernel as it is
public record Conv2D(String name, int filters, int kernelHeight, int kernelWidth, int strideHeight, int strideWidth,
        int dilationHeight, int dilationWidth, Padding padding, boolean useBias, Initializer initializer,
        int kernelBits) implements Layer {

    public Conv2D {
        ChannelScales.requireBits(name, kernelBits);
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
                Initializer.GLOROT_UNIFORM, 0);
    }

    /// A square kernel with stride 1.
    public Conv2D(String name, int filters, int kernelSize, Padding padding) {
        this(name, filters, kernelSize, kernelSize, 1, 1, padding);
    }

    public Conv2D withStride(int stride) {
        return new Conv2D(name, filters, kernelHeight, kernelWidth, stride, stride, dilationHeight, dilationWidth,
                padding, useBias, initializer, kernelBits);
    }

    public Conv2D withDilation(int height, int width) {
        return new Conv2D(name, filters, kernelHeight, kernelWidth, strideHeight, strideWidth, height, width, padding,
                useBias, initializer, kernelBits);
    }

    public Conv2D withoutBias() {
        return new Conv2D(name, filters, kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight,
                dilationWidth, padding, false, initializer, kernelBits);
    }

    public Conv2D withInitializer(Initializer chosen) {
        return new Conv2D(name, filters, kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight,
                dilationWidth, padding, useBias, chosen, kernelBits);
    }

    /// With the kernel rounded to int8.
    public Conv2D withFakeQuantizedKernel() {
        return withFakeQuantizedKernel(Byte.SIZE);
    }

    /// @param bits of the integers that the kernel is rounded to
    public Conv2D withFakeQuantizedKernel(int bits) {
        return new Conv2D(name, filters, kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight,
                dilationWidth, padding, useBias, initializer, bits);
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
        Variable kernel = new Variable("kernel", Shape.of(kernelHeight, kernelWidth, channels, filters),
                new Variable.Trained(initializer, window * channels, window * filters));
        return useBias ? List.of(kernel, Variable.bias(filters)) : List.of(kernel);
    }

    @Override
    public BoundLayer bind(Binding binding) {
        return new Bound(binding);
    }

    private final class Bound implements BoundLayer {
        private final float[] parameters;
        private final int kernelOffset;
        private final int biasOffset;
        private final int inHeight;
        private final int inWidth;
        private final int inChannels;
        private final int outHeight;
        private final int outWidth;
        private final int taps = kernelHeight * kernelWidth;
        /// Taps that lie next to each other in a row of the image.
        private final int run = dilationWidth == 1 ? kernelWidth : 1;
        private final boolean inputGradient;
        /// The input as the windows see it.
        private final Canvas input;
        /// `dy` as the windows of the input's gradient see it.
        private final Canvas spread;
        private final int[] inputLines;
        private final StridedProduct forward;
        private final StridedProduct kernelGradient;
        private final StridedProduct backward;
        /// `[filterY, filterX, inChannel, outChannel]`, rows filled up.
        private final float[] kernel;
        private final float[] bias;
        /// `[last − filterY, last − filterX, outChannel, inChannel]`, rows filled up.
        private final float[] flipped;

        Bound(Binding binding) {
            parameters = binding.parameters();
            inHeight = binding.input().dimension(0);
            inWidth = binding.input().dimension(1);
            inChannels = binding.input().dimension(2);
            outHeight = binding.output().dimension(0);
            outWidth = binding.output().dimension(1);
            inputGradient = binding.inputGradient();
            kernelOffset = binding.parameterOffset();
            biasOffset = kernelOffset + taps * inChannels * filters;
            int padTop = padding.before(inHeight, kernelHeight, strideHeight, dilationHeight);
            int padLeft = padding.before(inWidth, kernelWidth, strideWidth, dilationWidth);
            int reachY = (kernelHeight - 1) * dilationHeight;
            int reachX = (kernelWidth - 1) * dilationWidth;
            input = new Canvas(inHeight, inWidth, inChannels, padTop, padLeft, 1, 1,
                    Math.max((outHeight - 1) * strideHeight + reachY + 1, padTop + inHeight),
                    Math.max((outWidth - 1) * strideWidth + reachX + 1, padLeft + inWidth));
            spread = new Canvas(outHeight, outWidth, filters, reachY - padTop, reachX - padLeft, strideHeight,
                    strideWidth, inHeight + reachY, inWidth + reachX);
            inputLines = lines(input);
            int columns = StridedProduct.filledUp(filters);
            int inColumns = StridedProduct.filledUp(inChannels);
            forward = StridedProduct.of(binding.tier(),
                    new StridedProduct.Layout(outWidth, strideWidth * inChannels, inputLines, run * inChannels, 1,
                            filters, columns, filters),
                    useBias || binding.forwardReLU(), binding.forwardReLU() ? 0 : Float.NEGATIVE_INFINITY);
            int[] outRows = new int[outHeight];
            Arrays.setAll(outRows, outY -> outY * strideHeight * input.rowStride());
            kernelGradient =
                    StridedProduct.adding(binding.tier(), new StridedProduct.Layout(run * inChannels, 1, outRows,
                            outWidth, strideWidth * inChannels, filters, columns, filters));
            backward = StridedProduct.of(binding.tier(), new StridedProduct.Layout(inWidth, filters, lines(spread),
                    run * filters, 1, inChannels, inColumns, inChannels), false, 0);
            kernel = new float[taps * inChannels * columns];
            bias = new float[columns];
            flipped = new float[inputGradient ? taps * filters * inColumns : 0];
        }

        /// Where the runs of taps lie that a window sees.
        private int[] lines(Canvas canvas) {
            int[] lines = new int[taps / run];
            for (int line = 0; line < lines.length; line++) {
                int tap = line * run;
                lines[line] = tap / kernelWidth * dilationHeight * canvas.rowStride()
                        + tap % kernelWidth * dilationWidth * canvas.channels();
            }
            return lines;
        }

        @Override
        public void refresh() {
            int columns = StridedProduct.filledUp(filters);
            for (int row = 0; row < taps * inChannels; row++) {
                System.arraycopy(parameters, kernelOffset + row * filters, kernel, row * columns, filters);
            }
            if (useBias) {
                System.arraycopy(parameters, biasOffset, bias, 0, filters);
            }
            if (kernelBits > 0) {
                float[] quantized = Arrays.copyOfRange(parameters, kernelOffset, biasOffset);
                ChannelScales.of(quantized, 0, taps * inChannels, filters, kernelBits).fakeQuantize(quantized);
                for (int row = 0; row < taps * inChannels; row++) {
                    System.arraycopy(quantized, row * filters, kernel, row * columns, filters);
                }
            }
            if (inputGradient) {
                flip(columns);
            }
        }

        private void flip(int columns) {
            int inColumns = StridedProduct.filledUp(inChannels);
            for (int tap = 0; tap < taps; tap++) {
                int from = (taps - 1 - tap) * inChannels * columns;
                int to = tap * filters * inColumns;
                for (int o = 0; o < filters; o++) {
                    for (int i = 0; i < inChannels; i++) {
                        flipped[to + o * inColumns + i] = kernel[from + i * columns + o];
                    }
                }
            }
        }

        @Override
        public boolean isByImage() {
            return true;
        }

        @Override
        public Pass pass(int images) {
            return new Convolution();
        }

        private final class Convolution implements Pass {
            private final boolean isVector = KernelTier.selected().portable() == KernelTier.VECTOR;
            private final float[] inputCopy = input.buffer();
            private final float[] spreadCopy = inputGradient ? spread.buffer() : new float[0];
            /// `dy` of an image with its rows filled up, where they are not vectors as they lie.
            private final float[] wideDy = new float[filters == StridedProduct.filledUp(filters)
                    ? 0
                    : outHeight * outWidth * StridedProduct.filledUp(filters)];
            /// The sum of all rows of `dy`: long sums over short rows would not become vectors.
            private final float[] dySum = new float[outWidth * filters];

            @Override
            public void forward(Step step, float[] x, float[] y) {
                for (int image = step.firstImage(); image < step.endImage(); image++) {
                    int at = image * inHeight * inWidth * inChannels;
                    forward.multiply(input.isImage() ? x : input.copy(x, at, inputCopy), input.isImage() ? at : 0,
                            kernel, 0, bias, y, image * outHeight * outWidth * filters, outHeight,
                            strideHeight * input.rowStride(), outWidth * filters);
                }
            }

            @Override
            public void backward(Step step, float[] x, float[] y, float[] dy, float[] dx) {
                float[] gradient = step.gradient();
                if (step.firstImage() == 0) {
                    Arrays.fill(gradient, kernelOffset, biasOffset + (useBias ? filters : 0), 0);
                    Arrays.fill(dySum, 0);
                }
                for (int image = step.firstImage(); image < step.endImage(); image++) {
                    int dyOffset = image * outHeight * outWidth * filters;
                    addKernelGradient(x, image, dy, dyOffset, gradient);
                    for (int outY = 0; useBias && outY < outHeight; outY++) {
                        int row = dyOffset + outY * outWidth * filters;
                        int done = isVector ? Simd.add(dy, row, dySum) : 0;
                        for (int i = done; i < dySum.length; i++) {
                            dySum[i] += dy[row + i];
                        }
                    }
                    if (inputGradient) {
                        backward.multiply(spread.isImage() ? dy : spread.copy(dy, dyOffset, spreadCopy),
                                spread.isImage() ? dyOffset : 0, flipped, 0, bias, dx,
                                image * inHeight * inWidth * inChannels, inHeight, spread.rowStride(),
                                inWidth * inChannels);
                    }
                }
                for (int i = 0; useBias && step.endImage() == step.images() && i < dySum.length; i++) {
                    gradient[biasOffset + i % filters] += dySum[i];
                }
            }

            private void addKernelGradient(float[] x, int image, float[] dy, int dyOffset, float[] gradient) {
                int at = image * inHeight * inWidth * inChannels;
                float[] a = input.isImage() ? x : input.copy(x, at, inputCopy);
                int columns = StridedProduct.filledUp(filters);
                for (int i = 0; i < wideDy.length / columns; i++) {
                    System.arraycopy(dy, dyOffset + i * filters, wideDy, i * columns, filters);
                }
                for (int line = 0; line < inputLines.length; line++) {
                    kernelGradient.multiply(a, (input.isImage() ? at : 0) + inputLines[line],
                            wideDy.length == 0 ? dy : wideDy, wideDy.length == 0 ? dyOffset : 0, bias, gradient,
                            kernelOffset + line * run * inChannels * filters, 1, 0, 0);
                }
            }
        }
    }

    /// An image among zeros: `height × width` pixels, `spreadY` and `spreadX` apart, from row `top` and column `left` on.
    ///
    /// @param rows of the whole
    /// @param columns of the whole
    private record Canvas(int height, int width, int channels, int top, int left, int spreadY, int spreadX, int rows,
            int columns) {
        /// Floats from one row to the next.
        int rowStride() {
            return columns * channels;
        }

        /// Whether the image is the whole: nothing is to be copied.
        boolean isImage() {
            return rows == height && columns == width;
        }

        float[] buffer() {
            return new float[isImage() ? 0 : rows * rowStride()];
        }

        /// Copies an image; its surroundings are never written and stay zero.
        float[] copy(float[] image, int offset, float[] buffer) {
            for (int row = 0; row < height; row++) {
                int from = offset + row * width * channels;
                int to = (top + row * spreadY) * rowStride() + left * channels;
                if (spreadX == 1) {
                    System.arraycopy(image, from, buffer, to, width * channels);
                } else {
                    for (int column = 0; column < width; column++) {
                        System.arraycopy(image, from + column * channels, buffer, to + column * spreadX * channels,
                                channels);
                    }
                }
            }
            return buffer;
        }
    }

    /// Apart, so that the rest loads without the Vector API.
    private static final class Simd {
        private static final VectorSpecies<Float> FLOATS = VectorSpecies.of(float.class,
                VectorShape.forBitSize(KernelTier.VECTOR.vectorBits()));

        /// Adds a row to sums. The compiler makes no vectors of a loop over two arrays at different places.
        ///
        /// @return how many elements, the others being less than a vector
        static int add(float[] row, int from, float[] sums) {
            int end = FLOATS.loopBound(sums.length);
            for (int i = 0; i < end; i += FLOATS.length()) {
                FloatVector.fromArray(FLOATS, sums, i).add(FloatVector.fromArray(FLOATS, row, from + i))
                        .intoArray(sums, i);
            }
            return end;
        }
    }
}

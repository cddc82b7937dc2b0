package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import java.util.Arrays;
import java.util.List;

/// Convolution of each channel by itself: `y[outY, outX, c · depthMultiplier + m] = bias + Σ x[outY · strideHeight + filterY ·
/// dilationHeight − padTop, outX · strideWidth + filterX · dilationWidth − padLeft, c] · kernel[filterY, filterX, c, m]`, zeros
/// outside the image. The kernel is stored as `[filterY, filterX, channel, multiplier]`.
///
/// @param depthMultiplier output channels for each input channel
/// @param useBias adds a bias
/// @param initializer of the kernel
/// @param kernelBits computes with the kernel rounded to integers of so many bits, 2 to 8, with one scale per
///        output channel ([ChannelScales]); 0 for the kernel as it is
public record DepthwiseConv2D(String name, int kernelHeight, int kernelWidth, int strideHeight, int strideWidth,
        int dilationHeight, int dilationWidth, int depthMultiplier, Padding padding, boolean useBias,
        Initializer initializer, int kernelBits) implements Layer {

    public DepthwiseConv2D {
        ChannelScales.requireBits(name, kernelBits);
        if (kernelHeight < 1 || kernelWidth < 1 || strideHeight < 1 || strideWidth < 1 || dilationHeight < 1
                || dilationWidth < 1 || depthMultiplier < 1) {
            throw new IllegalArgumentException(
                    "layer \"%s\": kernel of %d x %d with strides %d x %d, dilations %d x %d and depth multiplier %d, must be positive"
                            .formatted(name, kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight,
                                    dilationWidth, depthMultiplier));
        }
    }

    /// A square kernel, one output channel for each input channel, with bias, Glorot uniform.
    public DepthwiseConv2D(String name, int kernelSize, int stride, Padding padding) {
        this(name, kernelSize, kernelSize, stride, stride, 1, 1, 1, padding, true, Initializer.GLOROT_UNIFORM, 0);
    }

    public DepthwiseConv2D withInitializer(Initializer chosen) {
        return new DepthwiseConv2D(name, kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight,
                dilationWidth, depthMultiplier, padding, useBias, chosen, kernelBits);
    }

    public DepthwiseConv2D withoutBias() {
        return new DepthwiseConv2D(name, kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight,
                dilationWidth, depthMultiplier, padding, false, initializer, kernelBits);
    }

    /// With the kernel rounded to int8.
    public DepthwiseConv2D withFakeQuantizedKernel() {
        return withFakeQuantizedKernel(Byte.SIZE);
    }

    /// @param bits of the integers that the kernel is rounded to
    public DepthwiseConv2D withFakeQuantizedKernel(int bits) {
        return new DepthwiseConv2D(name, kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight,
                dilationWidth, depthMultiplier, padding, useBias, initializer, bits);
    }

    @Override
    public Shape outputShape(Shape input) {
        return Images.windows(this, input, kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight,
                dilationWidth, padding, Math.multiplyExact(Images.of(this, input).dimension(2), depthMultiplier));
    }

    @Override
    public List<Variable> variables(Shape input) {
        int channels = input.dimension(2);
        int taps = kernelHeight * kernelWidth;
        Variable kernel = new Variable("kernel", Shape.of(kernelHeight, kernelWidth, channels, depthMultiplier),
                new Variable.Trained(initializer, taps * channels, taps * depthMultiplier));
        return useBias ? List.of(kernel, Variable.bias(channels * depthMultiplier)) : List.of(kernel);
    }

    @Override
    public BoundLayer bind(Binding binding) {
        return new Bound(binding);
    }

    private final class Bound implements BoundLayer {
        private final Binding binding;
        private final int taps = kernelHeight * kernelWidth;
        private final int channels;
        private final float[] kernel;

        Bound(Binding binding) {
            this.binding = binding;
            channels = binding.output().dimension(2);
            kernel = new float[taps * channels];
        }

        @Override
        public void refresh() {
            System.arraycopy(binding.parameters(), binding.parameterOffset(), kernel, 0, kernel.length);
            if (kernelBits > 0) {
                ChannelScales.of(kernel, 0, taps, channels, kernelBits).fakeQuantize(kernel);
            }
        }

        @Override
        public Pass pass(int images) {
            return new Convolution(binding, kernel);
        }
    }

    private final class Convolution implements BoundLayer.Pass {
        private final float[] parameters;
        private final float[] kernel;
        private final int kernelOffset;
        private final int biasOffset;
        private final boolean inputGradient;
        private final int inHeight;
        private final int inWidth;
        private final int inChannels;
        private final int outHeight;
        private final int outWidth;
        private final int outChannels;
        private final int padTop;
        private final int padLeft;
        /// Gradients of one image, which are added to those of the others: one sum over all pixels would be less exact.
        private final float[] kernelGradient;
        private final float[] biasGradient;

        Convolution(Binding binding, float[] kernel) {
            this.kernel = kernel;
            parameters = binding.parameters();
            inHeight = binding.input().dimension(0);
            inWidth = binding.input().dimension(1);
            inChannels = binding.input().dimension(2);
            outHeight = binding.output().dimension(0);
            outWidth = binding.output().dimension(1);
            outChannels = binding.output().dimension(2);
            padTop = padding.before(inHeight, kernelHeight, strideHeight, dilationHeight);
            padLeft = padding.before(inWidth, kernelWidth, strideWidth, dilationWidth);
            kernelOffset = binding.parameterOffset();
            biasOffset = kernelOffset + kernelHeight * kernelWidth * outChannels;
            inputGradient = binding.inputGradient();
            kernelGradient = new float[kernelHeight * kernelWidth * outChannels];
            biasGradient = new float[useBias ? outChannels : 0];
        }

        @Override
        public void forward(Step step, float[] x, float[] y) {
            int to = 0;
            for (int image = 0; image < step.images(); image++) {
                for (int outY = 0; outY < outHeight; outY++) {
                    for (int outX = 0; outX < outWidth; outX++) {
                        if (useBias) {
                            System.arraycopy(parameters, biasOffset, y, to, outChannels);
                        } else {
                            Arrays.fill(y, to, to + outChannels, 0);
                        }
                        for (int filterY = 0; filterY < kernelHeight; filterY++) {
                            int inY = outY * strideHeight + filterY * dilationHeight - padTop;
                            if (inY < 0 || inY >= inHeight) {
                                continue;
                            }
                            for (int filterX = 0; filterX < kernelWidth; filterX++) {
                                int inX = outX * strideWidth + filterX * dilationWidth - padLeft;
                                if (inX >= 0 && inX < inWidth) {
                                    multiply(x, ((image * inHeight + inY) * inWidth + inX) * inChannels,
                                            (filterY * kernelWidth + filterX) * outChannels, y, to);
                                }
                            }
                        }
                        to += outChannels;
                    }
                }
            }
        }

        private void multiply(float[] x, int from, int tap, float[] y, int to) {
            if (depthMultiplier == 1) {
                for (int c = 0; c < inChannels; c++) {
                    y[to + c] = Math.fma(x[from + c], kernel[tap + c], y[to + c]);
                }
                return;
            }
            for (int c = 0; c < outChannels; c++) {
                y[to + c] = Math.fma(x[from + c / depthMultiplier], kernel[tap + c], y[to + c]);
            }
        }

        @Override
        public void backward(Step step, float[] x, float[] y, float[] dy, float[] dx) {
            float[] gradient = step.gradient();
            Arrays.fill(gradient, kernelOffset, kernelOffset + kernelGradient.length, 0);
            Arrays.fill(gradient, biasOffset, biasOffset + biasGradient.length, 0);
            if (inputGradient) {
                Arrays.fill(dx, 0, step.images() * inHeight * inWidth * inChannels, 0);
            }
            for (int image = 0; image < step.images(); image++) {
                Arrays.fill(kernelGradient, 0);
                Arrays.fill(biasGradient, 0);
                backward(image, x, dy, dx);
                add(kernelGradient, gradient, kernelOffset);
                add(biasGradient, gradient, biasOffset);
            }
        }

        private void backward(int image, float[] x, float[] dy, float[] dx) {
            for (int outY = 0; outY < outHeight; outY++) {
                for (int outX = 0; outX < outWidth; outX++) {
                    int from = ((image * outHeight + outY) * outWidth + outX) * outChannels;
                    for (int c = 0; c < biasGradient.length; c++) {
                        biasGradient[c] += dy[from + c];
                    }
                    for (int filterY = 0; filterY < kernelHeight; filterY++) {
                        int inY = outY * strideHeight + filterY * dilationHeight - padTop;
                        if (inY < 0 || inY >= inHeight) {
                            continue;
                        }
                        for (int filterX = 0; filterX < kernelWidth; filterX++) {
                            int inX = outX * strideWidth + filterX * dilationWidth - padLeft;
                            if (inX >= 0 && inX < inWidth) {
                                int pixel = ((image * inHeight + inY) * inWidth + inX) * inChannels;
                                int tap = (filterY * kernelWidth + filterX) * outChannels;
                                multiplyKernelGradient(x, pixel, dy, from, tap);
                                if (inputGradient) {
                                    multiplyInputGradient(dy, from, tap, dx, pixel);
                                }
                            }
                        }
                    }
                }
            }
        }

        private void multiplyKernelGradient(float[] x, int pixel, float[] dy, int from, int tap) {
            if (depthMultiplier == 1) {
                for (int c = 0; c < inChannels; c++) {
                    kernelGradient[tap + c] = Math.fma(x[pixel + c], dy[from + c], kernelGradient[tap + c]);
                }
                return;
            }
            for (int c = 0; c < outChannels; c++) {
                kernelGradient[tap + c] =
                        Math.fma(x[pixel + c / depthMultiplier], dy[from + c], kernelGradient[tap + c]);
            }
        }

        private void multiplyInputGradient(float[] dy, int from, int tap, float[] dx, int pixel) {
            if (depthMultiplier == 1) {
                for (int c = 0; c < inChannels; c++) {
                    dx[pixel + c] = Math.fma(dy[from + c], kernel[tap + c], dx[pixel + c]);
                }
                return;
            }
            for (int c = 0; c < outChannels; c++) {
                int to = pixel + c / depthMultiplier;
                dx[to] = Math.fma(dy[from + c], kernel[tap + c], dx[to]);
            }
        }

        private static void add(float[] from, float[] to, int offset) {
            for (int i = 0; i < from.length; i++) {
                to[offset + i] += from[i];
            }
        }
    }
}

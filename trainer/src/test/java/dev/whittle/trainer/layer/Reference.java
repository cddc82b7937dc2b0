package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/// What each layer computes, as plain loops in double precision over `[images, height, width, channel]`, with the layer's
/// trained variables one after the other as the trainer stores them.
final class Reference {
    private final Shape input;
    private final Shape output;
    private final int images;
    private final double[] x;
    private final double[] parameters;

    private Reference(Shape input, Shape output, int images, double[] x, double[] parameters) {
        this.input = input;
        this.output = output;
        this.images = images;
        this.x = x;
        this.parameters = parameters;
    }

    static double[] forward(Layer layer, Shape input, int images, double[] x, double[] parameters) {
        return new Reference(input, layer.outputShape(List.of(input)), images, x, parameters).forward(layer);
    }

    private double[] forward(Layer layer) {
        return switch (layer) {
            case Conv2D conv -> convolve(conv);
            case DepthwiseConv2D conv -> convolve(conv);
            case Dense dense -> multiply(dense);
            case AveragePool2D pool -> windows(pool.poolHeight(), pool.poolWidth(), pool.strideHeight(),
                    pool.strideWidth(), pool.padding(), true);
            case MaxPool2D pool -> windows(pool.poolHeight(), pool.poolWidth(), pool.strideHeight(),
                    pool.strideWidth(), pool.padding(), false);
            case GlobalAveragePool _ -> windows(input.dimension(0), input.dimension(1), 1, 1, Padding.VALID, true);
            case ZeroPadding padding -> pad(padding);
            case BatchNorm norm -> normalize(norm);
            case ReLU _ -> each(v -> Math.max(v, 0));
            case ReLU6 _ -> each(v -> Math.min(Math.max(v, 0), 6));
            case LeakyReLU leaky -> each(v -> v > 0 ? v : leaky.slope() * v);
            case HardSwish _ -> each(v -> v * Math.min(Math.max(v + 3, 0), 6) / 6);
            case Sigmoid _ -> each(v -> 1 / (1 + Math.exp(-v)));
            case Tanh _ -> each(Math::tanh);
            case Softmax _ -> softmax();
            case Rescaling rescaling -> each(v -> v * rescaling.scale() + rescaling.offset());
            case Flatten _,Reshape _ -> x.clone();
            default -> throw new IllegalArgumentException("no reference for " + layer);
        };
    }

    private double[] each(DoubleUnaryOperator function) {
        double[] y = new double[x.length];
        for (int i = 0; i < y.length; i++) {
            y[i] = function.applyAsDouble(x[i]);
        }
        return y;
    }

    /// The input, zero outside the image.
    private double at(int image, int row, int column, int channel) {
        boolean isInside = row >= 0 && row < input.dimension(0) && column >= 0 && column < input.dimension(1);
        return isInside
                ? x[((image * input.dimension(0) + row) * input.dimension(1) + column) * input.dimension(2) + channel]
                : 0;
    }

    private double[] convolve(Conv2D conv) {
        int inChannels = input.dimension(2);
        int padTop = conv.padding().before(input.dimension(0), conv.kernelHeight(), conv.strideHeight(),
                conv.dilationHeight());
        int padLeft = conv.padding().before(input.dimension(1), conv.kernelWidth(), conv.strideWidth(),
                conv.dilationWidth());
        int biasOffset = conv.kernelHeight() * conv.kernelWidth() * inChannels * conv.filters();
        double[] y = new double[images * output.elementCount()];
        int to = 0;
        for (int image = 0; image < images; image++) {
            for (int outY = 0; outY < output.dimension(0); outY++) {
                for (int outX = 0; outX < output.dimension(1); outX++) {
                    for (int out = 0; out < conv.filters(); out++) {
                        double sum = conv.useBias() ? parameters[biasOffset + out] : 0;
                        for (int filterY = 0; filterY < conv.kernelHeight(); filterY++) {
                            for (int filterX = 0; filterX < conv.kernelWidth(); filterX++) {
                                for (int in = 0; in < inChannels; in++) {
                                    sum += at(image,
                                            outY * conv.strideHeight() + filterY * conv.dilationHeight() - padTop,
                                            outX * conv.strideWidth() + filterX * conv.dilationWidth() - padLeft, in)
                                            * parameters[((filterY * conv.kernelWidth() + filterX) * inChannels + in)
                                                    * conv.filters() + out];
                                }
                            }
                        }
                        y[to++] = sum;
                    }
                }
            }
        }
        return y;
    }

    private double[] convolve(DepthwiseConv2D conv) {
        int outChannels = output.dimension(2);
        int padTop = conv.padding().before(input.dimension(0), conv.kernelHeight(), conv.strideHeight(),
                conv.dilationHeight());
        int padLeft = conv.padding().before(input.dimension(1), conv.kernelWidth(), conv.strideWidth(),
                conv.dilationWidth());
        double[] y = new double[images * output.elementCount()];
        int to = 0;
        for (int image = 0; image < images; image++) {
            for (int outY = 0; outY < output.dimension(0); outY++) {
                for (int outX = 0; outX < output.dimension(1); outX++) {
                    for (int out = 0; out < outChannels; out++) {
                        double sum = conv.useBias()
                                ? parameters[conv.kernelHeight() * conv.kernelWidth() * outChannels + out]
                                : 0;
                        for (int filterY = 0; filterY < conv.kernelHeight(); filterY++) {
                            for (int filterX = 0; filterX < conv.kernelWidth(); filterX++) {
                                sum += at(image,
                                        outY * conv.strideHeight() + filterY * conv.dilationHeight() - padTop,
                                        outX * conv.strideWidth() + filterX * conv.dilationWidth() - padLeft,
                                        out / conv.depthMultiplier())
                                        * parameters[(filterY * conv.kernelWidth() + filterX) * outChannels + out];
                            }
                        }
                        y[to++] = sum;
                    }
                }
            }
        }
        return y;
    }

    private double[] multiply(Dense dense) {
        int features = input.dimension(0);
        double[] y = new double[images * dense.units()];
        for (int image = 0; image < images; image++) {
            for (int unit = 0; unit < dense.units(); unit++) {
                double sum = dense.useBias() ? parameters[features * dense.units() + unit] : 0;
                for (int feature = 0; feature < features; feature++) {
                    sum += x[image * features + feature] * parameters[feature * dense.units() + unit];
                }
                y[image * dense.units() + unit] = sum;
            }
        }
        return y;
    }

    /// The mean or the maximum of each window, borders left out.
    private double[] windows(int height, int width, int strideHeight, int strideWidth, Padding padding, boolean mean) {
        int padTop = padding.before(input.dimension(0), height, strideHeight, 1);
        int padLeft = padding.before(input.dimension(1), width, strideWidth, 1);
        boolean isGlobal = output.rank() == 1;
        int channels = input.dimension(2);
        double[] y = new double[images * output.elementCount()];
        int to = 0;
        for (int image = 0; image < images; image++) {
            for (int outY = 0; outY < (isGlobal ? 1 : output.dimension(0)); outY++) {
                for (int outX = 0; outX < (isGlobal ? 1 : output.dimension(1)); outX++) {
                    for (int channel = 0; channel < channels; channel++) {
                        double sum = 0;
                        double largest = Double.NEGATIVE_INFINITY;
                        int count = 0;
                        for (int row = outY * strideHeight - padTop; row < outY * strideHeight - padTop
                                + height; row++) {
                            for (int column = outX * strideWidth - padLeft; column < outX * strideWidth - padLeft
                                    + width; column++) {
                                if (row >= 0 && row < input.dimension(0) && column >= 0
                                        && column < input.dimension(1)) {
                                    sum += at(image, row, column, channel);
                                    largest = Math.max(largest, at(image, row, column, channel));
                                    count++;
                                }
                            }
                        }
                        y[to++] = mean ? sum / count : largest;
                    }
                }
            }
        }
        return y;
    }

    private double[] pad(ZeroPadding padding) {
        double[] y = new double[images * output.elementCount()];
        int to = 0;
        for (int image = 0; image < images; image++) {
            for (int row = 0; row < output.dimension(0); row++) {
                for (int column = 0; column < output.dimension(1); column++) {
                    for (int channel = 0; channel < output.dimension(2); channel++) {
                        y[to++] = at(image, row - padding.top(), column - padding.left(), channel);
                    }
                }
            }
        }
        return y;
    }

    /// With the statistics of all images.
    private double[] normalize(BatchNorm norm) {
        int channels = input.dimension(input.rank() - 1);
        int count = x.length / channels;
        double[] y = new double[x.length];
        for (int channel = 0; channel < channels; channel++) {
            double mean = 0;
            for (int i = channel; i < x.length; i += channels) {
                mean += x[i] / count;
            }
            double variance = 0;
            for (int i = channel; i < x.length; i += channels) {
                variance += (x[i] - mean) * (x[i] - mean) / count;
            }
            for (int i = channel; i < x.length; i += channels) {
                y[i] = (x[i] - mean) / Math.sqrt(variance + norm.epsilon()) * parameters[channel]
                        + parameters[channels + channel];
            }
        }
        return y;
    }

    private double[] softmax() {
        int classes = input.elementCount();
        double[] y = new double[x.length];
        for (int from = 0; from < x.length; from += classes) {
            double sum = 0;
            for (int i = from; i < from + classes; i++) {
                sum += Math.exp(x[i]);
            }
            for (int i = from; i < from + classes; i++) {
                y[i] = Math.exp(x[i]) / sum;
            }
        }
        return y;
    }
}

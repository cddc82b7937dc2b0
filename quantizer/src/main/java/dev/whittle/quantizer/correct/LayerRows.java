package dev.whittle.quantizer.correct;

import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/// Rows of a layer as the product that it is: what one output position of one sample reads, beside what it should give. Of a
/// depthwise convolution each channel has numbers of its own.
///
/// @param inputs row by row: `[position]`, or `[position, channel]` for a depthwise convolution
/// @param targets row by row, `[channel]`
record LayerRows(List<float[]> inputs, List<float[]> targets) {

    /// At most `count` rows, drawn without any twice.
    ///
    /// @param input what the layer reads, sample by sample, of the shape `inputShape`
    /// @param output what it should give in front of its activation, of the shape `outputShape`
    static LayerRows draw(WeightedLayer layer, Shape inputShape, List<float[]> input, Shape outputShape,
            List<float[]> output, int count, long seed) {
        int channels = layer.channels();
        int perSample = output.getFirst().length / channels;
        long total = (long) perSample * output.size();
        int[] chosen = chosen(total, count, seed);
        float[][] inputs = new float[chosen.length][];
        float[][] targets = new float[chosen.length][];
        for (int row = 0; row < chosen.length; row++) {
            int sample = chosen[row] / perSample;
            int position = chosen[row] % perSample;
            inputs[row] = read(layer, inputShape, input.get(sample), outputShape, position);
            targets[row] = Arrays.copyOfRange(output.get(sample), position * channels, (position + 1) * channels);
        }
        return new LayerRows(List.of(inputs), List.of(targets));
    }

    private static int[] chosen(long total, int count, long seed) {
        int bounded = Math.toIntExact(Math.min(total, Integer.MAX_VALUE));
        if (bounded <= count) {
            int[] all = new int[bounded];
            Arrays.setAll(all, i -> i);
            return all;
        }
        return new Random(seed).ints(0, bounded).distinct().limit(count).sorted().toArray();
    }

    private static float[] read(WeightedLayer layer, Shape shape, float[] input, Shape outputShape, int position) {
        return switch (layer.operator().options()) {
            case Options.Conv2d conv -> {
                Sweep sweep = new Sweep(conv.padding(), conv.strideHeight(), conv.strideWidth(), conv.dilationHeight(),
                        conv.dilationWidth());
                yield sweep.patch(layer, shape, input, outputShape, position);
            }
            case Options.DepthwiseConv2d conv -> {
                Sweep sweep = new Sweep(conv.padding(), conv.strideHeight(), conv.strideWidth(), conv.dilationHeight(),
                        conv.dilationWidth());
                yield sweep.patch(layer, shape, input, outputShape, position);
            }
            default -> Arrays.copyOfRange(input, position * layer.positions(), (position + 1) * layer.positions());
        };
    }

    /// How a filter goes over an image.
    private record Sweep(Padding padding, int strideHeight, int strideWidth, int dilationHeight, int dilationWidth) {

        /// What one position of the output reads; zeros outside the image.
        float[] patch(WeightedLayer layer, Shape shape, float[] input, Shape outputShape, int position) {
            int filterHeight = layer.filterShape().dimension(1);
            int filterWidth = layer.filterShape().dimension(2);
            int outX = position % outputShape.dimension(2);
            int outY = position / outputShape.dimension(2) % outputShape.dimension(1);
            int batch = position / (outputShape.dimension(2) * outputShape.dimension(1));
            int top = outY * strideHeight - before(shape.dimension(1), outputShape.dimension(1), filterHeight,
                    strideHeight, dilationHeight);
            int left = outX * strideWidth - before(shape.dimension(2), outputShape.dimension(2), filterWidth,
                    strideWidth, dilationWidth);
            int depth = shape.dimension(3);
            // A depthwise filter has one number per pixel for each channel.
            int width = layer.isDepthwise() ? layer.channels() : depth;
            float[] patch = new float[filterHeight * filterWidth * width];
            for (int filterY = 0; filterY < filterHeight; filterY++) {
                int y = top + filterY * dilationHeight;
                for (int filterX = 0; filterX < filterWidth; filterX++) {
                    int x = left + filterX * dilationWidth;
                    if (y >= 0 && y < shape.dimension(1) && x >= 0 && x < shape.dimension(2)) {
                        int from = ((batch * shape.dimension(1) + y) * shape.dimension(2) + x) * depth;
                        int to = (filterY * filterWidth + filterX) * width;
                        for (int channel = 0; channel < width; channel++) {
                            patch[to + channel] = input[from
                                    + (layer.isDepthwise() ? layer.inChannel(0, channel) : channel)];
                        }
                    }
                }
            }
            return patch;
        }

        private int before(int in, int out, int filter, int stride, int dilation) {
            int needed = (out - 1) * stride + (filter - 1) * dilation + 1;
            return padding == Padding.SAME ? Math.max(0, needed - in) / 2 : 0;
        }
    }
}

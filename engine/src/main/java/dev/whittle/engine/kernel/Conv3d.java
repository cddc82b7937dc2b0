package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/// CONV_3D: `output[b, z, y, x, o] = activation(Σ input[b, z', y', x', c] · filter[k, j, i, c, o] + bias[o])`, the sum over
/// filterZ `k`, filterY `j`, filterX `i`, inChannel `c` in this order, `z' = z · strideZ − padFront + k · dilationZ` and
/// likewise `y'` and `x'`. FLOAT32 only; padding counts as 0. Source: LiteRT `reference/conv3d.h`.
///
/// Shapes: input `[batch, depth, height, width, inChannel]`, filter `[filterZ, filterY, filterX, inChannel, outChannel]`.
/// Each output row is one matrix product of its gathered input with the packed filter.
final class Conv3d implements OperatorKernel {

    /// The three axes, and the channels on both sides.
    private record Volume(int batches, Slide z, Slide y, Slide x, int inChannels, int outChannels) {
        int depth() {
            return z.taps() * y.taps() * x.taps() * inChannels;
        }

        /// Where a pixel of the input starts.
        int pixel(int batch, int inZ, int inY, int inX) {
            return (((batch * z.elements() + inZ) * y.elements() + inY) * x.elements() + inX) * inChannels;
        }
    }

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        Volume volume = volume(p);
        return List.of(Shape.of(volume.batches, volume.z.positions(), volume.y.positions(), volume.x.positions(),
                volume.outChannels));
    }

    private static Volume volume(Preparation p) {
        Options.Conv3d options = (Options.Conv3d) p.options();
        TensorChecks.counts(p, 2, 3);
        Tensor filter = p.inputTensor(1);
        TensorChecks.rank(p, "input", p.inputTensor(0), 5);
        TensorChecks.rank(p, "filter", filter, 5);
        Shape input = p.inputTensor(0).shape();
        Shape taps = filter.shape();
        if (taps.dimension(3) != input.dimension(4)) {
            throw p.malformed("filter has " + taps.dimension(3) + " input channels for an input of "
                    + input.dimension(4) + ", must have as many");
        }
        if (taps.dimension(3) < 1 || taps.dimension(4) < 1) {
            throw p.malformed("filter " + taps + " has no channels, must have at least 1 on both sides");
        }
        return new Volume(input.dimension(0),
                Slide.of(p, "depth", options.padding(), input.dimension(1), taps.dimension(0), options.strideDepth(),
                        options.dilationDepth()),
                Slide.of(p, "height", options.padding(), input.dimension(2), taps.dimension(1), options.strideHeight(),
                        options.dilationHeight()),
                Slide.of(p, "width", options.padding(), input.dimension(3), taps.dimension(2), options.strideWidth(),
                        options.dilationWidth()),
                input.dimension(4), taps.dimension(4));
    }

    @Override
    public Kernel prepare(Preparation p) {
        Volume volume = volume(p);
        Activation activation = ((Options.Conv3d) p.options()).activation();
        ActivationRange.requireClamp(p, activation);
        TensorChecks.sameType(p, "filter", p.inputTensor(1), ElementType.FLOAT32);
        TensorChecks.requireWork(p, volume.batches, volume.z.positions(), volume.y.positions(), volume.x.positions(),
                p.inputTensor(1).shape().elementCount());
        Filter filter = Filter.read(p, Filter.Inputs.USUAL, 4);
        Slot input = p.input(0);
        Slot output = p.output(0);
        if (p.tier() == KernelTier.REFERENCE) {
            return memory -> reference(memory.floats(input), memory.offset(input), volume, filter, activation,
                    memory.floats(output), memory.offset(output));
        }
        PackedWeights packed = PackedWeights.ofReals(Gemm.of(p.tier()), channelsFirst(filter.values(), volume), 0,
                volume.outChannels, volume.depth(), filter.bias(), activation);
        Slot buffer = p.scratch(ElementType.FLOAT32,
                TensorChecks.scratchLength(p, volume.x.positions(), volume.depth()));
        int rowElements = volume.x.positions() * volume.outChannels;
        return memory -> {
            int to = memory.offset(output);
            for (int batch = 0; batch < volume.batches; batch++) {
                for (int outZ = 0; outZ < volume.z.positions(); outZ++) {
                    for (int outY = 0; outY < volume.y.positions(); outY++) {
                        gather(memory.floats(input), memory.offset(input), volume, batch, outZ, outY,
                                memory.floats(buffer), memory.offset(buffer));
                        packed.multiply(memory.floats(buffer), memory.offset(buffer), volume.depth(),
                                volume.x.positions(), memory.floats(output), to, volume.outChannels, 0);
                        to += rowElements;
                    }
                }
            }
        };
    }

    /// `[step][outChannel]` to `[outChannel][step]`.
    private static float[] channelsFirst(float[] values, Volume volume) {
        float[] ordered = new float[values.length];
        for (int step = 0; step < volume.depth(); step++) {
            for (int outChannel = 0; outChannel < volume.outChannels; outChannel++) {
                ordered[outChannel * volume.depth() + step] = values[step * volume.outChannels + outChannel];
            }
        }
        return ordered;
    }

    /// Lays what each position of an output row sees side by side.
    private static void gather(float[] input, int inputOffset, Volume volume, int batch, int outZ, int outY,
            float[] buffer, int bufferOffset) {
        int channels = volume.inChannels;
        int to = bufferOffset;
        for (int outX = 0; outX < volume.x.positions(); outX++) {
            for (int filterZ = 0; filterZ < volume.z.taps(); filterZ++) {
                int inZ = volume.z.element(outZ, filterZ);
                for (int filterY = 0; filterY < volume.y.taps(); filterY++) {
                    int inY = volume.y.element(outY, filterY);
                    for (int filterX = 0; filterX < volume.x.taps(); filterX++) {
                        int inX = volume.x.element(outX, filterX);
                        if (volume.z.isInside(inZ) && volume.y.isInside(inY) && volume.x.isInside(inX)) {
                            System.arraycopy(input, inputOffset + volume.pixel(batch, inZ, inY, inX), buffer, to,
                                    channels);
                        } else {
                            Arrays.fill(buffer, to, to + channels, 0);
                        }
                        to += channels;
                    }
                }
            }
        }
    }

    private static void reference(float[] input, int inputOffset, Volume volume, Filter filter, Activation activation,
            float[] output, int outputOffset) {
        float[] bias = filter.bias();
        int to = outputOffset;
        for (int batch = 0; batch < volume.batches; batch++) {
            for (int outZ = 0; outZ < volume.z.positions(); outZ++) {
                for (int outY = 0; outY < volume.y.positions(); outY++) {
                    for (int outX = 0; outX < volume.x.positions(); outX++) {
                        for (int outChannel = 0; outChannel < volume.outChannels; outChannel++) {
                            float sum = sum(input, inputOffset, volume, filter.values(), batch, outZ, outY, outX,
                                    outChannel);
                            output[to++] = Gemm.clamp(bias == null ? sum : sum + bias[outChannel],
                                    activation.minimum(), activation.maximum());
                        }
                    }
                }
            }
        }
    }

    private static float sum(float[] input, int inputOffset, Volume volume, float[] filter, int batch, int outZ,
            int outY, int outX, int outChannel) {
        float sum = 0;
        int tap = outChannel;
        for (int filterZ = 0; filterZ < volume.z.taps(); filterZ++) {
            for (int filterY = 0; filterY < volume.y.taps(); filterY++) {
                for (int filterX = 0; filterX < volume.x.taps(); filterX++) {
                    int inZ = volume.z.element(outZ, filterZ);
                    int inY = volume.y.element(outY, filterY);
                    int inX = volume.x.element(outX, filterX);
                    boolean isInside = volume.z.isInside(inZ) && volume.y.isInside(inY) && volume.x.isInside(inX);
                    int from = inputOffset + volume.pixel(batch, inZ, inY, inX);
                    for (int inChannel = 0; inChannel < volume.inChannels; inChannel++) {
                        sum = Math.fma(isInside ? input[from + inChannel] : 0, filter[tap], sum);
                        tap += volume.outChannels;
                    }
                }
            }
        }
        return sum;
    }
}

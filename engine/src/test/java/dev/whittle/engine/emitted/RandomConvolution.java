package dev.whittle.engine.emitted;

import dev.whittle.engine.emitted.x86.ConvolutionShape;
import dev.whittle.engine.emitted.x86.VectorUnit;
import dev.whittle.engine.kernel.Convolution;
import dev.whittle.engine.kernel.Convolution.Requantization;
import dev.whittle.engine.kernel.Slot;
import dev.whittle.engine.kernel.Window;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/// Convolutions of random shapes and numbers, of all kinds that there is code for.
final class RandomConvolution {
    private static final int[] CHANNELS = {1, 2, 3, 4, 5, 7, 8, 12, 15, 16, 17, 31, 32, 33, 48, 50, 64, 65, 80, 130};
    private static final Slot SLOT = new Slot(0, "x", ElementType.FLOAT32, Shape.of(1), null);

    private RandomConvolution() {}

    /// Those of the first `count` seeds that there is code for, with the parts of each.
    static List<Planned> planned(int count, VectorUnit unit) {
        List<Planned> all = new ArrayList<>();
        for (int seed = 0; seed < count; seed++) {
            Convolution convolution = of(new Random(seed));
            ConvolutionShape shape = PackedConvolution.shape(convolution);
            List<ConvolutionPart> parts = shape == null ? null : ConvolutionPart.of(shape, unit, 1);
            if (shape != null && parts != null) {
                all.add(new Planned(seed, convolution, shape, parts));
            }
        }
        return all;
    }

    record Planned(int seed, Convolution convolution, ConvolutionShape shape, List<ConvolutionPart> parts) {}

    private static Convolution of(Random random) {
        int depth = CHANNELS[random.nextInt(random.nextInt(3) == 0 ? CHANNELS.length : 10)];
        int channels = CHANNELS[random.nextInt(CHANNELS.length)];
        Window window = window(random, depth);
        int kind = random.nextInt(6);
        boolean isPooled = random.nextInt(3) == 0 && window.outHeight() > 1 && window.outWidth() > 1;
        return of(random, window, channels, depth, kind, isPooled);
    }

    /// One where each channel of the output sees that of the input with its number.
    static Convolution depthwise(Random random) {
        int channels = CHANNELS[random.nextInt(CHANNELS.length)];
        return of(random, window(random, channels), channels, 1, random.nextInt(6), false);
    }

    static Convolution withWeights(Convolution convolution, float[] weights) {
        return new Convolution(convolution.type(), convolution.window(), convolution.channels(), weights, false,
                convolution.bias(), convolution.min(), convolution.max(), convolution.inputZeroPoint(),
                convolution.codes(), convolution.scaling(), convolution.input(), convolution.output());
    }

    /// @param depth channels of the input that each of the output sees
    private static Convolution of(Random random, Window window, int channels, int depth, int kind, boolean isPooled) {
        int count = channels * window.taps() * depth;
        if (kind < 2) {
            return new Convolution(ElementType.FLOAT32, window, channels, reals(random, count), isPooled,
                    random.nextBoolean() ? reals(random, channels) : null, bound(random, -1), bound(random, 1), 0, null,
                    null, SLOT, SLOT);
        }
        boolean isHybrid = kind == 2;
        boolean isUnsigned = !isHybrid && random.nextInt(3) == 0;
        float[] weights = new float[count];
        int zeroPoint = isUnsigned ? random.nextInt(256) : 0;
        for (int i = 0; i < count; i++) {
            weights[i] = isUnsigned ? random.nextInt(256) - zeroPoint : random.nextInt(255) - 127;
        }
        return new Convolution(isUnsigned ? ElementType.UINT8 : ElementType.INT8, window, channels, weights, isPooled,
                null, bound(random, -1), bound(random, 1), isHybrid ? 0 : random.nextInt(256) - (isUnsigned ? 0 : 128),
                isHybrid ? null : requantization(random, channels, isUnsigned), isHybrid ? SLOT : null, SLOT, SLOT);
    }

    private static Window window(Random random, int depth) {
        int filterHeight = 1 + random.nextInt(4);
        int filterWidth = 1 + random.nextInt(4);
        int dilation = random.nextInt(5) == 0 ? 2 : 1;
        int height = (filterHeight - 1) * dilation + 1 + random.nextInt(6);
        int width = (filterWidth - 1) * dilation + 1 + random.nextInt(random.nextInt(3) == 0 ? 70 : 20);
        int strideHeight = 1 + random.nextInt(2);
        int strideWidth = 1 + random.nextInt(3);
        int padTop = random.nextInt(filterHeight);
        int padLeft = random.nextInt(filterWidth);
        // The padding at the other ends is as much or one more.
        int outHeight = (height + 2 * padTop - (filterHeight - 1) * dilation - 1) / strideHeight + 1;
        int outWidth = (width + 2 * padLeft - (filterWidth - 1) * dilation - 1) / strideWidth + 1;
        return new Window(1, height, width, depth, outHeight, outWidth, filterHeight, filterWidth, strideHeight,
                strideWidth, dilation, dilation, padTop, padLeft);
    }

    private static float bound(Random random, int sign) {
        return sign * (random.nextBoolean() ? Float.POSITIVE_INFINITY : random.nextFloat());
    }

    private static float[] reals(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static Requantization requantization(Random random, int channels, boolean isUnsigned) {
        long[] bias = random.longs(channels, -9000, 9000).toArray();
        int[] multiplier = random.ints(channels, 1 << 30, Integer.MAX_VALUE).toArray();
        int[] shift = random.ints(channels, -12, 1).toArray();
        double[] factor = new double[channels];
        Arrays.setAll(factor, i -> Math.scalb((double) multiplier[i], shift[i] - 31));
        int least = isUnsigned ? 0 : -128;
        int narrower = random.nextBoolean() ? 0 : random.nextInt(100);
        return new Requantization(bias, multiplier, shift, factor, random.nextInt(3) == 0, random.nextInt(channels + 1),
                least + random.nextInt(256), least + narrower, least + 255 - narrower);
    }
}

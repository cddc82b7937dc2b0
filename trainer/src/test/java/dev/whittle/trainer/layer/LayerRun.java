package dev.whittle.trainer.layer;

import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.model.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/// One layer alone, with random parameters and input, for tests.
final class LayerRun {
    static final long IMAGE_KEY = 99;

    final int images;
    final int inputElements;
    final int outputElements;
    final float[] parameters;
    final float[] state;
    final float[] x;
    final float[] dy;
    final Step step;
    final BoundLayer bound;
    private final Layer layer;
    private final BoundLayer.Pass pass;

    LayerRun(Layer layer, Shape input, int images, long seed) {
        this.layer = layer;
        this.images = images;
        Shape output = layer.outputShape(input);
        inputElements = input.elementCount();
        outputElements = output.elementCount();
        int count = 0;
        int kept = 0;
        for (Variable variable : layer.variables(input)) {
            count += variable.origin().isTrainable() ? variable.shape().elementCount() : 0;
            kept += variable.origin().isTrainable() ? 0 : variable.shape().elementCount();
        }
        state = new float[Math.max(kept, 2)];
        state[0] = layer instanceof FakeQuantize ? Float.POSITIVE_INFINITY : 0;
        state[1] = layer instanceof FakeQuantize ? Float.NEGATIVE_INFINITY : 0;
        SplittableRandom random = new SplittableRandom(seed);
        parameters = uniform(random, count);
        x = uniform(random, images * inputElements);
        dy = uniform(random, images * outputElements);
        bound = layer
                .bind(new Binding(List.of(input), output, KernelTier.selected().portable(), parameters, 0, state, 0,
                        false, false,
                        true,
                        true));
        pass = bound.pass(images);
        step = new Step(images, true);
        for (int image = 0; image < images; image++) {
            step.setImageKey(image, IMAGE_KEY + image);
        }
    }

    private static float[] uniform(SplittableRandom random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        return values;
    }

    /// Values at least `gap` apart from each other and from zero, in random order.
    void spreadInput(float gap) {
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < x.length; i++) {
            x[i] = (i - x.length / 2 + 0.5f) * gap;
        }
        for (int i = x.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            float swapped = x[i];
            x[i] = x[j];
            x[j] = swapped;
        }
    }

    float[] forward() {
        bound.refresh();
        step.begin(images, new float[parameters.length], new float[state.length]);
        float[] input = x.clone();
        float[] y = layer.isInPlace() ? input : new float[images * outputElements];
        sum(input);
        pass.forward(step, input, y);
        return y;
    }

    /// The images are a whole batch.
    private void sum(float[] input) {
        if (bound.sumCount() > 0) {
            double[] sums = new double[bound.sumCount()];
            pass.sum(step, input, sums);
            bound.takeSums(sums, images);
        }
    }

    record Gradients(float[] input, float[] parameters) {
    }

    Gradients backward() {
        bound.refresh();
        float[] gradient = new float[parameters.length];
        // Nothing may rely on what the buffers held before.
        Arrays.fill(gradient, 7);
        step.begin(images, gradient, new float[state.length]);
        float[] input = x.clone();
        float[] y = layer.isInPlace() ? input : new float[images * outputElements];
        sum(input);
        pass.forward(step, input, y);
        float[] outputGradient = dy.clone();
        float[] dx = new float[images * inputElements];
        Arrays.fill(dx, 7);
        if (layer.isInPlace()) {
            dx = outputGradient;
        }
        if (bound.sumCount() > 0) {
            double[] sums = new double[bound.sumCount()];
            pass.sumGradients(step, input, outputGradient, sums);
            bound.takeGradientSums(sums, images);
        }
        pass.backward(step, input, y, outputGradient, dx);
        return new Gradients(dx, gradient);
    }

    /// `Σ dy · y`, whose gradient with respect to `y` is `dy`.
    double loss() {
        float[] y = forward();
        double sum = 0;
        for (int i = 0; i < y.length; i++) {
            sum += (double) y[i] * dy[i];
        }
        return sum;
    }

    /// Central differences of [#loss] along each element of `values`, which is `x` or `parameters`.
    float[] differences(float[] values, float distance) {
        float[] result = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            float value = values[i];
            values[i] = value + distance;
            double above = loss();
            values[i] = value - distance;
            double below = loss();
            values[i] = value;
            result[i] = (float) ((above - below) / (2.0 * distance));
        }
        return result;
    }
}

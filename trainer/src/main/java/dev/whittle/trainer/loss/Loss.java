package dev.whittle.trainer.loss;

import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.Sigmoid;
import dev.whittle.trainer.layer.Softmax;

/// How far the outputs of a network are from their targets. Losses are of one image; a batch's loss is their mean.
///
/// The two cross-entropies with a probability go together with the layer that makes it: the gradient is taken with respect
/// to what goes into that layer, where it is `(probability − target)`, exact and never divided by a small number.
public sealed interface Loss {
    /// A probability below it counts as it, so that no logarithm is infinite.
    float SMALLEST_PROBABILITY = Float.MIN_NORMAL;

    /// The loss that suits a network's last layer: sparse categorical cross-entropy for a softmax, binary cross-entropy for a
    /// sigmoid, else the mean squared error.
    static Loss suiting(Layer last) {
        return switch (last) {
            case Softmax _ -> new SparseCategoricalCrossEntropy(0);
            case Sigmoid _ -> new BinaryCrossEntropy(0);
            default -> new MeanSquaredError();
        };
    }

    /// The loss of one image.
    ///
    /// @param offset of the image in `output` and in `target`
    /// @param count outputs of an image
    double of(float[] output, float[] target, int offset, int count);

    /// Writes `weight` times the gradient of [#of], with respect to the output or, where [#includesLastLayer], with respect
    /// to what goes into the last layer.
    void gradient(float[] output, float[] target, int offset, int count, float weight, float[] gradient);

    /// Whether the gradient already holds that of the network's last layer.
    default boolean includesLastLayer() {
        return true;
    }

    /// Whether outputs are judged by class: whether the right one was the most likely.
    default boolean isClassification() {
        return true;
    }

    /// Whether the target of an image is its class; else it is a value for each output.
    default boolean takesClasses() {
        return false;
    }

    /// Refuses a network whose last layer does not go with the loss.
    ///
    /// @throws IllegalArgumentException naming the layer
    void requireLast(Layer last);

    /// `−Σ t · log p` over the classes of a softmax, the target a distribution over them. With label smoothing `s` the target is
    /// `t · (1 − s) + s / classes` (Szegedy et al. 2016, "Rethinking the Inception Architecture for Computer Vision", section 7).
    record CategoricalCrossEntropy(float labelSmoothing) implements Loss {
        public CategoricalCrossEntropy {
            requireSmoothing(labelSmoothing);
        }

        @Override
        public double of(float[] output, float[] target, int offset, int count) {
            return categorical(output, target, offset, count, labelSmoothing);
        }

        @Override
        public void gradient(float[] output, float[] target, int offset, int count, float weight, float[] gradient) {
            categoricalGradient(output, target, offset, count, labelSmoothing, weight, gradient);
        }

        @Override
        public void requireLast(Layer last) {
            requireSoftmax(last);
        }
    }

    /// [CategoricalCrossEntropy] whose targets are classes: `−log` of the probability of the right one.
    record SparseCategoricalCrossEntropy(float labelSmoothing) implements Loss {
        public SparseCategoricalCrossEntropy {
            requireSmoothing(labelSmoothing);
        }

        @Override
        public double of(float[] output, float[] target, int offset, int count) {
            return categorical(output, target, offset, count, labelSmoothing);
        }

        @Override
        public void gradient(float[] output, float[] target, int offset, int count, float weight, float[] gradient) {
            categoricalGradient(output, target, offset, count, labelSmoothing, weight, gradient);
        }

        @Override
        public boolean takesClasses() {
            return true;
        }

        @Override
        public void requireLast(Layer last) {
            requireSoftmax(last);
        }
    }

    /// The mean over the outputs of a sigmoid of `−t · log p − (1 − t) · log(1 − p)`. With label smoothing `s` the target is
    /// `t · (1 − s) + s / 2`.
    record BinaryCrossEntropy(float labelSmoothing) implements Loss {
        private static final int OUTCOMES = 2;

        public BinaryCrossEntropy {
            requireSmoothing(labelSmoothing);
        }

        @Override
        public double of(float[] output, float[] target, int offset, int count) {
            double sum = 0;
            for (int i = offset; i < offset + count; i++) {
                float smoothed = smooth(target[i], labelSmoothing, OUTCOMES);
                sum -= smoothed * log(output[i]) + (1 - smoothed) * log(1 - output[i]);
            }
            return sum / count;
        }

        @Override
        public void gradient(float[] output, float[] target, int offset, int count, float weight, float[] gradient) {
            float each = weight / count;
            for (int i = offset; i < offset + count; i++) {
                gradient[i] = (output[i] - smooth(target[i], labelSmoothing, OUTCOMES)) * each;
            }
        }

        @Override
        public void requireLast(Layer last) {
            if (!(last instanceof Sigmoid)) {
                throw last.refused("is the last before binary cross-entropy, must be a Sigmoid");
            }
        }
    }

    /// The mean over the outputs of `(y − t)²`. Where images have no targets of their own, their input is the target, as an
    /// autoencoder wants it.
    record MeanSquaredError() implements Loss {
        @Override
        public double of(float[] output, float[] target, int offset, int count) {
            double sum = 0;
            for (int i = offset; i < offset + count; i++) {
                double error = (double) output[i] - target[i];
                sum += error * error;
            }
            return sum / count;
        }

        @Override
        public void gradient(float[] output, float[] target, int offset, int count, float weight, float[] gradient) {
            float each = 2 * weight / count;
            for (int i = offset; i < offset + count; i++) {
                gradient[i] = (output[i] - target[i]) * each;
            }
        }

        @Override
        public boolean includesLastLayer() {
            return false;
        }

        @Override
        public boolean isClassification() {
            return false;
        }

        @Override
        public void requireLast(Layer last) {}
    }

    private static double categorical(float[] output, float[] target, int offset, int count, float labelSmoothing) {
        double sum = 0;
        for (int i = offset; i < offset + count; i++) {
            float smoothed = smooth(target[i], labelSmoothing, count);
            if (smoothed > 0 || Float.isNaN(output[i])) {
                sum -= smoothed * log(output[i]);
            }
        }
        return sum;
    }

    private static void categoricalGradient(float[] output, float[] target, int offset, int count,
            float labelSmoothing, float weight, float[] gradient) {
        for (int i = offset; i < offset + count; i++) {
            gradient[i] = (output[i] - smooth(target[i], labelSmoothing, count)) * weight;
        }
    }

    private static void requireSoftmax(Layer last) {
        if (!(last instanceof Softmax)) {
            throw last.refused("is the last before categorical cross-entropy, must be a Softmax");
        }
    }

    private static double log(float probability) {
        // A probability that is not a number stays one.
        return StrictMath.log(probability < SMALLEST_PROBABILITY ? SMALLEST_PROBABILITY : probability);
    }

    private static float smooth(float target, float smoothing, int outcomes) {
        return target * (1 - smoothing) + smoothing / outcomes;
    }

    private static void requireSmoothing(float smoothing) {
        if (!(smoothing >= 0 && smoothing < 1)) {
            throw new IllegalArgumentException(
                    "label smoothing " + smoothing + ", must be at least 0 and below 1");
        }
    }
}

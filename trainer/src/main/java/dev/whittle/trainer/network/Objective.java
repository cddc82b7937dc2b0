package dev.whittle.trainer.network;

import dev.whittle.trainer.loss.Loss;
import java.util.Arrays;

/// What the outputs of a network shall be for its images: targets, losses and hits.
///
/// @param outputs of an image
record Objective(Loss loss, int outputs) {
    private static final float UNDECIDED = 0.5f;

    /// For a network and the loss of its settings.
    static Objective of(Network network, TrainingSettings settings) {
        Loss chosen = settings.loss();
        Loss loss = chosen == null ? Loss.suiting(network.layers().getLast()) : chosen;
        loss.requireLast(network.layers().getLast());
        return new Objective(loss, network.outputShape(network.layers().size() - 1).elementCount());
    }

    /// Refuses images that have no targets for the loss.
    void require(Inputs images) {
        boolean hasTargets = images.hasTarget() && !loss.takesClasses();
        if (loss.isClassification() && !images.hasClasses() && !hasTargets) {
            throw new IllegalArgumentException("the examples have no classes, " + loss + " needs them");
        }
    }

    /// Whether the target of an image is its input.
    boolean takesInput(Inputs images) {
        return !loss.isClassification() && !images.hasTarget();
    }

    /// Writes the target of an image: its own, or its class (1 for that output, 0 for the others; as it stands for a single
    /// output), or where the loss knows no classes, its input.
    ///
    /// @param input the image as it goes into the network, from `inputOffset` on
    void writeTarget(Inputs images, int image, float[] input, int inputOffset, int inputElements, float[] to,
            int offset) {
        if (!loss.takesClasses() && images.hasTarget()) {
            images.readTarget(image, to, offset);
            return;
        }
        if (!loss.isClassification()) {
            if (inputElements != outputs) {
                throw new IllegalArgumentException(
                        "the input has %d values for %d outputs, must be as many or examples have targets"
                                .formatted(inputElements, outputs));
            }
            System.arraycopy(input, inputOffset, to, offset, outputs);
            return;
        }
        Arrays.fill(to, offset, offset + outputs, 0);
        if (outputs == 1) {
            to[offset] = images.label(image);
        } else {
            to[offset + images.label(image)] = 1;
        }
    }

    /// Whether the class that the target says is the one the output says.
    boolean isHit(float[] output, float[] target, int offset) {
        if (outputs == 1) {
            return output[offset] > UNDECIDED == target[offset] > UNDECIDED;
        }
        return largest(output, offset) == largest(target, offset);
    }

    private int largest(float[] values, int offset) {
        int best = 0;
        for (int i = 1; i < outputs; i++) {
            best = values[offset + i] > values[offset + best] ? i : best;
        }
        return best;
    }

    /// A share of hits; NaN where the loss knows no classes.
    double accuracy(int hits, int images) {
        return loss.isClassification() ? hits / (double) images : Double.NaN;
    }
}

package dev.whittle.trainer.network;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Training examples as arrays, for networks that take no photographs: spectrograms, feature vectors, images with another
/// number of channels. Each has a class, a target for each output, or neither, as an autoencoder wants it. The arrays are
/// not copied.
public final class Examples {
    private final List<float[]> inputs;
    private final int @Nullable [] classes;
    private final @Nullable List<float[]> targets;

    private Examples(List<float[]> inputs, int @Nullable [] classes, @Nullable List<float[]> targets) {
        this.inputs = List.copyOf(inputs);
        this.classes = classes;
        this.targets = targets == null ? null : List.copyOf(targets);
        int others = classes != null ? classes.length : targets != null ? targets.size() : inputs.size();
        if (others != inputs.size()) {
            throw new IllegalArgumentException(
                    "%d inputs with %d classes or targets, must be as many".formatted(inputs.size(), others));
        }
    }

    /// @param inputs each laid out as the network's input
    /// @param classes of each input
    public static Examples ofClasses(List<float[]> inputs, int... classes) {
        return new Examples(inputs, classes.clone(), null);
    }

    /// @param inputs each laid out as the network's input
    /// @param targets each laid out as the network's output
    public static Examples ofTargets(List<float[]> inputs, List<float[]> targets) {
        return new Examples(inputs, null, targets);
    }

    /// Inputs that the network shall put out again.
    ///
    /// @param inputs each laid out as the network's input
    public static Examples ofInputs(List<float[]> inputs) {
        return new Examples(inputs, null, null);
    }

    /// No examples.
    public static Examples none() {
        return ofInputs(List.of());
    }

    public int size() {
        return inputs.size();
    }

    /// A number that other examples are unlikely to have too.
    String digest() {
        int hash = Arrays.hashCode(classes);
        for (float[] input : inputs) {
            hash = 31 * hash + Arrays.hashCode(input);
        }
        for (float[] target : targets == null ? List.<float[]>of() : targets) {
            hash = 31 * hash + Arrays.hashCode(target);
        }
        return "%d (%08x)".formatted(inputs.size(), hash);
    }

    /// The examples as a network reads them.
    ///
    /// @throws IllegalArgumentException when one does not fit the network
    Inputs of(Network network) {
        int elements = network.inputShape().elementCount();
        int outputs = network.outputShape(network.layers().size() - 1).elementCount();
        int classCount = Math.max(outputs, network.labels().size());
        for (int i = 0; i < inputs.size(); i++) {
            requireLength("input", i, inputs.get(i), elements);
            if (targets != null) {
                requireLength("target", i, targets.get(i), outputs);
            }
            if (classes != null && (classes[i] < 0 || classes[i] >= Math.max(classCount, 2))) {
                throw new IllegalArgumentException("example %d has class %d, must be 0 to %d".formatted(i, classes[i],
                        Math.max(classCount, 2) - 1));
            }
        }
        return new Arrayed();
    }

    private static void requireLength(String what, int example, float[] values, int expected) {
        if (values.length != expected) {
            throw new IllegalArgumentException("example %d has %d values as its %s, the network has %d".formatted(
                    example, values.length, what, expected));
        }
    }

    private final class Arrayed implements Inputs {
        @Override
        public int size() {
            return inputs.size();
        }

        @Override
        public int label(int image) {
            return classes == null ? 0 : classes[image];
        }

        @Override
        public void read(int image, Execution.Workspace preparation, float[] to, int offset) {
            float[] input = inputs.get(image);
            System.arraycopy(input, 0, preparation.input(), 0, input.length);
            preparation.step().begin(1);
            preparation.forward();
            float[] prepared = preparation.output();
            System.arraycopy(prepared, 0, to, offset, prepared.length);
        }

        @Override
        public boolean hasClasses() {
            return classes != null || inputs.isEmpty();
        }

        @Override
        public boolean hasTarget() {
            return targets != null;
        }

        @Override
        public void readTarget(int image, float[] to, int offset) {
            if (targets != null) {
                float[] target = targets.get(image);
                System.arraycopy(target, 0, to, offset, target.length);
            }
        }
    }
}

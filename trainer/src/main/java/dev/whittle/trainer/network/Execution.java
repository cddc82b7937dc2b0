package dev.whittle.trainer.network;

import dev.whittle.engine.kernel.Gemm;
import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.layer.Binding;
import dev.whittle.trainer.layer.BoundLayer;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.MaxPool2D;
import dev.whittle.trainer.layer.RandomTransform;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.layer.Softmax;
import dev.whittle.trainer.layer.Step;
import dev.whittle.trainer.layer.Warp;
import java.util.ArrayList;
import java.util.List;

/// Some consecutive layers of a network, bound; shared by all threads, each of which has its own [Workspace].
final class Execution {
    private final boolean training;
    private final List<Stage> stages = new ArrayList<>();
    private final int inputElements;
    private final int outputElements;
    /// The first stage that learns; gradients go no further.
    private final int firstTrainable;

    /// @param inPlace the output is the input's array
    private record Stage(BoundLayer bound, boolean inPlace, boolean isSoftmax, int outputElements) {
    }

    /// @param from the first layer
    /// @param to the layer after the last
    /// @param training with the layers that only exist while training, and with gradients
    Execution(Network network, int from, int to, boolean training) {
        this.training = training;
        Gemm gemm = Gemm.selected();
        inputElements = network.inputShape(from).elementCount();
        int trainable = Integer.MAX_VALUE;
        for (int i = from; i < to; i++) {
            Layer layer = network.layers().get(i);
            if (layer.isTrainingOnly() && !training) {
                continue;
            }
            Shape input = network.inputShape(i);
            if (layer instanceof RandomTransform) {
                List<RandomTransform> run = Warp.run(network.layers().subList(0, to), i);
                i += run.size() - 1;
                stages.add(new Stage(new Warp(run, input), false, false, input.elementCount()));
                continue;
            }
            boolean inputGradient = training && trainable < stages.size();
            if (network.parameterCount(i) > 0) {
                trainable = Math.min(trainable, stages.size());
            }
            Shape output = network.outputShape(i);
            Binding binding =
                    new Binding(input, output, gemm, network.parameters(), network.parameterOffset(i), network.state(),
                            network.stateOffset(i), isForwardFused(network.layers(), i),
                            isBackwardFused(network.layers(), i), inputGradient);
            stages.add(
                    new Stage(layer.bind(binding), layer.isInPlace(), layer instanceof Softmax, output.elementCount()));
        }
        firstTrainable = trainable;
        outputElements = to > from ? network.outputShape(to - 1).elementCount() : inputElements;
    }

    /// Whether layer `i` applies the ReLU behind it, or is a ReLU that the layer before applies.
    private static boolean isForwardFused(List<Layer> layers, int i) {
        return layers.get(i) instanceof ReLU
                ? i > 0 && hasClamp(layers.get(i - 1))
                : hasClamp(layers.get(i)) && i + 1 < layers.size() && layers.get(i + 1) instanceof ReLU;
    }

    private static boolean hasClamp(Layer layer) {
        return layer instanceof Conv2D || layer instanceof Dense;
    }

    /// Whether layer `i` applies the gradient of the ReLU before it, or is a ReLU whose gradient the layer behind applies.
    private static boolean isBackwardFused(List<Layer> layers, int i) {
        return layers.get(i) instanceof ReLU
                ? i + 1 < layers.size() && layers.get(i + 1) instanceof MaxPool2D
                : layers.get(i) instanceof MaxPool2D && i > 0 && layers.get(i - 1) instanceof ReLU;
    }

    int inputElements() {
        return inputElements;
    }

    int outputElements() {
        return outputElements;
    }

    int stageCount() {
        return stages.size();
    }

    /// Reads changed parameters and state of one stage; while no workspace runs.
    void refresh(int stage) {
        stages.get(stage).bound.refresh();
    }

    void refresh() {
        for (Stage stage : stages) {
            stage.bound.refresh();
        }
    }

    /// Takes the ranges that a batch has shown into the state.
    void observe(float[] observed) {
        for (Stage stage : stages) {
            stage.bound.observe(observed);
        }
    }

    Workspace workspace(int images) {
        return new Workspace(images);
    }

    /// One thread's values and gradients, for up to a number of images.
    final class Workspace {
        private final Step step;
        private final List<BoundLayer.Pass> passes = new ArrayList<>();
        /// Values before each stage and after the last; the same array where a stage works in place.
        private final List<float[]> values = new ArrayList<>();
        /// Gradients likewise; empty where none is computed.
        private final List<float[]> gradients = new ArrayList<>();

        private Workspace(int images) {
            step = new Step(images, training);
            values.add(new float[Math.multiplyExact(images, inputElements)]);
            gradients.add(new float[0]);
            for (int i = 0; i < stages.size(); i++) {
                Stage stage = stages.get(i);
                passes.add(stage.bound.pass(images));
                boolean hasGradient = training && i >= firstTrainable;
                int elements = Math.multiplyExact(images, stage.outputElements);
                values.add(stage.inPlace ? values.getLast() : new float[elements]);
                gradients.add(!hasGradient ? new float[0]
                        : stage.inPlace && i > firstTrainable ? gradients.getLast() : new float[elements]);
            }
        }

        Step step() {
            return step;
        }

        /// `[images, input]`, to be filled before [#forward].
        float[] input() {
            return values.getFirst();
        }

        /// `[images, output]`, after [#forward].
        float[] output() {
            return values.getLast();
        }

        void forward() {
            for (int i = 0; i < passes.size(); i++) {
                passes.get(i).forward(step, values.get(i), values.get(i + 1));
            }
        }

        /// Starts from the gradient of the mean cross-entropy over a batch with respect to what goes into the last layer, a
        /// softmax: `(probability − target) / batchSize`.
        ///
        /// @param labels the class of each image
        void backward(int[] labels, int batchSize) {
            int last = passes.size() - 1;
            assert stages.get(last).isSoftmax;
            float[] probabilities = output();
            float[] gradient = gradients.get(last);
            for (int i = 0; i < step.images() * outputElements; i++) {
                float target = labels[i / outputElements] == i % outputElements ? 1 : 0;
                gradient[i] = (probabilities[i] - target) / batchSize;
            }
            for (int i = last - 1; i >= firstTrainable; i--) {
                passes.get(i).backward(step, values.get(i), values.get(i + 1), gradients.get(i + 1), gradients.get(i));
            }
        }
    }
}

package dev.whittle.trainer.network;

import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.layer.Binding;
import dev.whittle.trainer.layer.BoundLayer;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.FakeQuantize;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.MaxPool2D;
import dev.whittle.trainer.layer.MergingLayer;
import dev.whittle.trainer.layer.RandomTransform;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.layer.Reshape;
import dev.whittle.trainer.layer.Step;
import dev.whittle.trainer.layer.Warp;
import dev.whittle.trainer.loss.Loss;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Some layers of a network, in their order, bound; shared by all threads, each of which has its own [Workspace].
///
/// Layers that run are *stages*. Value 0 is what goes in, value `s + 1` what stage `s` puts out. The gradient of a value that
/// several stages take is the sum of theirs, in the order in which they go backward: the last stage first.
final class Execution {
    private final boolean training;
    private final List<Stage> stages;
    private final int inputElements;
    private final int[] stateOffsets;

    /// A layer that runs.
    ///
    /// @param layer null for several random transforms in one
    /// @param bound null for a merging layer
    /// @param merge null for any other layer
    /// @param inputs the values it takes
    /// @param isInPlace the output is the input's array
    /// @param isBackward it has a gradient to compute
    /// @param hasInputGradient for each input, whether its gradient is asked for
    /// @param isFirst for each input, whether no stage has written its gradient before
    private record Stage(String name, @Nullable Layer layer, @Nullable BoundLayer bound,
            MergingLayer.@Nullable Merge merge, List<Integer> inputs, boolean isInPlace, boolean isBackward,
            boolean[] hasInputGradient, boolean[] isFirst, int outputElements) {
    }

    /// A stage before anything about its neighbours is known.
    ///
    /// @param node the layer's number in the network
    private record Plan(Layer layer, List<RandomTransform> transforms, int node, List<Integer> inputs) {
    }

    /// For inference.
    ///
    /// @param from the first layer
    /// @param to the layer after the last
    static Execution forInference(Network network, int from, int to) {
        return new Execution(network, from, to, false, name -> true);
    }

    /// With the layers that only exist while training, and with gradients.
    ///
    /// @param isFrozen whether the layer of a name keeps its parameters and what it knows of batches
    static Execution forTraining(Network network, int from, int to, Predicate<String> isFrozen) {
        return new Execution(network, from, to, true, isFrozen);
    }

    private Execution(Network network, int from, int to, boolean training, Predicate<String> isFrozen) {
        this.training = training;
        List<Plan> plans = plan(network, from, to, training);
        inputElements =
                from == 0 ? network.inputShape().elementCount() : network.outputShape(from - 1).elementCount();
        stateOffsets = plans.stream().mapToInt(plan -> network.stateOffset(plan.node)).toArray();
        stages = new Binder(network, plans, isFrozen).bind();
    }

    /// Which layers run, and which values they take.
    private static List<Plan> plan(Network network, int from, int to, boolean training) {
        // The value that each of the network's own values is here; the input of layer `from` is value 0.
        int[] values = new int[network.layers().size() + 1];
        List<Plan> plans = new ArrayList<>();
        for (int i = from; i < to; i++) {
            Layer layer = network.layers().get(i);
            List<Integer> inputs = network.inputs(i).stream().map(value -> values[value]).toList();
            Plan previous = plans.isEmpty() ? null : plans.getLast();
            if (layer.isTrainingOnly() && !training) {
                values[i + 1] = inputs.getFirst();
            } else if (layer instanceof RandomTransform transform && previous != null
                    && !previous.transforms.isEmpty() && inputs.equals(List.of(plans.size()))
                    && takers(network, i) == 1 && Warp.canJoin(previous.transforms, transform)) {
                previous.transforms.add(transform);
                values[i + 1] = plans.size();
            } else {
                plans.add(new Plan(layer, layer instanceof RandomTransform transform
                        ? new ArrayList<>(List.of(transform))
                        : List.of(), i, inputs));
                values[i + 1] = plans.size();
            }
        }
        return plans;
    }

    /// How many layers take the same value as layer `i`.
    private static long takers(Network network, int i) {
        int value = network.inputs(i).getFirst();
        return IntStream.range(0, network.layers().size()).filter(other -> network.inputs(other).contains(value))
                .count();
    }

    /// Binds planned stages, which it looks at all at once.
    private final class Binder {
        private final Network network;
        private final List<Plan> plans;
        private final Predicate<String> isFrozen;
        /// How many inputs of stages each value is.
        private final int[] consumers;
        /// Whether the array of each value is left alone once it has been written.
        private final boolean[] isRead;
        private final boolean[] hasGradient;

        Binder(Network network, List<Plan> plans, Predicate<String> isFrozen) {
            this.network = network;
            this.plans = plans;
            this.isFrozen = isFrozen;
            consumers = new int[plans.size() + 1];
            isRead = new boolean[plans.size() + 1];
            hasGradient = new boolean[plans.size() + 1];
            plans.forEach(plan -> plan.inputs.forEach(value -> consumers[value]++));
        }

        List<Stage> bind() {
            boolean[] inPlace = new boolean[plans.size()];
            for (int s = 0; s < plans.size(); s++) {
                Layer layer = plans.get(s).layer;
                int input = plans.get(s).inputs.getFirst();
                boolean isView = layer instanceof Flatten || layer instanceof Reshape;
                inPlace[s] = layer.isInPlace() && consumers[input] == 1 && (isView || !isRead[input]);
                isRead[s + 1] = layer.readsOutput() || (inPlace[s] && isRead[input]);
                hasGradient[s + 1] = training
                        && (isTrained(s) || plans.get(s).inputs.stream().anyMatch(value -> hasGradient[value]));
            }
            boolean[][] isFirst = firstWriters();
            List<Stage> bound = new ArrayList<>();
            for (int s = 0; s < plans.size(); s++) {
                bound.add(bind(s, inPlace, isFirst[s]));
            }
            return List.copyOf(bound);
        }

        private boolean isTrained(int stage) {
            Plan plan = plans.get(stage);
            return network.parameterCount(plan.node) > 0 && !isFrozen.test(plan.layer.name());
        }

        /// For each stage and input, whether the stage is the first on the way back to write the input's gradient.
        private boolean[][] firstWriters() {
            boolean[][] isFirst = new boolean[plans.size()][];
            boolean[] isWritten = new boolean[plans.size() + 1];
            for (int s = plans.size() - 1; s >= 0; s--) {
                List<Integer> inputs = plans.get(s).inputs;
                isFirst[s] = new boolean[inputs.size()];
                for (int k = 0; k < inputs.size(); k++) {
                    isFirst[s][k] = !isWritten[inputs.get(k)];
                    isWritten[inputs.get(k)] = true;
                }
            }
            return isFirst;
        }

        private Stage bind(int s, boolean[] inPlace, boolean[] isFirst) {
            Plan plan = plans.get(s);
            Layer layer = plan.layer;
            List<Shape> shapes = plan.inputs.stream().map(this::shape).toList();
            boolean[] hasInputGradient = new boolean[shapes.size()];
            for (int k = 0; k < hasInputGradient.length; k++) {
                hasInputGradient[k] = hasGradient[plan.inputs.get(k)];
            }
            Shape output = shape(s + 1);
            BoundLayer bound = null;
            MergingLayer.Merge merge = null;
            if (layer instanceof MergingLayer merging) {
                merge = merging.merge(shapes);
            } else if (!plan.transforms.isEmpty()) {
                bound = new Warp(plan.transforms, output);
            } else {
                bound = layer.bind(new Binding(shapes, output, KernelTier.selected().portable(), network.parameters(),
                        network.parameterOffset(plan.node), network.state(), network.stateOffset(plan.node),
                        isForwardFused(s, inPlace), isBackwardFused(s, inPlace), hasInputGradient[0],
                        training && !isFrozen.test(layer.name())));
            }
            return new Stage(layer.name(), plan.transforms.isEmpty() ? layer : null, bound, merge, plan.inputs,
                    inPlace[s], hasGradient[s + 1], hasInputGradient, isFirst, output.elementCount());
        }

        private Shape shape(int value) {
            if (value > 0) {
                return network.outputShape(plans.get(value - 1).node);
            }
            Plan first = plans.getFirst();
            return network.inputShape(first.node);
        }

        /// Whether a stage applies the ReLU behind it, or is a ReLU that the stage before applies.
        private boolean isForwardFused(int s, boolean[] inPlace) {
            int relu = plans.get(s).layer instanceof ReLU ? s : onlyConsumer(s);
            if (relu < 0 || !(plans.get(relu).layer instanceof ReLU) || !inPlace[relu]) {
                return false;
            }
            int product = plans.get(relu).inputs.getFirst() - 1;
            return product >= 0
                    && (plans.get(product).layer instanceof Conv2D || plans.get(product).layer instanceof Dense);
        }

        /// Whether a stage applies the gradient of the ReLU before it, or is a ReLU whose gradient the stage behind applies.
        private boolean isBackwardFused(int s, boolean[] inPlace) {
            int relu = plans.get(s).layer instanceof ReLU ? s : plans.get(s).inputs.getFirst() - 1;
            if (relu < 0 || !(plans.get(relu).layer instanceof ReLU) || !inPlace[relu]) {
                return false;
            }
            int pool = onlyConsumer(relu);
            return pool >= 0 && plans.get(pool).layer instanceof MaxPool2D && (s == relu || s == pool);
        }

        /// The stage that alone takes what stage `s` puts out; −1 where there are none or several.
        private int onlyConsumer(int s) {
            if (consumers[s + 1] == 1) {
                for (int other = s + 1; other < plans.size(); other++) {
                    if (plans.get(other).inputs.contains(s + 1)) {
                        return other;
                    }
                }
            }
            return -1;
        }
    }

    int inputElements() {
        return inputElements;
    }

    int outputElements() {
        return stages.isEmpty() ? inputElements : stages.getLast().outputElements;
    }

    int stageCount() {
        return stages.size();
    }

    /// The stages that need sums over a whole batch before they go forward and before they go backward.
    int[] meetingStages() {
        return IntStream.range(0, stages.size()).filter(stage -> bound(stage).sumCount() > 0).toArray();
    }

    /// The stage that goes backward first, behind [Workspace#loss].
    int lastBackward(Loss loss) {
        return stages.size() - (loss.includesLastLayer() ? 2 : 1);
    }

    int sumCount(int stage) {
        return bound(stage).sumCount();
    }

    void takeSums(int stage, double[] sums, int images) {
        bound(stage).takeSums(sums, images);
    }

    void takeGradientSums(int stage, double[] sums, int images) {
        bound(stage).takeGradientSums(sums, images);
    }

    private BoundLayer bound(int stage) {
        BoundLayer bound = stages.get(stage).bound;
        return bound == null ? NOTHING_BOUND : bound;
    }

    /// What stands for the bound layer of a merging one.
    private static final BoundLayer NOTHING_BOUND = images -> {
        throw new IllegalStateException("a merging layer has no pass");
    };

    /// Reads changed parameters and state of one stage; while no workspace runs.
    void refresh(int stage) {
        bound(stage).refresh();
    }

    void refresh() {
        for (int stage = 0; stage < stages.size(); stage++) {
            refresh(stage);
        }
    }

    /// Takes the ranges that the chunks of a batch have shown into the state.
    ///
    /// @param observed of each chunk, laid out as the network's state
    /// @return what is wrong where a range has no end, else null
    @Nullable
    String observe(List<float[]> observed) {
        for (int s = 0; s < stages.size(); s++) {
            if (!(stages.get(s).layer instanceof FakeQuantize fake) || fake.frozen()) {
                continue;
            }
            int offset = stateOffsets[s];
            float[] range = observed.getFirst();
            for (float[] other : observed) {
                range[offset] = Math.min(range[offset], other[offset]);
                range[offset + 1] = Math.max(range[offset + 1], other[offset + 1]);
            }
            if (!(range[offset] >= -Float.MAX_VALUE && range[offset + 1] <= Float.MAX_VALUE)) {
                return "layer \"%s\": activations go from %s to %s".formatted(fake.name(), range[offset],
                        range[offset + 1]);
            }
            bound(s).observe(range);
        }
        return null;
    }

    Workspace workspace(int images) {
        return new Workspace(images);
    }

    /// The stage after the last of those, from `stage` on, through which images go one by one; `stage` itself if it is none.
    private int endOfRun(int stage) {
        int end = stage;
        while (end < stages.size() && isByImage(end)) {
            end++;
        }
        return end;
    }

    /// The first of those stages up to `stage` through which images go one by one; the one after `stage` if it is none.
    private int startOfRun(int stage) {
        int start = stage + 1;
        while (start > 0 && isByImage(start - 1)) {
            start--;
        }
        return start;
    }

    /// An input whose gradient is added to others goes with all images at once.
    private boolean isByImage(int stage) {
        Stage planned = stages.get(stage);
        return planned.bound != null && planned.bound.isByImage()
                && (!planned.hasInputGradient[0] || planned.isFirst[0]);
    }

    /// One thread's values and gradients, for up to a number of images.
    final class Workspace {
        private final Step step;
        /// Null for merging layers.
        private final List<BoundLayer.@Nullable Pass> passes = new ArrayList<>();
        /// The inputs of each merging layer; empty for others.
        private final List<List<float[]>> merged = new ArrayList<>();
        /// Arrays of the values; the same one where a stage works in place.
        private final List<float[]> values = new ArrayList<>();
        /// Gradients of the values likewise; empty where none is computed.
        private final float[][] gradients;
        /// For gradients that are added to others.
        private final float[] addend;

        private Workspace(int images) {
            step = new Step(images, training);
            values.add(new float[Math.multiplyExact(images, inputElements)]);
            for (Stage stage : stages) {
                passes.add(stage.bound == null ? null : stage.bound.pass(images));
                values.add(stage.isInPlace
                        ? values.get(stage.inputs.getFirst())
                        : new float[Math.multiplyExact(images, stage.outputElements)]);
                merged.add(stage.merge == null
                        ? List.of()
                        : stage.inputs.stream().map(values::get).toList());
            }
            gradients = new float[values.size()][0];
            int addendElements = 0;
            for (int s = stages.size() - 1; s >= 0; s--) {
                Stage stage = stages.get(s);
                if (!stage.isBackward) {
                    continue;
                }
                if (gradients[s + 1].length == 0) {
                    gradients[s + 1] = new float[images * stage.outputElements];
                }
                if (stage.isInPlace && stage.hasInputGradient[0]) {
                    gradients[stage.inputs.getFirst()] = gradients[s + 1];
                }
                for (int k = 0; k < stage.inputs.size(); k++) {
                    if (stage.hasInputGradient[k] && !stage.isFirst[k]) {
                        addendElements = Math.max(addendElements, values.get(stage.inputs.get(k)).length);
                    }
                }
            }
            addend = new float[addendElements];
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
            forward(0, stages.size());
        }

        /// Runs the stages `from … to − 1`.
        void forward(int from, int to) {
            int s = from;
            while (s < to) {
                int end = Math.min(endOfRun(s), to);
                for (int image = 0; end > s + 1 && image < step.images(); image++) {
                    step.narrow(image, image + 1);
                    for (int i = s; i < end; i++) {
                        forward(i);
                    }
                }
                step.narrow(0, step.images());
                if (end <= s + 1) {
                    forward(s);
                }
                s = Math.max(end, s + 1);
            }
        }

        private void forward(int s) {
            Stage stage = stages.get(s);
            if (stage.merge != null) {
                stage.merge.forward(step.images(), merged.get(s), values.get(s + 1));
            } else {
                pass(s).forward(step, values.get(stage.inputs.getFirst()), values.get(s + 1));
            }
        }

        /// What these images add to the sums that a stage needs to go forward.
        void sum(int stage, double[] sums) {
            pass(stage).sum(step, values.get(stages.get(stage).inputs.getFirst()), sums);
        }

        /// What these images add to the sums that a stage needs to go backward.
        void sumGradients(int stage, double[] sums) {
            pass(stage).sumGradients(step, values.get(stages.get(stage).inputs.getFirst()), gradients[stage + 1],
                    sums);
        }

        /// The gradient of the loss, from which [#backward] starts.
        ///
        /// @param target laid out as the output
        /// @param weights of the images
        void loss(Loss loss, float[] target, float[] weights) {
            int last = stages.size() - 1;
            int elements = outputElements();
            float[] gradient = loss.includesLastLayer()
                    ? gradients[stages.get(last).inputs.getFirst()]
                    : gradients[last + 1];
            if (gradient.length == 0) {
                // Nothing before the last layer is trained.
                return;
            }
            for (int image = 0; image < step.images(); image++) {
                loss.gradient(output(), target, image * elements, elements, weights[image], gradient);
            }
        }

        /// Runs the stages `from … to` back, `from` being the later one.
        void backward(int from, int to) {
            int s = from;
            while (s >= to) {
                int start = Math.max(startOfRun(s), to);
                for (int image = 0; start < s && image < step.images(); image++) {
                    step.narrow(image, image + 1);
                    for (int i = s; i >= start; i--) {
                        backward(i);
                    }
                }
                step.narrow(0, step.images());
                if (start >= s) {
                    backward(s);
                }
                s = Math.min(start, s) - 1;
            }
        }

        private void backward(int s) {
            Stage stage = stages.get(s);
            if (!stage.isBackward) {
                return;
            }
            float[] dy = gradients[s + 1];
            for (int k = 0; k < stage.inputs.size(); k++) {
                int input = stage.inputs.get(k);
                boolean adds = stage.hasInputGradient[k] && !stage.isFirst[k];
                float[] dx = adds ? addend : gradients[input];
                if (stage.merge == null) {
                    float[] x = values.get(input);
                    pass(s).backward(step, x, values.get(s + 1), dy, dx);
                } else if (stage.hasInputGradient[k]) {
                    stage.merge.backward(step.images(), k, dy, dx);
                }
                if (adds) {
                    add(gradients[input]);
                }
            }
        }

        private void add(float[] gradient) {
            for (int i = 0; i < gradient.length; i++) {
                gradient[i] += addend[i];
            }
        }

        private BoundLayer.Pass pass(int stage) {
            BoundLayer.Pass pass = passes.get(stage);
            if (pass == null) {
                throw new IllegalStateException("layer \"" + stages.get(stage).name + "\" has no pass");
            }
            return pass;
        }

        /// The first layer whose output holds something that is no finite number; null for none.
        @Nullable
        String firstNonFinite() {
            for (int s = 0; s < stages.size(); s++) {
                float[] value = values.get(s + 1);
                for (int i = 0; i < step.images() * stages.get(s).outputElements; i++) {
                    if (!Float.isFinite(value[i])) {
                        return stages.get(s).name;
                    }
                }
            }
            return null;
        }
    }
}

package dev.whittle.trainer.network;

import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.layer.ChannelScales;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.CounterRandom;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.FakeQuantize;
import dev.whittle.trainer.layer.Initializer;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.Variable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A [NetworkSpec] with its parameters. [Trainer] changes the parameters in place; everything else reads them. Not to be
/// used by other threads while it is trained.
public final class Network {
    private final NetworkSpec spec;
    private final List<Layer> layers;
    private final List<Shape> shapes;
    private final List<List<Integer>> inputIndices;
    private final Map<String, Integer> layerIndices = new LinkedHashMap<>();
    private final int[] parameterOffsets;
    private final int[] stateOffsets;
    private final float[] parameters;
    private final float[] state;

    private Network(NetworkSpec spec) {
        this.spec = spec;
        shapes = spec.shapes();
        layers = spec.layers();
        inputIndices = spec.inputIndices();
        int count = layers.size();
        parameterOffsets = new int[count + 1];
        stateOffsets = new int[count + 1];
        for (int i = 0; i < count; i++) {
            layerIndices.put(layers.get(i).name(), i);
            parameterOffsets[i + 1] = parameterOffsets[i];
            stateOffsets[i + 1] = stateOffsets[i];
            for (Variable variable : variables(i)) {
                int[] offsets = variable.origin().isTrainable() ? parameterOffsets : stateOffsets;
                offsets[i + 1] = Math.addExact(offsets[i + 1], variable.shape().elementCount());
            }
        }
        parameters = new float[parameterOffsets[count]];
        state = new float[stateOffsets[count]];
    }

    /// A network with fresh parameters; the same seed gives the same ones.
    public static Network create(NetworkSpec spec, long seed) {
        Network network = new Network(spec);
        for (int i = 0; i < network.layers.size(); i++) {
            network.initialize(i, Purpose.INITIAL_PARAMETERS.key(seed));
        }
        return network;
    }

    /// A network with the given values.
    static Network of(NetworkSpec spec, float[] parameters, float[] state) {
        Network network = new Network(spec);
        if (parameters.length != network.parameters.length || state.length != network.state.length) {
            throw new IllegalArgumentException(
                    "%d parameters and %d state values for a network of %d and %d, must be as many"
                            .formatted(parameters.length, state.length, network.parameters.length,
                                    network.state.length));
        }
        System.arraycopy(parameters, 0, network.parameters, 0, parameters.length);
        System.arraycopy(state, 0, network.state, 0, state.length);
        return network;
    }

    /// Reads a network that [#write] has written.
    ///
    /// @throws CheckpointException naming the file, when it is not one
    public static Network read(Path file) throws IOException {
        return NetworkFile.read(file);
    }

    /// Writes description and parameters to one file, which appears whole or not at all.
    public void write(Path file) throws IOException {
        NetworkFile.write(this, file);
    }

    public NetworkSpec spec() {
        return spec;
    }

    public List<Layer> layers() {
        return layers;
    }

    public List<String> labels() {
        return spec.labels();
    }

    /// The shape of one image.
    public Shape inputShape() {
        return spec.inputShape();
    }

    /// The shape of one image before layer `layer`, of its first input where it has several.
    public Shape inputShape(int layer) {
        return shapes.get(inputIndices.get(layer).getFirst());
    }

    /// What layer `layer` takes: 0 stands for the network's input, `i + 1` for the output of layer `i`.
    public List<Integer> inputs(int layer) {
        return inputIndices.get(layer);
    }

    /// The shape of one image after layer `layer`.
    public Shape outputShape(int layer) {
        return shapes.get(layer + 1);
    }

    /// How many numbers are learned.
    public int parameterCount() {
        return parameters.length;
    }

    /// How many numbers layer `layer` learns.
    public int parameterCount(int layer) {
        return parameterOffsets[layer + 1] - parameterOffsets[layer];
    }

    /// The kernel of a convolution as `[outChannel, filterY, filterX, inChannel]`, as it is stored: not fake-quantized.
    public float[] filterOhwi(Conv2D layer) {
        float[] ohwi = new float[kernelElements(layer)];
        for (int to = 0; to < ohwi.length; to++) {
            ohwi[to] = parameters[storedIndex(layer, to)];
        }
        return ohwi;
    }

    /// The bias of a convolution, zeros where it has none.
    public float[] bias(Conv2D layer) {
        return layer.useBias() ? values(layer.name(), "bias") : new float[layer.filters()];
    }

    /// The kernel of a fully-connected layer as `[unit, feature]`, as it is stored: not fake-quantized.
    public float[] weights(Dense layer) {
        float[] weights = new float[kernelElements(layer)];
        for (int to = 0; to < weights.length; to++) {
            weights[to] = parameters[storedIndex(layer, to)];
        }
        return weights;
    }

    /// The bias of a fully-connected layer, zeros where it has none.
    public float[] bias(Dense layer) {
        return layer.useBias() ? values(layer.name(), "bias") : new float[layer.units()];
    }

    /// A copy of a layer's variable as the trainer stores it, trained or kept.
    ///
    /// @param variable such as `kernel`
    public float[] values(String layer, String variable) {
        return place(layer, variable).read();
    }

    /// Replaces a layer's variable, laid out as the trainer stores it.
    public void assign(String layer, String variable, float[] values) {
        place(layer, variable).write(values);
    }

    /// Where a variable lies.
    private record Place(String layer, String variable, float[] array, int offset, int count) {
        float[] read() {
            return Arrays.copyOfRange(array, offset, offset + count);
        }

        void write(float[] values) {
            if (values.length != count) {
                throw new IllegalArgumentException("layer \"%s\": %d values for %s, must be %d".formatted(layer,
                        values.length, variable, count));
            }
            System.arraycopy(values, 0, array, offset, count);
        }
    }

    private Place place(String layer, String name) {
        int index = layerIndex(layer);
        int trained = parameterOffsets[index];
        int kept = stateOffsets[index];
        for (Variable variable : variables(index)) {
            boolean isTrainable = variable.origin().isTrainable();
            int count = variable.shape().elementCount();
            if (variable.name().equals(name)) {
                return new Place(layer, name, isTrainable ? parameters : state, isTrainable ? trained : kept, count);
            }
            trained += isTrainable ? count : 0;
            kept += isTrainable ? 0 : count;
        }
        throw new IllegalArgumentException("layer \"%s\" has no %s, it has %s".formatted(layer, name,
                variables(index).stream().map(Variable::name).toList()));
    }

    /// Replaces kernel and bias of a convolution.
    ///
    /// @param filterOhwi `[outChannel, filterY, filterX, inChannel]`
    public void assign(Conv2D layer, float[] filterOhwi, float[] bias) {
        requireLengths(layer, filterOhwi, bias, layer.filters());
        for (int from = 0; from < filterOhwi.length; from++) {
            parameters[storedIndex(layer, from)] = filterOhwi[from];
        }
        System.arraycopy(bias, 0, parameters, offset(layer) + filterOhwi.length, layer.useBias() ? bias.length : 0);
    }

    /// Replaces kernel and bias of a fully-connected layer.
    ///
    /// @param weights `[unit, feature]`
    public void assign(Dense layer, float[] weights, float[] bias) {
        requireLengths(layer, weights, bias, layer.units());
        for (int from = 0; from < weights.length; from++) {
            parameters[storedIndex(layer, from)] = weights[from];
        }
        System.arraycopy(bias, 0, parameters, offset(layer) + weights.length, layer.useBias() ? bias.length : 0);
    }

    /// The int8 parameters of the range that a fake quantization has learned; null while it has seen nothing.
    public @Nullable QuantizationParameters quantization(FakeQuantize layer) {
        int offset = stateOffsets[index(layer)];
        return FakeQuantize.parametersOf(state[offset], state[offset + 1]);
    }

    /// The int8 or int4 parameters of a convolution's fake-quantized kernel, one scale per output channel.
    public QuantizationParameters kernelQuantization(Conv2D layer) {
        return ChannelScales.of(parameters, offset(layer), kernelElements(layer) / layer.filters(), layer.filters(),
                layer.kernelBits()).toParameters();
    }

    /// The int8 or int4 parameters of a fully-connected layer's fake-quantized kernel, one scale per unit.
    public QuantizationParameters kernelQuantization(Dense layer) {
        return ChannelScales.of(parameters, offset(layer), kernelElements(layer) / layer.units(), layer.units(),
                layer.kernelBits()).toParameters();
    }

    /// Sets the range of a fake quantization.
    public void assign(FakeQuantize layer, float min, float max) {
        int offset = stateOffsets[index(layer)];
        state[offset] = min;
        state[offset + 1] = max;
    }

    /// A copy with other layers, as [NetworkSpec#withLayers] places them. A layer of the same name keeps its values; a new one
    /// may have state but no trainable variables, which would have to come from somewhere.
    public Network withLayers(List<? extends Layer> newLayers) {
        return withSpec(spec.withLayers(newLayers));
    }

    /// As [#withLayers], for any graph.
    public Network withSpec(NetworkSpec newSpec) {
        Network copy = new Network(newSpec);
        for (int i = 0; i < copy.layers.size(); i++) {
            Layer layer = copy.layers.get(i);
            Integer old = layerIndices.get(layer.name());
            if (old == null || !variables(old).equals(copy.variables(i))) {
                if (copy.parameterCount(i) > 0) {
                    throw new IllegalArgumentException(
                            "layer \"%s\" has no layer of that name and shape to take its parameters from"
                                    .formatted(layer.name()));
                }
                copy.initialize(i, 0);
            } else {
                System.arraycopy(parameters, parameterOffsets[old], copy.parameters, copy.parameterOffsets[i],
                        parameterCount(old));
                System.arraycopy(state, stateOffsets[old], copy.state, copy.stateOffsets[i],
                        stateOffsets[old + 1] - stateOffsets[old]);
            }
        }
        return copy;
    }

    /// An independent network with the same values.
    public Network copy() {
        return of(spec, parameters, state);
    }

    /// The outputs of each image, class probabilities where the network ends in a softmax, computed on all processors.
    public float[][] predict(ImageSource images) {
        try (Predictor predictor = new Predictor(this, Runtime.getRuntime().availableProcessors())) {
            return predictor.predict(images);
        }
    }

    /// The outputs of each image, class probabilities where the network ends in a softmax, computed on all processors.
    ///
    /// @param batch `[images, height, width, channel]` with the network's input shape, values 0 to 255
    public float[][] predict(float[] batch) {
        try (Predictor predictor = new Predictor(this, Runtime.getRuntime().availableProcessors())) {
            return predictor.predict(batch);
        }
    }

    /// All trainable values, live.
    float[] parameters() {
        return parameters;
    }

    /// All values that are kept but not trained, live.
    float[] state() {
        return state;
    }

    int parameterOffset(int layer) {
        return parameterOffsets[layer];
    }

    int stateOffset(int layer) {
        return stateOffsets[layer];
    }

    private List<Variable> variables(int layer) {
        return layers.get(layer).variables(inputShape(layer));
    }

    private void initialize(int layer, long key) {
        int parameter = parameterOffsets[layer];
        int kept = stateOffsets[layer];
        for (Variable variable : variables(layer)) {
            int count = variable.shape().elementCount();
            switch (variable.origin()) {
                case Variable.Trained(Initializer initializer, int fanIn, int fanOut) -> {
                    long layerKey = CounterRandom.fold(key, layers.get(layer).name().hashCode());
                    initializer.fill(parameters, parameter, count, fanIn, fanOut, layerKey);
                    parameter += count;
                }
                case Variable.Kept(float value) -> {
                    Arrays.fill(state, kept, kept + count, value);
                    kept += count;
                }
                case Variable.EmptyRange() -> {
                    state[kept++] = Float.POSITIVE_INFINITY;
                    state[kept++] = Float.NEGATIVE_INFINITY;
                }
            }
        }
    }

    /// The number of the layer of a name.
    int layerIndex(String name) {
        Integer index = layerIndices.get(name);
        if (index == null) {
            throw new IllegalArgumentException("the network has no layer \"" + name + "\"");
        }
        return index;
    }

    private int index(Layer layer) {
        Integer index = layerIndices.get(layer.name());
        if (index == null || !layers.get(index).equals(layer)) {
            throw new IllegalArgumentException("the network has no layer " + layer);
        }
        return index;
    }

    private int offset(Layer layer) {
        return parameterOffsets[index(layer)];
    }

    private int kernelElements(Layer layer) {
        return variables(index(layer)).getFirst().shape().elementCount();
    }

    /// Where element `ohwi` of `[outChannel, filterY, filterX, inChannel]` is stored.
    private int storedIndex(Conv2D layer, int ohwi) {
        int channels = inputShape(index(layer)).dimension(2);
        int in = ohwi % channels;
        int filterX = ohwi / channels % layer.kernelWidth();
        int filterY = ohwi / channels / layer.kernelWidth() % layer.kernelHeight();
        int out = ohwi / channels / layer.kernelWidth() / layer.kernelHeight();
        return offset(layer) + ((filterY * layer.kernelWidth() + filterX) * channels + in) * layer.filters() + out;
    }

    /// Where element `weight` of `[unit, feature]` is stored.
    private int storedIndex(Dense layer, int weight) {
        int features = inputShape(index(layer)).dimension(0);
        return offset(layer) + weight % features * layer.units() + weight / features;
    }

    private void requireLengths(Layer layer, float[] kernel, float[] bias, int outputs) {
        if (kernel.length != kernelElements(layer) || bias.length != outputs) {
            throw new IllegalArgumentException(
                    "layer \"%s\": %d weights and %d biases, must be %d and %d".formatted(layer.name(),
                            kernel.length, bias.length, kernelElements(layer), outputs));
        }
    }
}

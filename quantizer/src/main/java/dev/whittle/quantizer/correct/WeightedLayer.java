package dev.whittle.quantizer.correct;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/// A CONV_2D, DEPTHWISE_CONV_2D or FULLY_CONNECTED with constant float weights. Whatever the operator's own layout, weight
/// `[position, channel]` is that of output channel `channel` with the `position`-th number that the channel reads:
/// `filterY, filterX, inChannel` for convolutions.
final class WeightedLayer {
    private static final int FILTER = 1;
    private static final int BIAS = 2;

    private final Subgraph subgraph;
    private final Operator operator;
    private final Activation activation;
    private final boolean isDepthwise;

    private WeightedLayer(Subgraph subgraph, Operator operator, Activation activation, boolean isDepthwise) {
        this.subgraph = subgraph;
        this.operator = operator;
        this.activation = activation;
        this.isDepthwise = isDepthwise;
    }

    /// The operator as a layer, where it is one.
    static Optional<WeightedLayer> of(Subgraph subgraph, Operator operator) {
        Optional<WeightedLayer> layer = switch (operator.options()) {
            case Options.Conv2d conv ->
                    Optional.of(new WeightedLayer(subgraph, operator, conv.activation(), false));
            case Options.DepthwiseConv2d conv ->
                    Optional.of(new WeightedLayer(subgraph, operator, conv.activation(), true));
            case Options.FullyConnected dense ->
                    Optional.of(new WeightedLayer(subgraph, operator, dense.activation(), false));
            default -> Optional.empty();
        };
        return layer.filter(found -> found.isPlain());
    }

    private boolean isPlain() {
        return activation.isClamp() && isFloats(filterTensor()) && (!hasBias() || isFloats(biasTensor()))
                && subgraph.tensor(output()).type() == ElementType.FLOAT32;
    }

    private boolean isFloats(int index) {
        Tensor tensor = subgraph.tensor(index);
        return tensor.isConstant() && tensor.type() == ElementType.FLOAT32;
    }

    Operator operator() {
        return operator;
    }

    int input() {
        return operator.inputs().getFirst();
    }

    int output() {
        return operator.outputs().getFirst();
    }

    /// What people call the layer.
    String name() {
        return subgraph.tensor(output()).name();
    }

    Activation activation() {
        return activation;
    }

    boolean isDepthwise() {
        return isDepthwise;
    }

    int filterTensor() {
        return operator.inputs().get(FILTER);
    }

    boolean hasBias() {
        return operator.inputs().size() > BIAS && operator.inputs().get(BIAS) != Operator.ABSENT;
    }

    int biasTensor() {
        return operator.inputs().get(BIAS);
    }

    Shape filterShape() {
        return subgraph.tensor(filterTensor()).shape();
    }

    /// The axis of the filter that output channels run along.
    int channelDimension() {
        return isDepthwise ? 3 : 0;
    }

    int channels() {
        return filterShape().dimension(channelDimension());
    }

    /// Numbers that a channel reads.
    int positions() {
        return filterShape().elementCount() / channels();
    }

    /// Where weight `[position, channel]` lies in the filter.
    int index(int position, int channel) {
        return isDepthwise ? position * channels() + channel : channel * positions() + position;
    }

    /// The input channels that the positions of a channel read from; for convolutions the same for all filter positions.
    int inChannel(int position, int channel) {
        return switch (operator.options()) {
            case Options.DepthwiseConv2d conv -> channel / conv.depthMultiplier();
            case Options.Conv2d _ -> position % filterShape().dimension(3);
            default -> position;
        };
    }

    float[] weights() {
        return floats(filterTensor());
    }

    /// One for each channel; zeros where the operator has none.
    float[] bias() {
        return hasBias() ? floats(biasTensor()) : new float[channels()];
    }

    private float[] floats(int index) {
        Buffer data = subgraph.tensor(index).buffer();
        if (data == null) {
            throw new IllegalStateException("tensor " + index + " is no constant");
        }
        return data.toFloats();
    }

    /// The operator without its activation, for what is computed in front of that.
    Operator linear() {
        Options options = switch (operator.options()) {
            case Options.Conv2d conv -> new Options.Conv2d(conv.padding(), conv.strideHeight(), conv.strideWidth(),
                    conv.dilationHeight(), conv.dilationWidth(), Activation.NONE);
            case Options.DepthwiseConv2d conv ->
                    new Options.DepthwiseConv2d(conv.padding(), conv.strideHeight(), conv.strideWidth(),
                            conv.depthMultiplier(), conv.dilationHeight(), conv.dilationWidth(), Activation.NONE);
            case Options.FullyConnected dense -> new Options.FullyConnected(Activation.NONE, dense.keepNumDims(),
                    dense.asymmetricQuantizeInputs());
            default -> throw new IllegalStateException(operator.code() + " has no weights");
        };
        return new Operator(options, operator.inputs(), operator.outputs(), operator.version());
    }

    /// Applies the activation to what the linear operator gave.
    void activate(float[] values) {
        for (int i = 0; i < values.length; i++) {
            values[i] = activate(values[i]);
        }
    }

    float activate(float value) {
        return Math.min(Math.max(value, activation.minimum()), activation.maximum());
    }

    /// Whether this layer alone reads its weights and its bias.
    boolean ownsConstants() {
        List<Integer> read = subgraph.operators().stream().flatMap(other -> other.inputs().stream()).toList();
        return IntStream.rangeClosed(FILTER, hasBias() ? BIAS : FILTER).map(operator.inputs()::get)
                .allMatch(constant -> read.stream().filter(index -> index == constant).count() == 1);
    }
}

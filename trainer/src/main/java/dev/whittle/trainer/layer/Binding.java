package dev.whittle.trainer.layer;

import dev.whittle.engine.kernel.Gemm;
import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.model.Shape;
import java.util.List;

/// What a layer is bound to: shapes, and where in the network's arrays its variables lie.
public final class Binding {
    private final List<Shape> inputs;
    private final Shape output;
    private final KernelTier tier;
    private final float[] parameters;
    private final int parameterOffset;
    private final float[] state;
    private final int stateOffset;
    private final boolean forwardReLU;
    private final boolean backwardReLU;
    private final boolean inputGradient;
    private final boolean batchStatistics;

    /// @param inputs the shapes of one image before the layer
    /// @param output one image's shape after it
    /// @param parameters all trainable values of the network, seen live
    /// @param parameterOffset where the layer's first trainable variable starts; the others follow without gaps
    /// @param state all values of the network that are kept but not trained, seen live
    /// @param stateOffset where the layer's own start
    /// @param forwardReLU the layer applies the ReLU that follows it, or is that ReLU and finds it applied
    /// @param backwardReLU the layer applies the gradient of the ReLU before it, or is that ReLU and finds it applied
    /// @param inputGradient the gradient with respect to the input will be asked for
    /// @param batchStatistics the layer learns: it works with the statistics of the batch instead of those it has kept
    public Binding(List<Shape> inputs, Shape output, KernelTier tier, float[] parameters, int parameterOffset,
            float[] state,
            int stateOffset, boolean forwardReLU, boolean backwardReLU, boolean inputGradient,
            boolean batchStatistics) {
        this.inputs = List.copyOf(inputs);
        this.output = output;
        this.tier = tier;
        this.parameters = parameters;
        this.parameterOffset = parameterOffset;
        this.state = state;
        this.stateOffset = stateOffset;
        this.forwardReLU = forwardReLU;
        this.backwardReLU = backwardReLU;
        this.inputGradient = inputGradient;
        this.batchStatistics = batchStatistics;
    }

    /// The shape of the only, or the first, input.
    public Shape input() {
        return inputs.getFirst();
    }

    public List<Shape> inputs() {
        return inputs;
    }

    public Shape output() {
        return output;
    }

    KernelTier tier() {
        return tier;
    }

    Gemm gemm() {
        return Gemm.of(tier);
    }

    float[] parameters() {
        return parameters;
    }

    int parameterOffset() {
        return parameterOffset;
    }

    float[] state() {
        return state;
    }

    int stateOffset() {
        return stateOffset;
    }

    boolean forwardReLU() {
        return forwardReLU;
    }

    boolean backwardReLU() {
        return backwardReLU;
    }

    boolean inputGradient() {
        return inputGradient;
    }

    boolean batchStatistics() {
        return batchStatistics;
    }
}

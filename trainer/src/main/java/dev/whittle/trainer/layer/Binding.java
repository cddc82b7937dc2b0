package dev.whittle.trainer.layer;

import dev.whittle.engine.kernel.Gemm;
import dev.whittle.engine.model.Shape;

/// What a layer is bound to: shapes, and where in the network's arrays its variables lie.
public final class Binding {
    private final Shape input;
    private final Shape output;
    private final Gemm gemm;
    private final float[] parameters;
    private final int parameterOffset;
    private final float[] state;
    private final int stateOffset;
    private final boolean forwardReLU;
    private final boolean backwardReLU;
    private final boolean inputGradient;

    /// @param input one image's shape before the layer
    /// @param output one image's shape after it
    /// @param parameters all trainable values of the network, seen live
    /// @param parameterOffset where the layer's first trainable variable starts; the others follow without gaps
    /// @param state all values of the network that are kept but not trained, seen live
    /// @param stateOffset where the layer's own start
    /// @param forwardReLU the layer applies the ReLU that follows it, or is that ReLU and finds it applied
    /// @param backwardReLU the layer applies the gradient of the ReLU before it, or is that ReLU and finds it applied
    /// @param inputGradient the gradient with respect to the input will be asked for
    public Binding(Shape input, Shape output, Gemm gemm, float[] parameters, int parameterOffset, float[] state,
            int stateOffset, boolean forwardReLU, boolean backwardReLU, boolean inputGradient) {
        this.input = input;
        this.output = output;
        this.gemm = gemm;
        this.parameters = parameters;
        this.parameterOffset = parameterOffset;
        this.state = state;
        this.stateOffset = stateOffset;
        this.forwardReLU = forwardReLU;
        this.backwardReLU = backwardReLU;
        this.inputGradient = inputGradient;
    }

    public Shape input() {
        return input;
    }

    public Shape output() {
        return output;
    }

    Gemm gemm() {
        return gemm;
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
}

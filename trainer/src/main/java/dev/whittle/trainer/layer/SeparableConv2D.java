package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Padding;
import java.util.List;

/// A depthwise convolution and a convolution of single pixels behind it (Chollet 2017, "Xception: Deep Learning with
/// Depthwise Separable Convolutions"): not a layer of its own, but the two that it stands for. The first is named
/// `NAME/depthwise` and has no bias, the second has the name itself.
///
/// @param filters output channels
/// @param useBias the second adds a bias
public record SeparableConv2D(String name, int filters, int kernelHeight, int kernelWidth, int strideHeight,
        int strideWidth, int dilationHeight, int dilationWidth, int depthMultiplier, Padding padding, boolean useBias,
        Initializer initializer) {

    /// A square kernel with bias, Glorot uniform.
    public SeparableConv2D(String name, int filters, int kernelSize, int stride, Padding padding) {
        this(name, filters, kernelSize, kernelSize, stride, stride, 1, 1, 1, padding, true,
                Initializer.GLOROT_UNIFORM);
    }

    /// The two layers, the second of which takes the first.
    public List<Layer> layers() {
        Conv2D pointwise = new Conv2D(name, filters, 1, Padding.VALID).withInitializer(initializer);
        return List.of(
                new DepthwiseConv2D(name + "/depthwise", kernelHeight, kernelWidth, strideHeight, strideWidth,
                        dilationHeight, dilationWidth, depthMultiplier, padding, false, initializer, 0),
                useBias ? pointwise : pointwise.withoutBias());
    }
}

package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Options;

/// What the engine knows about each operator: one row per operator, in schema order.
public final class KernelRegistry {
    private KernelRegistry() {}

    /// The row of an operator.
    public static OperatorKernel of(Options options) {
        return switch (options) {
            case Options.Add add -> new Add();
            case Options.AveragePool2d pool -> new Pool2d(Pool2d.Kind.AVERAGE, pool.pool());
            case Options.Conv2d conv -> new Conv2d(conv);
            case Options.DepthwiseConv2d conv -> new DepthwiseConv2d(conv);
            case Options.Dequantize dequantize -> new Dequantize();
            case Options.FullyConnected dense -> new FullyConnected(dense);
            case Options.MaxPool2d pool -> new Pool2d(Pool2d.Kind.MAX, pool.pool());
            case Options.Mul mul -> new Mul();
            case Options.Relu relu -> new Relu(Activation.RELU);
            case Options.Relu6 relu6 -> new Relu(Activation.RELU6);
            case Options.Reshape reshape -> new Reshape();
            case Options.ResizeBilinear resize -> new ResizeBilinear();
            case Options.Softmax softmax -> new Softmax();
            case Options.Quantize quantize -> new Quantize();
        };
    }
}

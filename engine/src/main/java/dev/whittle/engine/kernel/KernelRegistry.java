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
            case Options.Dequantize dequantize -> new Dequantize();
            case Options.Mul mul -> new Mul();
            case Options.Relu relu -> new Relu(Activation.RELU);
            case Options.Relu6 relu6 -> new Relu(Activation.RELU6);
            case Options.Reshape reshape -> new Reshape();
            case Options.Quantize quantize -> new Quantize();
            case Options.AveragePool2d pool -> throw pending(options);
            case Options.Conv2d conv -> throw pending(options);
            case Options.DepthwiseConv2d conv -> throw pending(options);
            case Options.FullyConnected dense -> throw pending(options);
            case Options.MaxPool2d pool -> throw pending(options);
            case Options.ResizeBilinear resize -> new ResizeBilinear();
            case Options.Softmax softmax -> new Softmax();
        };
    }

    private static RuntimeException pending(Options options) {
        return new UnsupportedOperationException("no kernel for " + options.code() + " yet");
    }
}

package dev.whittle.engine.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What an operator does and with which settings: one record per operator, the fields those of its options table in the
/// TFLite schema. Every place that must decide about an operator is a switch over this interface without a default, so
/// that the compiler lists what a new operator still lacks.
public sealed interface Options {

    /// The operator's name and number in the schema.
    OperatorCode code();

    /// `output = activation(input0 + input1)`, with broadcasting.
    record Add(Activation activation) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.ADD;
        }
    }

    /// The mean of each window, padding left out of the count.
    record AveragePool2d(Pool2d pool) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.AVERAGE_POOL_2D;
        }
    }

    /// Convolution of `[batch, height, width, inChannel]` with filters `[outChannel, filterY, filterX, inChannel]` and
    /// an optional bias `[outChannel]`.
    record Conv2d(Padding padding, int strideHeight, int strideWidth, int dilationHeight, int dilationWidth,
            Activation activation) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.CONV_2D;
        }
    }

    /// Convolution of each channel by itself, filters `[1, filterY, filterX, outChannel]`; `outChannel` is
    /// `inChannel · depthMultiplier`, and kernels derive the multiplier from the shapes.
    record DepthwiseConv2d(Padding padding, int strideHeight, int strideWidth, int depthMultiplier, int dilationHeight,
            int dilationWidth, Activation activation) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.DEPTHWISE_CONV_2D;
        }
    }

    /// Quantized or half-precision numbers to FLOAT32.
    record Dequantize() implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.DEQUANTIZE;
        }
    }

    /// `output = activation(input · weightsᵀ + bias)`, weights `[outChannel, inChannel]`.
    ///
    /// @param keepNumDims the output keeps the input's rank, its last dimension replaced
    /// @param asymmetricQuantizeInputs hybrid kernels quantize their float input with a zero point
    record FullyConnected(Activation activation, boolean keepNumDims, boolean asymmetricQuantizeInputs)
            implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.FULLY_CONNECTED;
        }
    }

    /// The largest element of each window.
    record MaxPool2d(Pool2d pool) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.MAX_POOL_2D;
        }
    }

    /// `output = activation(input0 · input1)`, with broadcasting.
    record Mul(Activation activation) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.MUL;
        }
    }

    /// FLOAT32 to quantized numbers, or quantized numbers to others of another scale or type.
    record Quantize() implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.QUANTIZE;
        }
    }

    /// `max(0, input)`.
    record Relu() implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.RELU;
        }
    }

    /// `min(6, max(0, input))`.
    record Relu6() implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.RELU6;
        }
    }

    /// The same elements under another shape, which is input 1 where there is one, else `newShape`; one dimension may
    /// be −1.
    record Reshape(@Nullable List<Integer> newShape) implements Options {
        public Reshape {
            newShape = newShape == null ? null : List.copyOf(newShape);
        }

        @Override
        public OperatorCode code() {
            return OperatorCode.RESHAPE;
        }
    }

    /// Bilinear interpolation of `[batch, height, width, channel]` to the `[height, width]` in input 1.
    record ResizeBilinear(boolean alignCorners, boolean halfPixelCenters) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.RESIZE_BILINEAR;
        }
    }

    /// `exp(beta · x) / Σ exp(beta · x)` along the last dimension.
    record Softmax(float beta) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.SOFTMAX;
        }
    }

    /// The window of a pooling operator; a part of options, not an operator.
    record Pool2d(Padding padding, int strideHeight, int strideWidth, int filterHeight, int filterWidth,
            Activation activation) {
    }
}

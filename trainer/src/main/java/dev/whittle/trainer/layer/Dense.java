package dev.whittle.trainer.layer;

import dev.whittle.engine.kernel.Gemm;
import dev.whittle.engine.model.Shape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Fully-connected layer: `y[unit] = bias[unit] + Σ x[feature] · kernel[feature, unit]`. With `X` of `[images, features]`
/// the gradients are `Xᵀ · dY` and `dY · kernelᵀ`.
///
/// @param units output features
/// @param useBias adds a bias
/// @param initializer of the kernel
/// @param kernelBits computes with the kernel rounded to integers of so many bits, 2 to 8, with one scale per
///        unit ([ChannelScales]); 0 for the kernel as it is
public record Dense(String name, int units, boolean useBias, Initializer initializer, int kernelBits)
        implements Layer {

    public Dense {
        ChannelScales.requireBits(name, kernelBits);
        if (units < 1) {
            throw new IllegalArgumentException("layer \"%s\": %d units, must be positive".formatted(name, units));
        }
    }

    /// With bias, Glorot uniform.
    public Dense(String name, int units) {
        this(name, units, true, Initializer.GLOROT_UNIFORM, 0);
    }

    public Dense withoutBias() {
        return new Dense(name, units, false, initializer, kernelBits);
    }

    public Dense withInitializer(Initializer chosen) {
        return new Dense(name, units, useBias, chosen, kernelBits);
    }

    /// With the kernel rounded to int8.
    public Dense withFakeQuantizedKernel() {
        return withFakeQuantizedKernel(Byte.SIZE);
    }

    /// @param bits of the integers that the kernel is rounded to
    public Dense withFakeQuantizedKernel(int bits) {
        return new Dense(name, units, useBias, initializer, bits);
    }

    @Override
    public Shape outputShape(Shape input) {
        if (input.rank() != 1) {
            throw refused("input " + input + ", must be [feature]");
        }
        return Shape.of(units);
    }

    @Override
    public List<Variable> variables(Shape input) {
        int features = input.dimension(0);
        Variable kernel = new Variable("kernel", Shape.of(features, units),
                new Variable.Trained(initializer, features, units));
        return useBias ? List.of(kernel, Variable.bias(units)) : List.of(kernel);
    }

    @Override
    public BoundLayer bind(Binding binding) {
        return new Bound(binding);
    }

    private final class Bound implements BoundLayer {
        private final Gemm gemm;
        private final float[] parameters;
        private final int kernelOffset;
        private final int biasOffset;
        private final int features;
        private final float min;
        private final boolean inputGradient;
        private final float[] quantized;
        private final float @Nullable [] bias = useBias ? new float[units] : null;
        private final float[] packed;
        private final float[] packedTransposed;

        Bound(Binding binding) {
            gemm = binding.gemm();
            parameters = binding.parameters();
            features = binding.input().dimension(0);
            kernelOffset = binding.parameterOffset();
            biasOffset = kernelOffset + features * units;
            min = binding.forwardReLU() ? 0 : Float.NEGATIVE_INFINITY;
            inputGradient = binding.inputGradient();
            quantized = new float[kernelBits > 0 ? features * units : 0];
            packed = new float[gemm.packedLength(features, units)];
            packedTransposed = new float[inputGradient ? gemm.packedLength(units, features) : 0];
        }

        @Override
        public void refresh() {
            if (bias != null) {
                System.arraycopy(parameters, biasOffset, bias, 0, units);
            }
            float[] kernel = parameters;
            int offset = kernelOffset;
            if (kernelBits > 0) {
                System.arraycopy(parameters, kernelOffset, quantized, 0, quantized.length);
                ChannelScales.of(quantized, 0, features, units, kernelBits).fakeQuantize(quantized);
                kernel = quantized;
                offset = 0;
            }
            gemm.pack(kernel, offset, units, 1, features, units, packed, 0);
            if (inputGradient) {
                gemm.pack(kernel, offset, 1, units, units, features, packedTransposed, 0);
            }
        }

        @Override
        public Pass pass(int images) {
            return new Product(images);
        }

        private final class Product implements Pass {
            private final float[] packedDy;

            Product(int images) {
                packedDy = new float[gemm.packedLength(images, units)];
            }

            @Override
            public void forward(Step step, float[] x, float[] y) {
                gemm.multiply(x, 0, features, 1, packed, 0, step.images(), features, units, bias, min,
                        Float.POSITIVE_INFINITY, false, y, 0, units);
            }

            @Override
            public void backward(Step step, float[] x, float[] y, float[] dy, float[] dx) {
                float[] gradient = step.gradient();
                for (int unit = 0; useBias && unit < units; unit++) {
                    float sum = 0;
                    for (int image = 0; image < step.images(); image++) {
                        sum += dy[image * units + unit];
                    }
                    gradient[biasOffset + unit] = sum;
                }
                gemm.pack(dy, 0, units, 1, step.images(), units, packedDy, 0);
                gemm.multiply(x, 0, 1, features, packedDy, 0, features, step.images(), units, null,
                        Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, false, gradient, kernelOffset, units);
                if (inputGradient) {
                    gemm.multiply(dy, 0, units, 1, packedTransposed, 0, step.images(), units, features, null,
                            Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, false, dx, 0, features);
                }
            }
        }
    }
}

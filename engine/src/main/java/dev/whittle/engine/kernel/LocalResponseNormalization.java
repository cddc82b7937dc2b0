package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.List;
import java.util.Set;

/// LOCAL_RESPONSE_NORMALIZATION: `x · (bias + alpha · Σ x²)^−beta`, the sum over the channels up to `radius` away, FLOAT32.
///
/// The sum slides along the channels, squares times alpha coming in and going out (LiteRT
/// `optimized_ops::LocalResponseNormalization`; the reference set leaves out the window's last channel).
final class LocalResponseNormalization implements OperatorKernel {
    private static final int RANK = 4;

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 1, 1);
        Tensor input = p.inputTensor(0);
        TensorChecks.rank(p, "input", input, RANK);
        return List.of(input.shape());
    }

    @Override
    public Kernel prepare(Preparation p) {
        TensorChecks.sameType(p, "output", p.outputTensor(0), ElementType.FLOAT32);
        Options.LocalResponseNormalization options = (Options.LocalResponseNormalization) p.options();
        if (options.radius() < 0) {
            throw p.malformed("radius is " + options.radius() + ", must be 0 or more");
        }
        int depth = p.inputTensor(0).shape().dimension(RANK - 1);
        int radius = Math.min(options.radius(), depth);
        float bias = options.bias();
        float alpha = options.alpha();
        float beta = options.beta();
        Slot input = p.input(0);
        Slot output = p.output(0);
        int count = input.elementCount();
        return memory -> {
            float[] from = memory.floats(input);
            float[] to = memory.floats(output);
            int fromOffset = memory.offset(input);
            int toOffset = memory.offset(output);
            for (int pixel = 0; pixel < count; pixel += depth) {
                float sum = 0;
                for (int channel = -radius; channel < depth; channel++) {
                    int entering = channel + radius;
                    if (entering < depth) {
                        float x = from[fromOffset + pixel + entering];
                        sum += x * x * alpha;
                    }
                    if (channel >= 0) {
                        float x = from[fromOffset + pixel + channel];
                        to[toOffset + pixel + channel] = x * (float) StrictMath.pow(bias + sum, -beta);
                    }
                    int leaving = channel - radius;
                    if (leaving >= 0) {
                        float x = from[fromOffset + pixel + leaving];
                        sum -= x * x * alpha;
                    }
                }
            }
        };
    }
}

package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// FAKE_QUANT: every element clamped to a range and brought to the nearest of `2^bits` steps in it, FLOAT32. The range is
/// moved so that 0 is a step (LiteRT `NudgeQuantizationRange`, `FakeQuantizeArray`). A narrow range leaves out the first
/// step; the reference does not run those.
final class FakeQuant implements OperatorKernel {
    private static final int MOST_BITS = 16;

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 1, 1);
        return List.of(p.inputTensor(0).shape());
    }

    @Override
    public Kernel prepare(Preparation p) {
        TensorChecks.sameType(p, "output", p.outputTensor(0), ElementType.FLOAT32);
        Options.FakeQuant options = (Options.FakeQuant) p.options();
        if (options.numBits() < 2 || options.numBits() > MOST_BITS) {
            throw p.malformed(options.numBits() + " bits, must be 2 to " + MOST_BITS);
        }
        float low = options.min();
        float high = options.max();
        if (!(low < high) || Float.isInfinite(high - low)) {
            throw p.malformed("range is " + low + " to " + high + ", must be finite and not empty");
        }
        float first = options.narrowRange() ? 1 : 0;
        float last = (1 << options.numBits()) - 1;
        float scale = (high - low) / (last - first);
        if (scale == 0) {
            throw p.malformed("range is " + low + " to " + high + ", too small for " + options.numBits() + " bits");
        }
        float zeroPoint = Math.clamp(Rounding.halfAwayFromZero(first - low / scale), first, last);
        float min = (first - zeroPoint) * scale;
        float max = (last - zeroPoint) * scale;
        float stepsPerUnit = 1 / scale;
        return UnaryRun.floats(x -> {
            // NaN goes to the lower end.
            float steps = (Math.min(max, x > min ? x : min) - min) * stepsPerUnit;
            return Rounding.halfAwayFromZero(steps) * scale + min;
        }).kernel(p);
    }
}

package dev.whittle.trainer.layer;

import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Rounds activations to int8 and back, so that the network learns with the error that quantization will make:
/// `y = scale · (clamp(round(x / scale) + zeroPoint, −128, 127) − zeroPoint)`. The gradient passes straight through
/// where `x` lies within the range and is zero outside (Jacob et al. 2018, "Quantization and Training of Neural Networks
/// for Efficient Integer-Arithmetic-Only Inference", section 3.1).
///
/// The range is an exponential moving average of each batch's minimum and maximum. A batch is rounded with the range as
/// it was before, so that no thread waits for another; until something has been observed values pass unchanged.
///
/// @param momentum how much of the old range stays at each step, 0 to 1
/// @param frozen the range no longer changes
public record FakeQuantize(String name, float momentum, boolean frozen) implements Layer {
    private static final int MIN_CODE = -128;
    private static final int MAX_CODE = 127;
    /// Adding and subtracting it rounds a float below 2²² to an integer, half to even.
    private static final float ROUNDING = 0x1.8p23f;

    public FakeQuantize {
        if (!(momentum >= 0 && momentum <= 1)) {
            throw new IllegalArgumentException("layer \"%s\": momentum %s, must be 0 to 1".formatted(name, momentum));
        }
    }

    public FakeQuantize withFrozen(boolean isFrozen) {
        return new FakeQuantize(name, momentum, isFrozen);
    }

    /// int8 parameters of a range, which is widened to hold zero; zero itself becomes a code exactly (Jacob et al. 2018,
    /// section 3.1: nudging). Null for the empty range `[+∞, −∞]`. A range of zero alone has scale 1.
    public static @Nullable QuantizationParameters parametersOf(float min, float max) {
        if (min > max) {
            return null;
        }
        float low = Math.min(min, 0);
        float high = Math.max(max, 0);
        float scale = (float) (((double) high - low) / (MAX_CODE - MIN_CODE));
        if (!(scale > 0)) {
            return QuantizationParameters.perTensor(1, 0);
        }
        long zeroPoint = Math.round(MIN_CODE - (double) low / scale);
        return QuantizationParameters.perTensor(scale, Math.clamp(zeroPoint, MIN_CODE, MAX_CODE));
    }

    @Override
    public Shape outputShape(Shape input) {
        return input;
    }

    @Override
    public List<Variable> variables(Shape input) {
        return List.of(new Variable("range", Shape.of(2), new Variable.EmptyRange()));
    }

    @Override
    public BoundLayer bind(Binding binding) {
        return new Bound(binding);
    }

    private final class Bound implements BoundLayer {
        private final float[] state;
        private final int offset;
        private final int elements;
        private boolean rounding;
        private float scale = 1;
        private float minCode;
        private float maxCode;

        Bound(Binding binding) {
            state = binding.state();
            offset = binding.stateOffset();
            elements = binding.input().elementCount();
        }

        @Override
        public void refresh() {
            QuantizationParameters parameters = parametersOf(state[offset], state[offset + 1]);
            rounding = parameters != null;
            if (parameters != null) {
                scale = parameters.scale(0);
                minCode = MIN_CODE - parameters.zeroPoint(0);
                maxCode = MAX_CODE - parameters.zeroPoint(0);
            }
        }

        @Override
        public void observe(float[] observed) {
            float min = observed[offset];
            float max = observed[offset + 1];
            if (frozen || min > max) {
                return;
            }
            boolean first = state[offset] > state[offset + 1];
            state[offset] = first ? min : state[offset] * momentum + min * (1 - momentum);
            state[offset + 1] = first ? max : state[offset + 1] * momentum + max * (1 - momentum);
        }

        @Override
        public Pass pass(int images) {
            return new Rounding();
        }

        private final class Rounding implements Pass {
            @Override
            public void forward(Step step, float[] x, float[] y) {
                int count = step.images() * elements;
                if (step.training() && !frozen) {
                    float min = Float.POSITIVE_INFINITY;
                    float max = Float.NEGATIVE_INFINITY;
                    for (int i = 0; i < count; i++) {
                        min = Math.min(min, x[i]);
                        max = Math.max(max, x[i]);
                    }
                    step.observed()[offset] = min;
                    step.observed()[offset + 1] = max;
                }
                if (!rounding) {
                    System.arraycopy(x, 0, y, 0, count);
                    return;
                }
                for (int i = 0; i < count; i++) {
                    // Clamped first, so that the rounding trick holds for any value.
                    float code = Math.min(Math.max(x[i] / scale, minCode), maxCode);
                    y[i] = (code + ROUNDING - ROUNDING) * scale;
                }
            }

            @Override
            public void backward(Step step, float[] x, float[] y, float[] dy, float[] dx) {
                int count = step.images() * elements;
                if (!rounding) {
                    System.arraycopy(dy, 0, dx, 0, count);
                    return;
                }
                float min = minCode * scale;
                float max = maxCode * scale;
                for (int i = 0; i < count; i++) {
                    // 0 inside the range, 1 outside; the compiler makes vectors of this and branches of a condition.
                    float outside = Math.signum(Math.abs(x[i] - Math.min(Math.max(x[i], min), max)));
                    dx[i] = dy[i] * (1 - outside);
                }
            }
        }
    }
}

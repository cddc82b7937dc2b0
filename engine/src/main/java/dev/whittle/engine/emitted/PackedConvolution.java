package dev.whittle.engine.emitted;

import dev.whittle.engine.emitted.x86.ConvolutionLayout;
import dev.whittle.engine.emitted.x86.ConvolutionShape;
import dev.whittle.engine.emitted.x86.ConvolutionShape.Finish;
import dev.whittle.engine.emitted.x86.ConvolutionShape.Numbers;
import dev.whittle.engine.kernel.Convolution;
import dev.whittle.engine.kernel.Convolution.Requantization;
import dev.whittle.engine.model.ElementType;
import org.jspecify.annotations.Nullable;

/// Which code a convolution takes: null in [#shape] where what it holds does not fit any.
final class PackedConvolution {
    /// Sums with their bias stay below this, so that nothing that follows leaves 32 bits.
    private static final long MOST_SUM = 1 << 30;
    private static final int MOST_CODE = 255;

    private PackedConvolution() {}

    static @Nullable ConvolutionShape shape(Convolution convolution) {
        if (convolution.type() == ElementType.FLOAT32) {
            // Padding takes no part, where the specification multiplies by 0.
            for (float weight : convolution.weights()) {
                if (!Float.isFinite(weight)) {
                    return null;
                }
            }
            return new ConvolutionShape(Numbers.FLOAT32, convolution.window(), convolution.channels(),
                    convolution.isPooled(), new Finish.Reals(convolution.min() > Float.NEGATIVE_INFINITY,
                            convolution.max() < Float.POSITIVE_INFINITY));
        }
        Requantization codes = convolution.codes();
        if (codes == null || !isWithinBounds(convolution, codes)) {
            return null;
        }
        return null;
    }

    private static boolean isWithinBounds(Convolution convolution, Requantization codes) {
        return codes.bias().length < MOST_SUM && MOST_CODE > 0;
    }
}

package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import java.util.Arrays;

/// The float input of a hybrid kernel as INT8 codes (kept as floats for the product), one scale and zero point for each
/// batch: symmetric, `scale = max|x| / 127`, or asymmetric, `scale = (max − min) / 255` over a range widened to hold 0
/// (LiteRT `PortableSymmetricQuantizeFloats` and `PortableAsymmetricQuantizeFloats`, float and double where they have
/// them, so that the codes are the same).
record HybridInput(Slot input, Slot codes, Slot scales, Slot zeroPoints, int batches, int batchElements,
        boolean asymmetric) {

    /// @param batches pieces of the input with a scale each
    static HybridInput of(Preparation p, Slot input, int batches, boolean asymmetric) {
        return new HybridInput(input, p.scratch(ElementType.FLOAT32, input.elementCount()),
                p.scratch(ElementType.FLOAT32, batches), p.scratch(ElementType.INT32, batches), batches,
                batches == 0 ? 0 : input.elementCount() / batches, asymmetric);
    }

    float scale(Memory memory, int batch) {
        return memory.floats(scales)[memory.offset(scales) + batch];
    }

    int zeroPoint(Memory memory, int batch) {
        return memory.ints(zeroPoints)[memory.offset(zeroPoints) + batch];
    }

    /// Fills codes, scales and zero points.
    void quantize(Memory memory) {
        float[] from = memory.floats(input);
        float[] to = memory.floats(codes);
        for (int batch = 0; batch < batches; batch++) {
            int first = memory.offset(input) + batch * batchElements;
            float min = 0;
            float max = 0;
            for (int i = first; i < first + batchElements; i++) {
                min = Math.min(min, from[i]);
                max = Math.max(max, from[i]);
            }
            int target = memory.offset(codes) + batch * batchElements;
            float scale = asymmetric ? (float) (((double) max - min) / 255) : Math.max(-min, max) / 127;
            int zeroPoint = 0;
            if (min == max) {
                scale = 1;
                Arrays.fill(to, target, target + batchElements, 0);
            } else if (asymmetric) {
                zeroPoint = zeroPoint(min, max);
                float inverse = 1 / scale;
                for (int i = 0; i < batchElements; i++) {
                    float code = Rounding.halfAwayFromZero(zeroPoint + from[first + i] * inverse);
                    to[target + i] = Math.clamp(code, -128f, 127f);
                }
            } else {
                float inverse = 127 / Math.max(-min, max);
                for (int i = 0; i < batchElements; i++) {
                    to[target + i] = Math.clamp(Rounding.halfAwayFromZero(from[first + i] * inverse), -127f, 127f);
                }
            }
            memory.floats(scales)[memory.offset(scales) + batch] = scale;
            memory.ints(zeroPoints)[memory.offset(zeroPoints) + batch] = zeroPoint;
        }
    }

    /// The code nearest to real 0, found from the end of the range where the error of the division is smaller.
    private static int zeroPoint(double min, double max) {
        double scale = (max - min) / 255;
        double fromMin = -128 - min / scale;
        double fromMax = 127 - max / scale;
        double errorFromMin = 128 + Math.abs(min / scale);
        double errorFromMax = 127 + Math.abs(max / scale);
        double zeroPoint = errorFromMin < errorFromMax ? fromMin : fromMax;
        return (int) Rounding.halfAwayFromZero(Math.clamp(zeroPoint, -128.0, 127.0));
    }
}

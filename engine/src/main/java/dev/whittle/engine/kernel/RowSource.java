package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Tensor;
import org.jspecify.annotations.Nullable;

/// Where a product reads its input from, as floats: real numbers, codes, or the codes that a hybrid kernel made.
///
/// Codes of 16 bits come in two parts, so that products with them are exact as floats too:
/// `code = 256 · high + low + 128`, both parts within INT8. Part 0 is the low one.
sealed interface RowSource {

    /// 1, or 2 for codes of 16 bits.
    default int parts() {
        return 1;
    }

    /// Where the input starts in its array.
    int offset(Memory memory);

    /// What stands for real 0 outside the image.
    float padding(Memory memory, int batch, int part);

    /// Copies `pixels` pieces of `channels` elements as floats.
    ///
    /// @param from index of the first piece in the input's array
    void widen(Memory memory, int part, int from, int fromStride, int pixels, int channels, float[] to, int toOffset,
            int toStride);

    /// The source that an input calls for.
    ///
    /// @param input number of the input
    static RowSource of(Preparation p, int input, @Nullable HybridInput hybrid) {
        if (hybrid != null) {
            return new Hybrid(hybrid);
        }
        Tensor tensor = p.inputTensor(input);
        if (tensor.type() == ElementType.FLOAT32) {
            return new Reals(p.input(input));
        }
        QuantizationParameters parameters = TensorChecks.quantizedPerTensor(p, "input", tensor);
        return tensor.type() == ElementType.INT16
                ? new WideCodes(p.input(input), parameters.zeroPoint(0))
                : new Codes(p.input(input), Filter.flip(tensor.type()),
                        Filter.signedZeroPoint(tensor.type(), parameters));
    }

    private static void copy(float[] input, int from, int fromStride, int pixels, int channels, float[] to,
            int toOffset, int toStride) {
        for (int pixel = 0; pixel < pixels; pixel++) {
            int source = from + pixel * fromStride;
            int target = toOffset + pixel * toStride;
            for (int channel = 0; channel < channels; channel++) {
                to[target + channel] = input[source + channel];
            }
        }
    }

    /// Real numbers, padded with 0.
    record Reals(Slot input) implements RowSource {
        @Override
        public int offset(Memory memory) {
            return memory.offset(input);
        }

        @Override
        public float padding(Memory memory, int batch, int part) {
            return 0;
        }

        @Override
        public void widen(Memory memory, int part, int from, int fromStride, int pixels, int channels, float[] to,
                int toOffset, int toStride) {
            copy(memory.floats(input), from, fromStride, pixels, channels, to, toOffset, toStride);
        }
    }

    /// Codes of 8 bits, padded with the zero point: those of INT8 as they are, those of UINT8 less 128.
    ///
    /// @param flip 0 for INT8, 0x80 for UINT8, whose sign bit it turns around
    record Codes(Slot input, int flip, int zeroPoint) implements RowSource {
        @Override
        public int offset(Memory memory) {
            return memory.offset(input);
        }

        @Override
        public float padding(Memory memory, int batch, int part) {
            return zeroPoint;
        }

        @Override
        public void widen(Memory memory, int part, int from, int fromStride, int pixels, int channels, float[] to,
                int toOffset, int toStride) {
            byte[] codes = memory.bytes(input);
            for (int pixel = 0; pixel < pixels; pixel++) {
                int source = from + pixel * fromStride;
                int target = toOffset + pixel * toStride;
                for (int channel = 0; channel < channels; channel++) {
                    to[target + channel] = (byte) (codes[source + channel] ^ flip);
                }
            }
        }
    }

    /// Codes of 16 bits in two parts, padded with those of the zero point.
    record WideCodes(Slot input, int zeroPoint) implements RowSource {
        @Override
        public int parts() {
            return 2;
        }

        @Override
        public int offset(Memory memory) {
            return memory.offset(input);
        }

        @Override
        public float padding(Memory memory, int batch, int part) {
            return part == 0 ? (zeroPoint & 0xff) - 128 : zeroPoint >> 8;
        }

        @Override
        public void widen(Memory memory, int part, int from, int fromStride, int pixels, int channels, float[] to,
                int toOffset, int toStride) {
            short[] codes = memory.shorts(input);
            // The low part is what is left of the lower eight bits, 128 taken off; the high part the upper eight.
            int shift = part * Byte.SIZE;
            int mask = part == 0 ? 0xff : -1;
            int less = part == 0 ? 128 : 0;
            for (int pixel = 0; pixel < pixels; pixel++) {
                int source = from + pixel * fromStride;
                int target = toOffset + pixel * toStride;
                for (int channel = 0; channel < channels; channel++) {
                    to[target + channel] = (codes[source + channel] >> shift & mask) - less;
                }
            }
        }
    }

    /// Codes as floats, padded with the zero point of their batch.
    record Hybrid(HybridInput hybrid) implements RowSource {
        @Override
        public int offset(Memory memory) {
            return memory.offset(hybrid.codes());
        }

        @Override
        public float padding(Memory memory, int batch, int part) {
            return hybrid.zeroPoint(memory, batch);
        }

        @Override
        public void widen(Memory memory, int part, int from, int fromStride, int pixels, int channels, float[] to,
                int toOffset, int toStride) {
            copy(memory.floats(hybrid.codes()), from, fromStride, pixels, channels, to, toOffset, toStride);
        }
    }
}

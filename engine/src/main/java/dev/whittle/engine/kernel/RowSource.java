package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Tensor;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
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

    /// Copies `count` codes of eight bits as shorts, for [RowWeights]; other sources have none.
    default void toShorts(Memory memory, int from, int count, short[] to, int toOffset) {
        throw new IllegalStateException(this + " has no codes of eight bits");
    }

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
                        Filter.signedZeroPoint(tensor.type(), parameters), p.tier() == KernelTier.VECTOR);
    }

    /// From so many elements on [System#arraycopy] is faster than a loop.
    int LONG_PIECE = 16;

    private static void copy(float[] input, int from, int fromStride, int pixels, int channels, float[] to,
            int toOffset, int toStride) {
        if (isOneRun(fromStride, channels, toStride)) {
            System.arraycopy(input, from, to, toOffset, pixels * channels);
            return;
        }
        for (int pixel = 0; pixel < pixels; pixel++) {
            int source = from + pixel * fromStride;
            int target = toOffset + pixel * toStride;
            if (channels >= LONG_PIECE) {
                System.arraycopy(input, source, to, target, channels);
                continue;
            }
            for (int channel = 0; channel < channels; channel++) {
                to[target + channel] = input[source + channel];
            }
        }
    }

    /// Whether the pieces follow each other without a gap, here and there.
    private static boolean isOneRun(int fromStride, int channels, int toStride) {
        return fromStride == channels && toStride == channels;
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
    record Codes(Slot input, int flip, int zeroPoint, boolean vector) implements RowSource {
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
            if (isOneRun(fromStride, channels, toStride)) {
                widen(codes, from, 0, 1, pixels * channels, to, toOffset, 0);
            } else {
                widen(codes, from, fromStride, pixels, channels, to, toOffset, toStride);
            }
        }

        private void widen(byte[] codes, int from, int fromStride, int pixels, int channels, float[] to, int toOffset,
                int toStride) {
            // Not called for less than a vector: the compiler would take its loop for one that seldom runs, and every
            // vector would be an object.
            if (vector && pixels > 0 && channels >= Simd.CODES) {
                Simd.widen(codes, from, fromStride, (byte) flip, pixels, channels, to, toOffset, toStride);
                return;
            }
            for (int pixel = 0; pixel < pixels; pixel++) {
                int source = from + pixel * fromStride;
                int target = toOffset + pixel * toStride;
                for (int channel = 0; channel < channels; channel++) {
                    to[target + channel] = (byte) (codes[source + channel] ^ flip);
                }
            }
        }

        @Override
        public void toShorts(Memory memory, int from, int count, short[] to, int toOffset) {
            byte[] codes = memory.bytes(input);
            if (vector && count >= Simd.CODES) {
                Simd.toShorts(codes, from, (byte) flip, count, to, toOffset);
                return;
            }
            for (int i = 0; i < count; i++) {
                to[toOffset + i] = (byte) (codes[from + i] ^ flip);
            }
        }

        private static final class Simd {
            /// As many as floats, but no fewer than there are bytes in the smallest vector.
            private static final VectorSpecies<Short> SHORTS = VectorSpecies.of(short.class,
                    VectorShape.forBitSize(Math.max(128, Lanes.SHAPE.vectorBitSize() / 2)));
            private static final VectorSpecies<Float> FLOATS = Lanes.FLOAT;
            private static final int LANES = FLOATS.length();
            /// A float for each code, but no less than the 64 bits that a vector has.
            private static final VectorSpecies<Byte> BYTES = VectorSpecies.of(byte.class,
                    VectorShape.forBitSize(Math.max(64, LANES * Byte.SIZE)));
            private static final int CODES = BYTES.length();

            /// As [#widen], one piece.
            static void toShorts(byte[] codes, int from, byte flip, int count, short[] to, int toOffset) {
                for (int i = 0; i < count; i += CODES) {
                    int first = Math.min(i, count - CODES);
                    ((ShortVector) ByteVector.fromArray(BYTES, codes, from + first)
                            .lanewise(VectorOperators.XOR, flip).convertShape(VectorOperators.B2S, SHORTS, 0))
                            .intoArray(to, toOffset + first);
                }
            }

            /// The last vector of each piece goes back over codes already widened.
            static void widen(byte[] codes, int from, int fromStride, byte flip, int pixels, int channels, float[] to,
                    int toOffset, int toStride) {
                for (int pixel = 0; pixel < pixels; pixel++) {
                    int source = from + pixel * fromStride;
                    int target = toOffset + pixel * toStride;
                    for (int channel = 0; channel < channels; channel += CODES) {
                        int first = Math.min(channel, channels - CODES);
                        ByteVector signed = ByteVector.fromArray(BYTES, codes, source + first)
                                .lanewise(VectorOperators.XOR, flip);
                        ((FloatVector) signed.convertShape(VectorOperators.B2F, FLOATS, 0)).intoArray(to,
                                target + first);
                        if (CODES > LANES) {
                            ((FloatVector) signed.convertShape(VectorOperators.B2F, FLOATS, 1)).intoArray(to,
                                    target + first + LANES);
                        }
                    }
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

        @Override
        public void toShorts(Memory memory, int from, int count, short[] to, int toOffset) {
            float[] codes = memory.floats(hybrid.codes());
            if (hybrid.vector() && count >= Simd.FLOATS.length()) {
                Simd.toShorts(codes, from, count, to, toOffset);
                return;
            }
            for (int i = 0; i < count; i++) {
                to[toOffset + i] = (short) codes[from + i];
            }
        }

        private static final class Simd {
            private static final VectorSpecies<Float> FLOATS = Lanes.FLOAT;
            private static final VectorSpecies<Short> SHORTS = VectorSpecies.of(short.class,
                    VectorShape.forBitSize(Lanes.SHAPE.vectorBitSize() / 2));

            /// The last vector goes back over codes already copied.
            static void toShorts(float[] codes, int from, int count, short[] to, int toOffset) {
                for (int i = 0; i < count; i += FLOATS.length()) {
                    int first = Math.min(i, count - FLOATS.length());
                    ((ShortVector) FloatVector.fromArray(FLOATS, codes, from + first)
                            .convertShape(VectorOperators.F2S, SHORTS, 0)).intoArray(to, toOffset + first);
                }
            }
        }
    }
}

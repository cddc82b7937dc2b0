package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import java.util.Arrays;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// The float input of a hybrid kernel as INT8 codes (kept as floats for products of floats), one scale and zero point for each
/// batch: symmetric, `scale = max|x| / 127`, or asymmetric, `scale = (max − min) / 255` over a range widened to hold 0
/// (LiteRT `PortableSymmetricQuantizeFloats` and `PortableAsymmetricQuantizeFloats`, float and double where they have
/// them, so that the codes are the same).
record HybridInput(Slot input, Slot codes, Slot scales, Slot zeroPoints, int batches, int batchElements,
        boolean asymmetric, boolean vector) {
    private static final float[] NO_FLOATS = {};
    private static final byte[] NO_BYTES = {};

    /// @param batches pieces of the input with a scale each
    static HybridInput of(Preparation p, Slot input, int batches, boolean asymmetric) {
        return of(p, input, batches, batches == 0 ? 0 : input.elementCount() / batches, asymmetric);
    }

    /// As [#of(Preparation, Slot, int, boolean)], the elements of each piece known.
    static HybridInput of(Preparation p, Slot input, int batches, int batchElements, boolean asymmetric) {
        return new HybridInput(input, p.scratch(ElementType.FLOAT32, batches * batchElements),
                p.scratch(ElementType.FLOAT32, batches), p.scratch(ElementType.INT32, batches), batches, batchElements,
                asymmetric, p.tier() == KernelTier.VECTOR);
    }

    /// As [#of(Preparation, Slot, int, boolean)], the codes kept as bytes.
    static HybridInput ofBytes(Preparation p, Slot input, int batches, boolean asymmetric) {
        return ofBytes(p, input, batches, asymmetric, 0);
    }

    /// As [#ofBytes(Preparation, Slot, int, boolean)], with room for as many codes of padding of each batch behind them all.
    static HybridInput ofBytes(Preparation p, Slot input, int batches, boolean asymmetric, int padding) {
        return new HybridInput(input,
                p.scratch(ElementType.INT8, Math.addExact(input.elementCount(), Math.multiplyExact(batches, padding))),
                p.scratch(ElementType.FLOAT32, batches), p.scratch(ElementType.INT32, batches), batches,
                batches == 0 ? 0 : input.elementCount() / batches, asymmetric, p.tier() == KernelTier.VECTOR);
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
        float[] to = codes.type() == ElementType.FLOAT32 ? memory.floats(codes) : NO_FLOATS;
        byte[] toBytes = codes.type() == ElementType.INT8 ? memory.bytes(codes) : NO_BYTES;
        for (int batch = 0; batch < batches; batch++) {
            int first = memory.offset(input) + batch * batchElements;
            // Not called for less than a vector: the compiler would take its loops for such that seldom run, and every vector
            // would be an object.
            boolean hasVectors = vector && batchElements >= Simd.LANES;
            float min = 0;
            float max = 0;
            if (hasVectors) {
                max = Simd.real(Simd.largest(from, first, batchElements, 0));
                min = Simd.real(~Simd.largest(from, first, batchElements, -1));
                // Infinities and NaN go by Java's rules.
                hasVectors = Float.isFinite(max - min);
            }
            if (!hasVectors) {
                min = 0;
                max = 0;
                for (int i = first; i < first + batchElements; i++) {
                    min = Math.min(min, from[i]);
                    max = Math.max(max, from[i]);
                }
            }
            int target = memory.offset(codes) + batch * batchElements;
            float scale = asymmetric ? (float) (((double) max - min) / 255) : Math.max(-min, max) / 127;
            int zeroPoint = 0;
            if (min == max) {
                scale = 1;
                if (to == NO_FLOATS) {
                    Arrays.fill(toBytes, target, target + batchElements, (byte) 0);
                } else {
                    Arrays.fill(to, target, target + batchElements, 0);
                }
            } else {
                zeroPoint = asymmetric ? zeroPoint(min, max) : 0;
                float inverse = asymmetric ? 1 / scale : 127 / Math.max(-min, max);
                int least = asymmetric ? -128 : -127;
                // So may numbers whose scale is too small to have an inverse.
                if (hasVectors && Float.isFinite(inverse) && to == NO_FLOATS) {
                    Simd.quantize(from, first, batchElements, inverse, zeroPoint, least, toBytes, target);
                } else if (hasVectors && Float.isFinite(inverse)) {
                    Simd.quantize(from, first, batchElements, inverse, zeroPoint, least, to, target);
                } else {
                    for (int i = 0; i < batchElements; i++) {
                        float code = Rounding.halfAwayFromZero(zeroPoint + from[first + i] * inverse);
                        // No code is NaN: the cast makes it 0.
                        int rounded = (int) Math.clamp(code, least, 127f);
                        if (to == NO_FLOATS) {
                            toBytes[target + i] = (byte) rounded;
                        } else {
                            to[target + i] = rounded;
                        }
                    }
                }
            }
            memory.floats(scales)[memory.offset(scales) + batch] = scale;
            memory.ints(zeroPoints)[memory.offset(zeroPoints) + batch] = zeroPoint;
        }
    }

    /// Fills the padding of all batches with the code of 0.
    void pad(Memory memory, int padding) {
        int first = memory.offset(codes) + batches * batchElements;
        for (int batch = 0; batch < batches; batch++) {
            Arrays.fill(memory.bytes(codes), first + batch * padding, first + (batch + 1) * padding,
                    (byte) zeroPoint(memory, batch));
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

    private static final class Simd {
        private static final VectorSpecies<Float> FLOATS = Lanes.FLOAT;
        private static final VectorSpecies<Integer> INTS = Lanes.INT;
        private static final int LANES = FLOATS.length();
        private static final int NOT_SIGN = 0x7fff_ffff;
        /// The largest float below a half: adding it and cutting off rounds halves away from zero and nothing else.
        private static final int ALMOST_HALF = Float.floatToRawIntBits(Math.nextDown(0.5f));

        /// The largest of 0 and the elements as an int that orders as the floats do, −NaN below and NaN above all others.
        ///
        /// @param flip 0, or −1 for the smallest, whose bits come back inverted
        static int largest(float[] from, int first, int count, int flip) {
            IntVector largest = IntVector.broadcast(INTS, flip);
            for (int i = 0; i < count; i += LANES) {
                IntVector bits = FloatVector.fromArray(FLOATS, from, first + Math.min(i, count - LANES))
                        .reinterpretAsInts();
                IntVector ordered = bits.lanewise(VectorOperators.XOR,
                        bits.lanewise(VectorOperators.ASHR, 31).and(NOT_SIGN));
                largest = largest.max(ordered.lanewise(VectorOperators.XOR, flip));
            }
            return largest.reduceLanes(VectorOperators.MAX);
        }

        /// The float that [#largest] stands for.
        static float real(int ordered) {
            return Float.intBitsToFloat(ordered ^ ordered >> 31 & NOT_SIGN);
        }

        /// The last vector goes back over codes already written.
        static void quantize(float[] from, int first, int count, float inverse, float zeroPoint, int least, float[] to,
                int target) {
            for (int i = 0; i < count; i += LANES) {
                int at = Math.min(i, count - LANES);
                ((FloatVector) codes(from, first + at, inverse, zeroPoint, least).convert(VectorOperators.I2F, 0))
                        .intoArray(to, target + at);
            }
        }

        /// As the other, into bytes.
        static void quantize(float[] from, int first, int count, float inverse, float zeroPoint, int least, byte[] to,
                int target) {
            int last = count - Math.max(LANES, Lanes.CODE.length());
            for (int i = 0; i < count; i += LANES) {
                int at = Math.min(i, count - LANES);
                ByteVector bytes = (ByteVector) codes(from, first + at, inverse, zeroPoint, least)
                        .convertShape(VectorOperators.I2B, Lanes.CODE, 0);
                if (at <= last) {
                    // What is written past the codes is overwritten by the next.
                    bytes.intoArray(to, target + at);
                } else {
                    bytes.intoArray(to, target + at, Lanes.CODES_OF_INTS);
                }
            }
        }

        private static IntVector codes(float[] from, int at, float inverse, float zeroPoint, int least) {
            FloatVector code = FloatVector.fromArray(FLOATS, from, at).mul(inverse).add(zeroPoint);
            FloatVector half = code.reinterpretAsInts().and(~NOT_SIGN).or(ALMOST_HALF).reinterpretAsFloats();
            return code.add(half).convert(VectorOperators.F2I, 0).reinterpretAsInts().max(least).min(127);
        }
    }
}

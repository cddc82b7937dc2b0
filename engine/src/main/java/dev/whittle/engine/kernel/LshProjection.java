package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Set;

/// LSH_PROJECTION: locality-sensitive hashes. For each seed in input 0, `[hash, bit]`, the bit is
/// `Σ weight · signed(fingerprint(seed ++ item)) > 0` over the items of input 1 (its slices along the first dimension) with
/// the weights in input 2, or 1 each. Dense, the bits are the output; sparse, the bits of a hash make one number, to which
/// `hash · 2^bits` is added (LiteRT `lsh_projection.cc`). The fingerprint is FarmHash's of 64 bits over the bytes as they lie
/// in a file.
final class LshProjection implements OperatorKernel {
    private static final int SPARSE = 1;
    private static final int DENSE = 2;
    private static final int MOST_BITS = 32;

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32, ElementType.INT32, ElementType.INT64, ElementType.INT16, ElementType.INT8,
                ElementType.UINT8, ElementType.BOOL);
    }

    /// Input 0 holds the seeds.
    @Override
    public int typedInput() {
        return 1;
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 2, 3);
        TensorChecks.rank(p, "seeds", p.inputTensor(0), 2);
        Shape seeds = p.inputTensor(0).shape();
        Shape input = p.inputTensor(1).shape();
        if (seeds.dimension(1) > MOST_BITS) {
            throw p.malformed("seeds have shape " + seeds + ", must have 32 columns at most");
        }
        if (input.rank() == 0 || input.dimension(0) == 0) {
            throw p.malformed("input has shape " + input + ", must have at least 1 item");
        }
        if (p.hasInput(2)) {
            StepWeights.requireShape(p, "weights", p.inputTensor(2), Shape.of(input.dimension(0)));
        }
        int type = ((Options.LshProjection) p.options()).type();
        if (type != SPARSE && type != DENSE) {
            throw p.malformed("type is " + type + ", must be 1 (sparse) or 2 (dense)");
        }
        return List.of(Shape.of(type == SPARSE ? seeds.dimension(0) : seeds.elementCount()));
    }

    @Override
    public Kernel prepare(Preparation p) {
        TensorChecks.sameType(p, "seeds", p.inputTensor(0), ElementType.FLOAT32);
        TensorChecks.sameType(p, "output", p.outputTensor(0), ElementType.INT32);
        if (p.hasInput(2)) {
            TensorChecks.sameType(p, "weights", p.inputTensor(2), ElementType.FLOAT32);
        }
        boolean isSparse = ((Options.LshProjection) p.options()).type() == SPARSE;
        Slot seeds = p.input(0);
        Slot input = p.input(1);
        List<Slot> weights = p.hasInput(2) ? List.of(p.input(2)) : List.of();
        Slot output = p.output(0);
        int items = input.shape().dimension(0);
        int itemElements = input.elementCount() / items;
        int elementBytes = input.type().bits() / Byte.SIZE;
        if ((long) itemElements * elementBytes > Integer.MAX_VALUE - Float.BYTES) {
            throw p.unsupported("items of " + itemElements + " elements are too long");
        }
        p.requireWork((long) seeds.elementCount() * input.elementCount());
        Slot key = p.scratch(ElementType.INT8, Float.BYTES + itemElements * elementBytes);
        int bits = seeds.shape().dimension(1);
        return memory -> {
            int[] to = memory.ints(output);
            for (int hash = 0; hash < seeds.shape().dimension(0); hash++) {
                int signature = 0;
                for (int bit = 0; bit < bits; bit++) {
                    float seed = memory.floats(seeds)[memory.offset(seeds) + hash * bits + bit];
                    FarmHash.INTS.set(memory.bytes(key), memory.offset(key), Float.floatToRawIntBits(seed));
                    double score = 0;
                    for (int item = 0; item < items; item++) {
                        fill(memory, input, memory.offset(input) + item * itemElements, itemElements, key);
                        long fingerprint = FarmHash.fingerprint(memory.bytes(key), memory.offset(key),
                                key.elementCount());
                        score += weights.isEmpty()
                                ? (double) fingerprint
                                : memory.floats(weights.get(0))[memory.offset(weights.get(0)) + item]
                                        * (double) fingerprint;
                    }
                    int sign = score > 0 ? 1 : 0;
                    signature = signature << 1 | sign;
                    if (!isSparse) {
                        to[memory.offset(output) + hash * bits + bit] = sign;
                    }
                }
                if (isSparse) {
                    to[memory.offset(output) + hash] = signature + hash * (bits == MOST_BITS ? 0 : 1 << bits);
                }
            }
        };
    }

    /// The bytes of one item, behind the seed.
    private static void fill(Memory memory, Slot input, int start, int count, Slot key) {
        byte[] to = memory.bytes(key);
        int at = memory.offset(key) + Float.BYTES;
        for (int i = start; i < start + count; i++) {
            switch (input.type()) {
                case INT8, UINT8, BOOL -> to[at] = memory.bytes(input)[i];
                case INT16 -> FarmHash.SHORTS.set(to, at, memory.shorts(input)[i]);
                case INT32 -> FarmHash.INTS.set(to, at, memory.ints(input)[i]);
                case FLOAT32 -> FarmHash.INTS.set(to, at, Float.floatToRawIntBits(memory.floats(input)[i]));
                case INT64 -> FarmHash.LONGS.set(to, at, memory.longs(input)[i]);
                default -> throw new AssertionError(input.type());
            }
            at += input.type().bits() / Byte.SIZE;
        }
    }

    /// FarmHash's `Fingerprint64` (Pike, `farmhashna::Hash64`).
    static final class FarmHash {
        static final VarHandle SHORTS = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
        static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
        static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
        private static final long K0 = 0xc3a5c85c97cb3127L;
        private static final long K1 = 0xb492b66fbe98f273L;
        private static final long K2 = 0x9ae16a3b2f90404fL;
        private static final int BLOCK = 64;
        private static final long SEED = 81;

        private FarmHash() {}

        private static long long64(byte[] s, int at) {
            return (long) LONGS.get(s, at);
        }

        private static long long32(byte[] s, int at) {
            return Integer.toUnsignedLong((int) INTS.get(s, at));
        }

        private static long mix(long x) {
            return x ^ x >>> 47;
        }

        private static long combine(long u, long v, long factor) {
            long a = mix((u ^ v) * factor);
            return mix((v ^ a) * factor) * factor;
        }

        static long fingerprint(byte[] s, int start, int length) {
            if (length <= 16) {
                return upTo16(s, start, length);
            }
            if (length <= 32) {
                return upTo32(s, start, length);
            }
            return length <= BLOCK ? upTo64(s, start, length) : beyond64(s, start, length, SEED);
        }

        private static long upTo16(byte[] s, int start, int length) {
            long factor = K2 + length * 2L;
            if (length >= 8) {
                long a = long64(s, start) + K2;
                long b = long64(s, start + length - 8);
                long c = Long.rotateRight(b, 37) * factor + a;
                long d = (Long.rotateRight(a, 25) + b) * factor;
                return combine(c, d, factor);
            }
            if (length >= 4) {
                return combine(length + (long32(s, start) << 3), long32(s, start + length - 4), factor);
            }
            if (length > 0) {
                int y = (s[start] & 0xff) + ((s[start + (length >> 1)] & 0xff) << 8);
                int z = length + ((s[start + length - 1] & 0xff) << 2);
                return mix(y * K2 ^ z * K0) * K2;
            }
            return K2;
        }

        private static long upTo32(byte[] s, int start, int length) {
            long factor = K2 + length * 2L;
            long a = long64(s, start) * K1;
            long b = long64(s, start + 8);
            long c = long64(s, start + length - 8) * factor;
            long d = long64(s, start + length - 16) * K2;
            return combine(Long.rotateRight(a + b, 43) + Long.rotateRight(c, 30) + d,
                    a + Long.rotateRight(b + K2, 18) + c, factor);
        }

        private static long upTo64(byte[] s, int start, int length) {
            long factor = K2 + length * 2L;
            long a = long64(s, start) * K2;
            long b = long64(s, start + 8);
            long c = long64(s, start + length - 8) * factor;
            long d = long64(s, start + length - 16) * K2;
            long y = Long.rotateRight(a + b, 43) + Long.rotateRight(c, 30) + d;
            long z = combine(y, a + Long.rotateRight(b + K2, 18) + c, factor);
            long e = long64(s, start + 16) * factor;
            long f = long64(s, start + 24);
            long g = (y + long64(s, start + length - 32)) * factor;
            long h = (z + long64(s, start + length - 24)) * factor;
            return combine(Long.rotateRight(e + f, 43) + Long.rotateRight(g, 30) + h,
                    e + Long.rotateRight(f + a, 18) + g, factor);
        }

        /// Blocks of 64 bytes, the last of them ending where the bytes end. Two pairs of words, `v` and `w`, run along.
        private static long beyond64(byte[] s, int start, int length, long seed) {
            long y = seed * K1 + 113;
            long z = mix(y * K2 + 113) * K2;
            long x = seed * K2 + long64(s, start);
            long v0 = 0;
            long v1 = 0;
            long w0 = 0;
            long w1 = 0;
            int blocks = (length - 1) / BLOCK;
            int tail = length - 1 & BLOCK - 1;
            long factor = K1;
            for (int block = 0; block <= blocks; block++) {
                boolean isLast = block == blocks;
                int at = isLast ? start + length - BLOCK : start + block * BLOCK;
                if (isLast) {
                    factor = K1 + ((z & 0xff) << 1);
                    w0 += tail;
                    v0 += w0;
                    w0 += v0;
                }
                x = Long.rotateRight(x + y + v0 + long64(s, at + 8), 37) * factor;
                y = Long.rotateRight(y + v1 + long64(s, at + 48), 42) * factor;
                x ^= isLast ? w1 * 9 : w1;
                y += (isLast ? v0 * 9 : v0) + long64(s, at + 40);
                z = Long.rotateRight(z + w0, 33) * factor;
                long seedOfV0 = v1 * factor;
                long seedOfV1 = x + w0;
                v0 = weakFirst(s, at, seedOfV0);
                v1 = weakSecond(s, at, seedOfV0, seedOfV1);
                long seedOfW0 = z + w1;
                long seedOfW1 = y + long64(s, at + 16);
                w0 = weakFirst(s, at + 32, seedOfW0);
                w1 = weakSecond(s, at + 32, seedOfW0, seedOfW1);
                long swapped = z;
                z = x;
                x = swapped;
            }
            return combine(combine(v0, w0, factor) + mix(y) * K0 + z, combine(v1, w1, factor) + x, factor);
        }

        private static long weakFirst(byte[] s, int at, long a) {
            return a + long64(s, at) + long64(s, at + 8) + long64(s, at + 16) + long64(s, at + 24);
        }

        private static long weakSecond(byte[] s, int at, long a, long b) {
            long c = a + long64(s, at);
            long turned = Long.rotateRight(b + c + long64(s, at + 24), 21);
            return turned + Long.rotateRight(c + long64(s, at + 8) + long64(s, at + 16), 44) + c;
        }
    }
}

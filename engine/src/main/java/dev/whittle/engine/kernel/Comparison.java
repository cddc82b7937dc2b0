package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER and GREATER_EQUAL with broadcasting; output BOOL. NaN is unequal to
/// everything and neither less nor greater. BOOL and STRING (by bytes) are compared for equality only.
///
/// Quantized codes of eight bits, and of INT16 where they are compared for equality, are compared as real numbers (LiteRT
/// `comparisons.cc`): zero point taken off, shifted left by 8 bits and multiplied by the scale with double rounding.
/// INT16 is otherwise compared as it is.
final class Comparison implements OperatorKernel {
    private static final int CODES = 256;
    private static final int LEFT_SHIFT = 8;
    /** Bits of the ways in which two numbers can stand to each other, counted from 0. */
    private static final int LESS_BIT = 0;
    private static final int EQUAL_BIT = 1;
    private static final int GREATER_BIT = 2;
    private static final int UNORDERED_BIT = 3;

    enum Kind {
        EQUAL(0b0010), NOT_EQUAL(0b1101), LESS(0b0001), LESS_EQUAL(0b0011), GREATER(0b0100), GREATER_EQUAL(0b0110);

        /** The orders that it holds of: a bit each, as counted above. */
        private final int accepted;

        Kind(int accepted) {
            this.accepted = accepted;
        }

        boolean isEquality() {
            return this == EQUAL || this == NOT_EQUAL;
        }
    }

    private final Kind kind;
    private final int accepted;

    Comparison(Kind kind) {
        this.kind = kind;
        this.accepted = kind.accepted;
    }

    @Override
    public Set<ElementType> types() {
        Set<ElementType> types = EnumSet.of(ElementType.FLOAT32, ElementType.FLOAT16, ElementType.BFLOAT16,
                ElementType.INT8, ElementType.UINT8, ElementType.INT16, ElementType.INT32, ElementType.INT64);
        if (kind.isEquality()) {
            types.add(ElementType.BOOL);
            types.add(ElementType.STRING);
        }
        return types;
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        return List.of(Broadcast.of(p).output());
    }

    @Override
    public Kernel prepare(Preparation p) {
        ElementType type = p.inputTensor(0).type();
        TensorChecks.sameType(p, "input 1", p.inputTensor(1), type);
        TensorChecks.sameType(p, "output", p.outputTensor(0), ElementType.BOOL);
        BinaryRun<?, byte[]> run = switch (type) {
            case FLOAT32 -> floats();
            case FLOAT16, BFLOAT16 -> halves(type);
            case INT8, UINT8, BOOL -> bytes(p);
            case INT16 -> shorts(p);
            case INT32 -> ints();
            case INT64 -> longs();
            case STRING -> strings();
            default -> throw new AssertionError(type);
        };
        return Broadcast.of(p).kernel(p, run);
    }

    private byte holds(int order) {
        return (byte) (accepted >> order & 1);
    }

    private byte holds(long x, long y) {
        return holds(x < y ? LESS_BIT : x == y ? EQUAL_BIT : GREATER_BIT);
    }

    private byte holds(float x, float y) {
        return holds(x < y ? LESS_BIT : x == y ? EQUAL_BIT : x > y ? GREATER_BIT : UNORDERED_BIT);
    }

    private BinaryRun<float[], byte[]> floats() {
        return (a, from0, step0, b, from1, step1, c, to, length) -> {
            for (int i = 0; i < length; i++) {
                c[to + i] = holds(a[from0 + i * step0], b[from1 + i * step1]);
            }
        };
    }

    private BinaryRun<short[], byte[]> halves(ElementType type) {
        return (a, from0, step0, b, from1, step1, c, to, length) -> {
            for (int i = 0; i < length; i++) {
                c[to + i] = holds(HalfFloat.widen(type, a[from0 + i * step0]),
                        HalfFloat.widen(type, b[from1 + i * step1]));
            }
        };
    }

    private BinaryRun<int[], byte[]> ints() {
        return (a, from0, step0, b, from1, step1, c, to, length) -> {
            for (int i = 0; i < length; i++) {
                c[to + i] = holds((long) a[from0 + i * step0], b[from1 + i * step1]);
            }
        };
    }

    private BinaryRun<long[], byte[]> longs() {
        return (a, from0, step0, b, from1, step1, c, to, length) -> {
            for (int i = 0; i < length; i++) {
                c[to + i] = holds(a[from0 + i * step0], b[from1 + i * step1]);
            }
        };
    }

    private BinaryRun<byte[][], byte[]> strings() {
        return (a, from0, step0, b, from1, step1, c, to, length) -> {
            for (int i = 0; i < length; i++) {
                boolean isEqual = Arrays.equals(a[from0 + i * step0], b[from1 + i * step1]);
                c[to + i] = holds(isEqual ? EQUAL_BIT : UNORDERED_BIT);
            }
        };
    }

    private BinaryRun<byte[], byte[]> bytes(Preparation p) {
        int[] table0 = table(p, 0);
        int[] table1 = table(p, 1);
        return (a, from0, step0, b, from1, step1, c, to, length) -> {
            for (int i = 0; i < length; i++) {
                c[to + i] = holds((long) table0[a[from0 + i * step0] & 0xff], table1[b[from1 + i * step1] & 0xff]);
            }
        };
    }

    /// What each code, taken as an unsigned byte, is compared as.
    private static int[] table(Preparation p, int input) {
        ElementType type = p.inputTensor(input).type();
        Scaling scaling = Scaling.of(p, input);
        int[] table = new int[CODES];
        for (int code = 0; code < CODES; code++) {
            table[code] = scaling.apply(type == ElementType.INT8 ? (byte) code : code);
        }
        return table;
    }

    private BinaryRun<short[], byte[]> shorts(Preparation p) {
        Scaling scaling0 = kind.isEquality() ? Scaling.of(p, 0) : Scaling.NONE;
        Scaling scaling1 = kind.isEquality() ? Scaling.of(p, 1) : Scaling.NONE;
        return (a, from0, step0, b, from1, step1, c, to, length) -> {
            for (int i = 0; i < length; i++) {
                c[to + i] = holds((long) scaling0.apply(a[from0 + i * step0]),
                        scaling1.apply(b[from1 + i * step1]));
            }
        };
    }

    /// From a code to what it is compared as.
    ///
    /// @param isPlain whether numbers stand for themselves
    private record Scaling(boolean isPlain, Multiplier multiplier, int zeroPoint) {
        static final Scaling NONE = new Scaling(true, Multiplier.of(1), 0);

        static Scaling of(Preparation p, int input) {
            Tensor tensor = p.inputTensor(input);
            boolean isPlainPair = p.inputTensor(0).quantization() == null
                    && p.inputTensor(1).quantization() == null;
            if (isPlainPair || tensor.type() == ElementType.BOOL) {
                return NONE;
            }
            String role = "input " + input;
            QuantizationParameters parameters = TensorChecks.quantizedPerTensor(p, role, tensor);
            return new Scaling(false, Multiplier.of(p, role + " scale", parameters.scale(0)),
                    parameters.zeroPoint(0));
        }

        int apply(int code) {
            return isPlain ? code : multiplier.apply((code - zeroPoint) << LEFT_SHIFT);
        }
    }
}

package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// CAST: each element as one of the output's type, scales not looked at.
///
/// Integers to integers keep the low bits. Real numbers to integers drop the fraction; beyond the range they become its
/// nearest end, and NaN its upper one (LiteRT `cast.cc`, `SaturatingCastFloatingToInteger`). Anything but 0 is true.
/// FLOAT16 and BFLOAT16 are reached by way of FLOAT32, ties to even. Of complex numbers the real part is taken, and given.
/// The types below eight bits go to and from FLOAT32 only.
final class Cast implements OperatorKernel {
    private static final Set<ElementType> PACKED = EnumSet.of(ElementType.INT4, ElementType.INT2, ElementType.UINT4);

    @Override
    public Set<ElementType> types() {
        return EnumSet.of(ElementType.FLOAT32, ElementType.FLOAT16, ElementType.BFLOAT16, ElementType.FLOAT64,
                ElementType.INT8, ElementType.UINT8, ElementType.INT16, ElementType.UINT16, ElementType.INT32,
                ElementType.UINT32, ElementType.INT64, ElementType.BOOL, ElementType.COMPLEX64, ElementType.INT4,
                ElementType.INT2, ElementType.UINT4);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 1, 1);
        return List.of(p.inputTensor(0).shape());
    }

    /// An element of an integer type.
    @FunctionalInterface
    private interface IntegerReader {
        long get(Object array, int i);
    }

    /// An element of a real type; DOUBLE holds them all.
    @FunctionalInterface
    private interface RealReader {
        double get(Object array, int i);
    }

    @FunctionalInterface
    private interface IntegerWriter {
        void put(Object array, int i, long value);
    }

    @FunctionalInterface
    private interface RealWriter {
        void put(Object array, int i, double value);
    }

    @Override
    public Kernel prepare(Preparation p) {
        ElementType from = p.inputTensor(0).type();
        ElementType to = p.outputTensor(0).type();
        boolean isPair = types().contains(to)
                && (!PACKED.contains(to) || from == ElementType.FLOAT32 || from == to)
                && (!PACKED.contains(from) || to == ElementType.FLOAT32 || from == to);
        if (!isPair) {
            throw p.unsupported("from " + from + " to " + to + " is not supported");
        }
        if (from == to) {
            return Movement.view(p);
        }
        Slot input = p.input(0);
        Slot output = p.output(0);
        int count = input.elementCount();
        int step = StorageType.width(from);
        int toStep = StorageType.width(to);
        if (isInteger(from)) {
            IntegerReader reader = integers(from);
            IntegerWriter writer = fromIntegers(to);
            return memory -> {
                Object source = memory.array(input);
                Object target = memory.array(output);
                for (int i = 0; i < count; i++) {
                    writer.put(target, memory.offset(output) + i * toStep,
                            reader.get(source, memory.offset(input) + i));
                }
            };
        }
        RealReader reader = reals(from);
        RealWriter writer = fromReals(to);
        return memory -> {
            Object source = memory.array(input);
            Object target = memory.array(output);
            for (int i = 0; i < count; i++) {
                writer.put(target, memory.offset(output) + i * toStep,
                        reader.get(source, memory.offset(input) + i * step));
            }
        };
    }

    private static boolean isInteger(ElementType type) {
        return switch (type) {
            case INT8, UINT8, INT16, UINT16, INT32, UINT32, INT64, BOOL, INT4, INT2, UINT4 -> true;
            default -> false;
        };
    }

    private static IntegerReader integers(ElementType type) {
        return switch (type) {
            case INT8, INT4, INT2, UINT4 -> (array, i) -> ((byte[]) array)[i];
            case UINT8 -> (array, i) -> ((byte[]) array)[i] & 0xff;
            case BOOL -> (array, i) -> ((byte[]) array)[i] == 0 ? 0 : 1;
            case INT16 -> (array, i) -> ((short[]) array)[i];
            case UINT16 -> (array, i) -> ((short[]) array)[i] & 0xffff;
            case INT32 -> (array, i) -> ((int[]) array)[i];
            case UINT32 -> (array, i) -> ((int[]) array)[i] & 0xffff_ffffL;
            case INT64 -> (array, i) -> ((long[]) array)[i];
            default -> throw new AssertionError(type);
        };
    }

    private static IntegerWriter fromIntegers(ElementType type) {
        return switch (type) {
            case INT8, UINT8 -> (array, i, value) -> ((byte[]) array)[i] = (byte) value;
            case BOOL -> (array, i, value) -> ((byte[]) array)[i] = (byte) (value == 0 ? 0 : 1);
            case INT16, UINT16 -> (array, i, value) -> ((short[]) array)[i] = (short) value;
            case INT32, UINT32 -> (array, i, value) -> ((int[]) array)[i] = (int) value;
            case INT64 -> (array, i, value) -> ((long[]) array)[i] = value;
            case FLOAT32 -> (array, i, value) -> ((float[]) array)[i] = value;
            case FLOAT64 -> (array, i, value) -> ((double[]) array)[i] = value;
            case FLOAT16, BFLOAT16 -> (array, i, value) -> ((short[]) array)[i] = HalfFloat.narrow(type, value);
            case COMPLEX64 -> (array, i, value) -> {
                ((float[]) array)[i] = value;
                ((float[]) array)[i + 1] = 0;
            };
            default -> throw new AssertionError(type);
        };
    }

    private static RealReader reals(ElementType type) {
        return switch (type) {
            case FLOAT32, COMPLEX64 -> (array, i) -> ((float[]) array)[i];
            case FLOAT64 -> (array, i) -> ((double[]) array)[i];
            case FLOAT16, BFLOAT16 -> (array, i) -> HalfFloat.widen(type, ((short[]) array)[i]);
            default -> throw new AssertionError(type);
        };
    }

    private static RealWriter fromReals(ElementType type) {
        return switch (type) {
            case INT8 -> bytes(Byte.MIN_VALUE, Byte.MAX_VALUE);
            case UINT8 -> bytes(0, 255);
            case INT4 -> bytes(-8, 7);
            case INT2 -> bytes(-2, 1);
            case UINT4 -> bytes(0, 15);
            case INT16 -> shorts(Short.MIN_VALUE, Short.MAX_VALUE);
            case UINT16 -> shorts(0, 65_535);
            case INT32 -> ints(Integer.MIN_VALUE, Integer.MAX_VALUE);
            case UINT32 -> ints(0, 0xffff_ffffL);
            case INT64 -> (array, i, value) -> ((long[]) array)[i] = integer(value, Long.MIN_VALUE, Long.MAX_VALUE);
            case BOOL -> (array, i, value) -> ((byte[]) array)[i] = (byte) (value == 0 ? 0 : 1);
            case FLOAT32 -> (array, i, value) -> ((float[]) array)[i] = (float) value;
            case FLOAT64 -> (array, i, value) -> ((double[]) array)[i] = value;
            case FLOAT16, BFLOAT16 -> (array, i, value) -> ((short[]) array)[i] = HalfFloat.narrow(type, (float) value);
            case COMPLEX64 -> (array, i, value) -> {
                ((float[]) array)[i] = (float) value;
                ((float[]) array)[i + 1] = 0;
            };
            default -> throw new AssertionError(type);
        };
    }

    private static RealWriter bytes(long min, long max) {
        return (array, i, value) -> ((byte[]) array)[i] = (byte) integer(value, min, max);
    }

    private static RealWriter shorts(long min, long max) {
        return (array, i, value) -> ((short[]) array)[i] = (short) integer(value, min, max);
    }

    private static RealWriter ints(long min, long max) {
        return (array, i, value) -> ((int[]) array)[i] = (int) integer(value, min, max);
    }

    private static long integer(double value, long min, long max) {
        return Double.isNaN(value) ? max : Math.clamp((long) value, min, max);
    }
}

package dev.whittle.engine.kernel;

import static java.util.Map.entry;

import dev.whittle.engine.kernel.ArithmeticOfReals.Operation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.DoubleBinaryOperator;
import java.util.function.IntBinaryOperator;
import java.util.function.LongBinaryOperator;
import org.jspecify.annotations.Nullable;

/// Operators that apply a plain function to two tensors element by element, with broadcasting: one function for each
/// element type, both inputs and the output of that type. Codes are taken as they are, without scales, so that quantized
/// inputs have to share theirs (LiteRT `maximum_minimum.cc`, `floor_div.cc`, `stablehlo_elementwise.h` and the like).
final class BinaryFunction implements OperatorKernel {
    private static final int BYTE_MASK = 0xff;
    private static final int SHORT_MASK = 0xffff;

    private final Map<ElementType, Binding> bindings;
    /** What it is for floats, where machine code knows it. */
    private final @Nullable Operation operation;

    /// The loop of one operator for one element type.
    ///
    /// @param where the operator, to put in front of faults in values
    @FunctionalInterface
    private interface Binding {
        BinaryRun<?, ?> bind(String where);
    }

    private BinaryFunction(Map<ElementType, Binding> bindings) {
        this(bindings, null);
    }

    private BinaryFunction(Map<ElementType, Binding> bindings, @Nullable Operation operation) {
        this.bindings = bindings;
        this.operation = operation;
    }

    /// MAXIMUM: the second number where the first is not greater, and so where either is NaN.
    static BinaryFunction maximum() {
        return new BinaryFunction(Map.ofEntries(
                entry(ElementType.FLOAT32, where -> BinaryRun.floats((x, y) -> x > y ? x : y)),
                entry(ElementType.FLOAT16,
                        where -> BinaryRun.halves(ElementType.FLOAT16, (x, y) -> x > y ? x : y)),
                entry(ElementType.BFLOAT16,
                        where -> BinaryRun.halves(ElementType.BFLOAT16, (x, y) -> x > y ? x : y)),
                entry(ElementType.INT8, where -> BinaryRun.bytes(-1, Math::max)),
                entry(ElementType.UINT8, where -> BinaryRun.bytes(BYTE_MASK, Math::max)),
                entry(ElementType.INT16, where -> BinaryRun.shorts(-1, Math::max)),
                entry(ElementType.INT32, where -> BinaryRun.ints(Math::max)),
                entry(ElementType.INT64, where -> BinaryRun.longs(Math::max))), Operation.MAXIMUM);
    }

    /// MINIMUM: the second number where the first is not less, and so where either is NaN.
    static BinaryFunction minimum() {
        return new BinaryFunction(Map.ofEntries(
                entry(ElementType.FLOAT32, where -> BinaryRun.floats((x, y) -> x < y ? x : y)),
                entry(ElementType.FLOAT16,
                        where -> BinaryRun.halves(ElementType.FLOAT16, (x, y) -> x < y ? x : y)),
                entry(ElementType.BFLOAT16,
                        where -> BinaryRun.halves(ElementType.BFLOAT16, (x, y) -> x < y ? x : y)),
                entry(ElementType.INT8, where -> BinaryRun.bytes(-1, Math::min)),
                entry(ElementType.UINT8, where -> BinaryRun.bytes(BYTE_MASK, Math::min)),
                entry(ElementType.INT16, where -> BinaryRun.shorts(-1, Math::min)),
                entry(ElementType.INT32, where -> BinaryRun.ints(Math::min)),
                entry(ElementType.INT64, where -> BinaryRun.longs(Math::min))), Operation.MINIMUM);
    }

    /// POW. A negative INT32 exponent is an error at run time; a power past the range of INT32 becomes its least number, as
    /// the conversion of the reference's processors leaves it.
    static BinaryFunction power() {
        return new BinaryFunction(Map.of(
                ElementType.FLOAT32, where -> BinaryRun.floats((x, y) -> (float) StrictMath.pow(x, y)),
                ElementType.INT32, where -> BinaryRun.ints((x, y) -> {
                    if (y < 0) {
                        throw new MalformedModelException(where + "input 1 holds " + y + ", must be 0 or more");
                    }
                    double power = StrictMath.pow(x, y);
                    return Math.abs(power) <= Integer.MAX_VALUE ? (int) power : Integer.MIN_VALUE;
                })));
    }

    /// FLOOR_DIV: the quotient rounded down. A divisor of 0 is an error at run time, also for reals.
    static BinaryFunction floorDivision() {
        return new BinaryFunction(Map.of(
                ElementType.FLOAT32, where -> BinaryRun.floats((x, y) -> {
                    if (y == 0) {
                        throw zeroDivisor(where);
                    }
                    return (float) Math.floor(x / y);
                }),
                ElementType.INT8,
                where -> BinaryRun.bytes(-1, (x, y) -> Math.floorDiv(x, nonZero(y, where))),
                ElementType.INT16,
                where -> BinaryRun.shorts(-1, (x, y) -> Math.floorDiv(x, nonZero(y, where))),
                ElementType.INT32, where -> BinaryRun.ints((x, y) -> Math.floorDiv(x, nonZero(y, where)))));
    }

    /// FLOOR_MOD: what is left of the quotient rounded down; it has the sign of the divisor. An integer divisor of 0 is an
    /// error at run time, of a real one the remainder is NaN.
    static BinaryFunction floorRemainder() {
        return new BinaryFunction(Map.of(
                ElementType.FLOAT32, where -> BinaryRun.floats((x, y) -> {
                    float remainder = x % y;
                    return remainder != 0 && y < 0 != remainder < 0 ? remainder + y : remainder;
                }),
                ElementType.INT8,
                where -> BinaryRun.bytes(-1, (x, y) -> Math.floorMod(x, nonZero(y, where))),
                ElementType.INT16,
                where -> BinaryRun.shorts(-1, (x, y) -> Math.floorMod(x, nonZero(y, where))),
                ElementType.INT32, where -> BinaryRun.ints((x, y) -> Math.floorMod(x, nonZero(y, where))),
                ElementType.INT64, where -> BinaryRun.longs((x, y) -> {
                    if (y == 0) {
                        throw zeroDivisor(where);
                    }
                    return Math.floorMod(x, y);
                })));
    }

    /// ATAN2: the angle of the point (input 1, input 0), in radians.
    static BinaryFunction angle() {
        return new BinaryFunction(Map.of(
                ElementType.FLOAT32, where -> BinaryRun.floats((y, x) -> (float) StrictMath.atan2(y, x)),
                ElementType.FLOAT64, where -> BinaryRun.doubles(StrictMath::atan2)));
    }

    /// LOGICAL_AND.
    static BinaryFunction logicalAnd() {
        return new BinaryFunction(Map.of(ElementType.BOOL,
                where -> BinaryRun.bytes(-1, (x, y) -> x != 0 && y != 0 ? 1 : 0)));
    }

    /// LOGICAL_OR.
    static BinaryFunction logicalOr() {
        return new BinaryFunction(Map.of(ElementType.BOOL,
                where -> BinaryRun.bytes(-1, (x, y) -> x != 0 || y != 0 ? 1 : 0)));
    }

    /// BITWISE_XOR.
    static BinaryFunction bitwiseXor() {
        return new BinaryFunction(Map.of(
                ElementType.INT8, where -> BinaryRun.bytes(-1, (x, y) -> x ^ y),
                ElementType.UINT8, where -> BinaryRun.bytes(-1, (x, y) -> x ^ y),
                ElementType.INT16, where -> BinaryRun.shorts(-1, (x, y) -> x ^ y),
                ElementType.UINT16, where -> BinaryRun.shorts(-1, (x, y) -> x ^ y),
                ElementType.INT32, where -> BinaryRun.ints((x, y) -> x ^ y),
                ElementType.UINT32, where -> BinaryRun.ints((x, y) -> x ^ y)));
    }

    /// RIGHT_SHIFT: by `y` bits, `y` clamped to those that the type has; the sign moves in from the left.
    static BinaryFunction rightShift() {
        return new BinaryFunction(Map.of(
                ElementType.INT8, where -> BinaryRun.bytes(-1, (x, y) -> x >> Math.clamp(y, 0, 7)),
                ElementType.UINT8, where -> BinaryRun.bytes(BYTE_MASK, (x, y) -> x >> Math.clamp(y, 0, 7)),
                ElementType.INT16, where -> BinaryRun.shorts(-1, (x, y) -> x >> Math.clamp(y, 0, 15)),
                ElementType.UINT16, where -> BinaryRun.shorts(SHORT_MASK, (x, y) -> x >> Math.clamp(y, 0, 15)),
                ElementType.INT32, where -> BinaryRun.ints((x, y) -> x >> Math.clamp(y, 0, 31)),
                // A shift with the top bit set is a huge one.
                ElementType.UINT32, where -> BinaryRun.ints((x, y) -> x >>> (y < 0 ? 31 : Math.min(y, 31)))));
    }

    /// STABLEHLO_ADD; integers wrap around.
    static BinaryFunction stablehloAdd() {
        return arithmetic(new Arithmetic(Float::sum, Double::sum, Integer::sum, Long::sum));
    }

    /// STABLEHLO_MULTIPLY; integers wrap around.
    static BinaryFunction stablehloMultiply() {
        return arithmetic(new Arithmetic((x, y) -> x * y, (x, y) -> x * y, (x, y) -> x * y, (x, y) -> x * y));
    }

    /// STABLEHLO_MAXIMUM: the first number where it is not less than the second, and so where either is NaN.
    static BinaryFunction stablehloMaximum() {
        return withUnsigned(arithmetic(new Arithmetic((x, y) -> x < y ? y : x, (x, y) -> x < y ? y : x, Math::max,
                Math::max)), Map.of(
                        ElementType.UINT32,
                        where -> BinaryRun.ints((x, y) -> Integer.compareUnsigned(x, y) < 0 ? y : x),
                        ElementType.UINT64,
                        where -> BinaryRun.longs((x, y) -> Long.compareUnsigned(x, y) < 0 ? y : x)));
    }

    /// STABLEHLO_MINIMUM: the first number where the second is not less, and so where either is NaN.
    static BinaryFunction stablehloMinimum() {
        return withUnsigned(arithmetic(new Arithmetic((x, y) -> y < x ? y : x, (x, y) -> y < x ? y : x, Math::min,
                Math::min)), Map.of(
                        ElementType.UINT32,
                        where -> BinaryRun.ints((x, y) -> Integer.compareUnsigned(y, x) < 0 ? y : x),
                        ElementType.UINT64,
                        where -> BinaryRun.longs((x, y) -> Long.compareUnsigned(y, x) < 0 ? y : x)));
    }

    /// STABLEHLO_AND, bit by bit.
    static BinaryFunction stablehloAnd() {
        Map<ElementType, Binding> bindings = new TreeMap<>();
        for (ElementType type : List.of(ElementType.BOOL, ElementType.INT8, ElementType.UINT8)) {
            bindings.put(type, where -> BinaryRun.bytes(-1, (x, y) -> x & y));
        }
        for (ElementType type : List.of(ElementType.INT16, ElementType.UINT16)) {
            bindings.put(type, where -> BinaryRun.shorts(-1, (x, y) -> x & y));
        }
        for (ElementType type : List.of(ElementType.INT32, ElementType.UINT32)) {
            bindings.put(type, where -> BinaryRun.ints((x, y) -> x & y));
        }
        for (ElementType type : List.of(ElementType.INT64, ElementType.UINT64)) {
            bindings.put(type, where -> BinaryRun.longs((x, y) -> x & y));
        }
        return new BinaryFunction(bindings);
    }

    /// STABLEHLO_SHIFT_LEFT: 0 where the shift is not less than the bits of the type, or negative.
    static BinaryFunction stablehloShiftLeft() {
        return new BinaryFunction(Map.of(
                ElementType.INT8, where -> BinaryRun.bytes(-1, (x, y) -> y < 0 || y > 7 ? 0 : x << y),
                ElementType.INT16, where -> BinaryRun.shorts(-1, (x, y) -> y < 0 || y > 15 ? 0 : x << y),
                ElementType.INT32, where -> BinaryRun.ints((x, y) -> y < 0 || y > 31 ? 0 : x << y)));
    }

    /// One function in the four arithmetics of the JVM; what it makes of 0 and 1 is true where it is not 0.
    private record Arithmetic(BinaryRun.FloatFunction floats, DoubleBinaryOperator doubles,
            IntBinaryOperator ints, LongBinaryOperator longs) {
    }

    private static BinaryFunction arithmetic(Arithmetic functions) {
        return new BinaryFunction(Map.ofEntries(
                entry(ElementType.FLOAT32, where -> BinaryRun.floats(functions.floats)),
                entry(ElementType.FLOAT16, where -> BinaryRun.halves(ElementType.FLOAT16, functions.floats)),
                entry(ElementType.BFLOAT16, where -> BinaryRun.halves(ElementType.BFLOAT16, functions.floats)),
                entry(ElementType.FLOAT64, where -> BinaryRun.doubles(functions.doubles)),
                entry(ElementType.BOOL,
                        where -> BinaryRun.bytes(-1, (x, y) -> functions.ints.applyAsInt(x, y) == 0 ? 0 : 1)),
                entry(ElementType.INT8, where -> BinaryRun.bytes(-1, functions.ints)),
                entry(ElementType.UINT8, where -> BinaryRun.bytes(BYTE_MASK, functions.ints)),
                entry(ElementType.INT16, where -> BinaryRun.shorts(-1, functions.ints)),
                entry(ElementType.UINT16, where -> BinaryRun.shorts(SHORT_MASK, functions.ints)),
                entry(ElementType.INT32, where -> BinaryRun.ints(functions.ints)),
                entry(ElementType.UINT32, where -> BinaryRun.ints(functions.ints)),
                entry(ElementType.INT64, where -> BinaryRun.longs(functions.longs)),
                entry(ElementType.UINT64, where -> BinaryRun.longs(functions.longs))));
    }

    /// The same with other functions for some types.
    private static BinaryFunction withUnsigned(BinaryFunction function, Map<ElementType, Binding> others) {
        Map<ElementType, Binding> bindings = new TreeMap<>(function.bindings);
        bindings.putAll(others);
        return new BinaryFunction(bindings);
    }

    private static int nonZero(int divisor, String where) {
        if (divisor == 0) {
            throw zeroDivisor(where);
        }
        return divisor;
    }

    private static MalformedModelException zeroDivisor(String where) {
        return new MalformedModelException(where + "input 1 holds 0, must not be divided by");
    }

    @Override
    public Set<ElementType> types() {
        return bindings.keySet();
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        return List.of(Broadcast.of(p).output());
    }

    @Override
    public Kernel prepare(Preparation p) {
        ElementType type = p.inputTensor(0).type();
        TensorChecks.sameType(p, "input 1", p.inputTensor(1), type);
        TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        Binding binding = bindings.get(type);
        if (binding == null) {
            throw new AssertionError(type);
        }
        Broadcast broadcast = Broadcast.of(p);
        Kernel emitted = operation == null || type != ElementType.FLOAT32
                ? null
                : broadcast.machineCode(p, operation, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);
        return emitted != null ? emitted : broadcast.kernel(p, binding.bind(p.where()));
    }
}

package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import java.util.function.DoubleBinaryOperator;
import java.util.function.IntBinaryOperator;
import java.util.function.LongBinaryOperator;

/// What an operator of two tensors does with one run of a [Broadcast]: `length` outputs from `to` on, from elements `step0`
/// and `step1` (1 or 0) apart. The output may lie where an input with steps of 1 lies.
///
/// @param <A> the array that both inputs lie in
/// @param <C> the array that the output lies in
@FunctionalInterface
interface BinaryRun<A, C> {

    void apply(A a, int from0, int step0, A b, int from1, int step1, C c, int to, int length);

    /// A function of two floats.
    @FunctionalInterface
    interface FloatFunction {
        float apply(float x, float y);
    }

    /// A function applied element by element: a call for each, so not for the few operators that models spend time in.
    static BinaryRun<float[], float[]> floats(FloatFunction function) {
        return (a, from0, step0, b, from1, step1, c, to, length) -> {
            for (int i = 0; i < length; i++) {
                c[to + i] = function.apply(a[from0 + i * step0], b[from1 + i * step1]);
            }
        };
    }

    /// As [#floats].
    static BinaryRun<double[], double[]> doubles(DoubleBinaryOperator function) {
        return (a, from0, step0, b, from1, step1, c, to, length) -> {
            for (int i = 0; i < length; i++) {
                c[to + i] = function.applyAsDouble(a[from0 + i * step0], b[from1 + i * step1]);
            }
        };
    }

    /// As [#floats].
    static BinaryRun<int[], int[]> ints(IntBinaryOperator function) {
        return (a, from0, step0, b, from1, step1, c, to, length) -> {
            for (int i = 0; i < length; i++) {
                c[to + i] = function.applyAsInt(a[from0 + i * step0], b[from1 + i * step1]);
            }
        };
    }

    /// As [#floats].
    static BinaryRun<long[], long[]> longs(LongBinaryOperator function) {
        return (a, from0, step0, b, from1, step1, c, to, length) -> {
            for (int i = 0; i < length; i++) {
                c[to + i] = function.applyAsLong(a[from0 + i * step0], b[from1 + i * step1]);
            }
        };
    }

    /// As [#floats], of elements of eight bits; the result's low eight are kept.
    ///
    /// @param mask −1 where elements have a sign, 0xff where not
    static BinaryRun<byte[], byte[]> bytes(int mask, IntBinaryOperator function) {
        return (a, from0, step0, b, from1, step1, c, to, length) -> {
            for (int i = 0; i < length; i++) {
                c[to + i] = (byte) function.applyAsInt(a[from0 + i * step0] & mask, b[from1 + i * step1] & mask);
            }
        };
    }

    /// As [#bytes], of sixteen bits, the mask 0xffff where they have no sign.
    static BinaryRun<short[], short[]> shorts(int mask, IntBinaryOperator function) {
        return (a, from0, step0, b, from1, step1, c, to, length) -> {
            for (int i = 0; i < length; i++) {
                c[to + i] = (short) function.applyAsInt(a[from0 + i * step0] & mask, b[from1 + i * step1] & mask);
            }
        };
    }

    /// As [#floats], of FLOAT16 or BFLOAT16, computed in float and rounded once.
    static BinaryRun<short[], short[]> halves(ElementType type, FloatFunction function) {
        return (a, from0, step0, b, from1, step1, c, to, length) -> {
            for (int i = 0; i < length; i++) {
                float x = HalfFloat.widen(type, a[from0 + i * step0]);
                float y = HalfFloat.widen(type, b[from1 + i * step1]);
                c[to + i] = HalfFloat.narrow(type, function.apply(x, y));
            }
        };
    }
}

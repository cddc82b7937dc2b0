package dev.whittle.engine.emitted;

import dev.whittle.engine.emitted.x86.SumCode;
import dev.whittle.engine.kernel.ArithmeticOfReals;
import dev.whittle.engine.kernel.ArithmeticOfReals.Operation;
import dev.whittle.engine.kernel.CodesOfReals;
import dev.whittle.engine.kernel.Gemm;
import dev.whittle.engine.kernel.RealsOfCodes;
import dev.whittle.engine.kernel.SumOfCodes;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;

/// Runs new code of an [EmittedSpan] once, with the operator's own constants: on whole vectors and some elements more, and
/// looks that those before and behind are left alone.
final class SpanSelfTest {
    private static final int CODES = 256;
    /// More than whole vectors, whatever these take.
    private static final int REST = 37;
    private static final int PAIRS = 7 * 16 + 11;
    /// Halves of steps: more than the codes, and a rest of more than eight.
    private static final int STEPS = 4 * CODES + 13;
    private static final int EIGHT = 8;
    /// Elements before the first and behind the last, other numbers for each side.
    private static final int FROM = 3;
    private static final int SECOND_FROM = 5;
    private static final int TO = 7;
    private static final byte UNTOUCHED = 0x5a;
    private static final float[] ODD = {0, -0f, Float.NaN, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY,
        Float.MAX_VALUE};

    private SpanSelfTest() {}

    /// @return whether the code looks all codes up in the table
    static boolean passesMap(MemorySegment code, MemorySegment constants, byte[] table) {
        int count = CODES + REST;
        byte[] input = new byte[FROM + count];
        byte[] expected = new byte[count];
        for (int i = 0; i < count; i++) {
            input[FROM + i] = (byte) i;
            expected[i] = table[i % CODES];
        }
        return yields(code, constants, EmittedSpan.MAP, input, FROM, input, FROM, expected);
    }

    /// @return whether the code adds random codes, and the least and the largest, as scalar arithmetic does
    static boolean passesSum(MemorySegment code, MemorySegment constants, SumOfCodes sum) {
        Random random = new Random(PAIRS);
        byte[] coarse = new byte[FROM + PAIRS];
        byte[] fine = new byte[SECOND_FROM + PAIRS];
        random.nextBytes(coarse);
        random.nextBytes(fine);
        byte[] extremes = sum.isSigned() ? new byte[]{Byte.MIN_VALUE, Byte.MAX_VALUE} : new byte[]{0, -1};
        byte[] expected = new byte[PAIRS];
        for (int i = 0; i < PAIRS; i++) {
            if (i < 4) {
                coarse[FROM + i] = extremes[i / 2];
                fine[SECOND_FROM + i] = extremes[i % 2];
            }
            expected[i] = (byte) sum(sum, coarse[FROM + i], fine[SECOND_FROM + i]);
        }
        return yields(code, constants, EmittedSpan.SUM, coarse, FROM, fine, SECOND_FROM, expected);
    }

    private static int sum(SumOfCodes sum, byte coarse, byte fine) {
        int mask = sum.isSigned() ? -1 : 0xff;
        int halved = (coarse & mask) - sum.coarseZeroPoint() << SumCode.LEFT_SHIFT - 1;
        int scaled = sum.toCommon().apply((fine & mask) - sum.fineZeroPoint() << SumCode.LEFT_SHIFT);
        return Math.clamp((long) sum.outputZeroPoint() + sum.toOutput().apply(halved + scaled), sum.min(), sum.max());
    }

    /// @return whether the code combines random floats, and odd ones, as scalar arithmetic does
    static boolean passesArithmetic(MemorySegment code, MemorySegment constants, ArithmeticOfReals arithmetic) {
        Random random = new Random(PAIRS);
        float[] first = reals(random, FROM, 1, arithmetic.repeatsFirst());
        float[] second = reals(random, SECOND_FROM, ODD.length, arithmetic.repeatsSecond());
        float[] output = new float[TO + PAIRS + TO];
        Arrays.fill(output, UNTOUCHED);
        float[] expected = output.clone();
        for (int i = 0; i < PAIRS; i++) {
            float x = first[FROM + (arithmetic.repeatsFirst() ? 0 : i)];
            float y = second[SECOND_FROM + (arithmetic.repeatsSecond() ? 0 : i)];
            expected[TO + i] = Gemm.clamp(combined(arithmetic.operation(), x, y), arithmetic.min(), arithmetic.max());
        }
        EmittedSpan.LOOP.call(code, MemorySegment.ofArray(first), MemorySegment.ofArray(second),
                MemorySegment.ofArray(output), constants, FROM * Float.BYTES, SECOND_FROM * Float.BYTES,
                TO * Float.BYTES, PAIRS);
        // As objects are compared: one NaN is as good as another, and 0 is not −0.
        return Arrays.equals(expected, output);
    }

    /// @return whether the code makes the floats of all codes
    static boolean passesDequantize(MemorySegment code, MemorySegment constants, RealsOfCodes reals) {
        int count = CODES + REST;
        byte[] input = new byte[FROM + count];
        float[] output = new float[TO + count + TO];
        Arrays.fill(output, UNTOUCHED);
        float[] expected = output.clone();
        for (int i = 0; i < count; i++) {
            byte value = (byte) i;
            input[FROM + i] = value;
            expected[TO + i] = reals.scale() * ((reals.isSigned() ? value : value & 0xff) - reals.zeroPoint());
        }
        EmittedSpan.LOOP.call(code, MemorySegment.ofArray(input), MemorySegment.ofArray(input),
                MemorySegment.ofArray(output), constants, FROM, FROM, TO * Float.BYTES, count);
        return Arrays.equals(expected, output);
    }

    /// @return whether the code makes the codes of halves of steps, past the range on both sides, and of odd ones
    static boolean passesQuantize(MemorySegment code, MemorySegment constants, CodesOfReals codes) {
        float[] input = new float[FROM + STEPS];
        byte[] output = new byte[TO + STEPS + TO];
        Arrays.fill(output, UNTOUCHED);
        byte[] expected = output.clone();
        for (int i = 0; i < STEPS; i++) {
            float value = i < ODD.length ? ODD[i] : (i - STEPS / 2) * 0.5f * codes.scale();
            input[FROM + i] = value;
            expected[TO + i] = (byte) code(codes, value, codes.isToEven() && i < STEPS / EIGHT * EIGHT);
        }
        EmittedSpan.LOOP.call(code, MemorySegment.ofArray(input), MemorySegment.ofArray(input),
                MemorySegment.ofArray(output), constants, FROM * Float.BYTES, FROM * Float.BYTES, TO, STEPS);
        return Arrays.equals(expected, output);
    }

    private static int code(CodesOfReals codes, float value, boolean isToEven) {
        double quotient = value / codes.scale();
        // The sum with a half is exact in double precision.
        double steps = isToEven
                ? Math.rint(value * (1 / codes.scale()))
                : Math.copySign(Math.floor(Math.abs(quotient) + 0.5), quotient);
        int min = codes.isSigned() ? Byte.MIN_VALUE : 0;
        return Math.clamp((long) (int) steps + codes.zeroPoint(), min, min + CODES - 1);
    }

    /// Odd ones first, each of one input with each of the other: one of them takes the turns that the other does not.
    ///
    /// @param turns how many elements have the same turn
    private static float[] reals(Random random, int from, int turns, boolean isOne) {
        float[] reals = new float[from + (isOne ? 1 : PAIRS)];
        for (int i = 0; i < reals.length; i++) {
            int turn = (i - from) / turns;
            reals[i] = i >= from && !isOne && i - from < ODD.length * ODD.length
                    ? ODD[turn % ODD.length]
                    : (float) random.nextGaussian();
        }
        return reals;
    }

    private static float combined(Operation operation, float x, float y) {
        return switch (operation) {
            case ADD -> x + y;
            case SUB -> x - y;
            case MUL -> x * y;
            case DIV -> x / y;
            case MAXIMUM -> x > y ? x : y;
            case MINIMUM -> x < y ? x : y;
        };
    }

    private static boolean yields(MemorySegment code, MemorySegment constants, EmittedSpan.Call call, byte[] first,
            int firstAt, byte[] second, int secondAt, byte[] expected) {
        byte[] whole = new byte[TO + expected.length + TO];
        Arrays.fill(whole, UNTOUCHED);
        byte[] output = whole.clone();
        System.arraycopy(expected, 0, whole, TO, expected.length);
        call.call(code, MemorySegment.ofArray(first), MemorySegment.ofArray(second), MemorySegment.ofArray(output),
                constants, firstAt, secondAt, TO, expected.length);
        return Arrays.equals(whole, output);
    }
}

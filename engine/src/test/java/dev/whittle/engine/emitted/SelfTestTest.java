package dev.whittle.engine.emitted;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.engine.emitted.x86.ArithmeticCode;
import dev.whittle.engine.emitted.x86.Assembler;
import dev.whittle.engine.emitted.x86.DepthwiseCode;
import dev.whittle.engine.emitted.x86.DepthwiseLayout;
import dev.whittle.engine.emitted.x86.DequantizeCode;
import dev.whittle.engine.emitted.x86.Gpr;
import dev.whittle.engine.emitted.x86.MapCode;
import dev.whittle.engine.emitted.x86.QuantizeCode;
import dev.whittle.engine.emitted.x86.SumCode;
import dev.whittle.engine.emitted.x86.VectorUnit;
import dev.whittle.engine.kernel.ArithmeticOfReals;
import dev.whittle.engine.kernel.ArithmeticOfReals.Operation;
import dev.whittle.engine.kernel.CodesOfReals;
import dev.whittle.engine.kernel.Convolution;
import dev.whittle.engine.kernel.Multiplier;
import dev.whittle.engine.kernel.RealsOfCodes;
import dev.whittle.engine.kernel.Slot;
import dev.whittle.engine.kernel.SumOfCodes;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The self-tests of depthwise convolutions, sums, tables, arithmetic and
/// quantization take sound code, and neither code that does nothing nor code for
/// other numbers.
class SelfTestTest {
    private static final int SEEDS = 2000;
    private static final Slot SLOT = new Slot(0, "x", ElementType.INT8, Shape.of(1), null);

    private static final Slot REAL = new Slot(0, "x", ElementType.FLOAT32, Shape.of(1), null);

    @BeforeEach
    void needsTheTier() {
        Units.assume(VectorUnit.AVX512);
    }

    private static MemorySegment nothing() {
        Assembler nothing = new Assembler();
        nothing.mov(Gpr.RAX, 0);
        nothing.ret();
        return ExecutableMemory.seal(nothing.code());
    }

    @Test
    void tableOfOtherCodesFails() {
        byte[] table = new byte[256];
        new Random(1).nextBytes(table);
        MemorySegment code = ExecutableMemory.seal(MapCode.write().code());
        MemorySegment constants = Arena.ofAuto().allocate(256, 64).copyFrom(MemorySegment.ofArray(table));
        assertThat(SpanSelfTest.passesMap(code, constants, table)).isTrue();
        assertThat(SpanSelfTest.passesMap(nothing(), constants, table)).isFalse();
        for (int i = 0; i < table.length; i++) {
            table[i]++;
            assertThat(SpanSelfTest.passesMap(code, constants, table)).as("code %d", i).isFalse();
            table[i]--;
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void sumOfOtherScalesFails(boolean isSigned) {
        SumOfCodes sum = sum(isSigned, 3, 0.3, 5);
        MemorySegment code = ExecutableMemory.seal(SumCode.write(isSigned).code());
        MemorySegment constants = PackedSum.pack(sum);
        assertThat(SpanSelfTest.passesSum(code, constants, sum)).isTrue();
        assertThat(SpanSelfTest.passesSum(nothing(), constants, sum)).isFalse();
        assertThat(SpanSelfTest.passesSum(ExecutableMemory.seal(SumCode.write(!isSigned).code()), constants, sum))
                .isFalse();
        assertThat(SpanSelfTest.passesSum(code, constants, sum(isSigned, 4, 0.3, 5))).isFalse();
        assertThat(SpanSelfTest.passesSum(code, constants, sum(isSigned, 3, 0.31, 5))).isFalse();
        assertThat(SpanSelfTest.passesSum(code, constants, sum(isSigned, 3, 0.3, 6))).isFalse();
    }

    private static SumOfCodes sum(boolean isSigned, int zeroPoint, double toCommon, int outputZeroPoint) {
        return new SumOfCodes(isSigned, SLOT, zeroPoint, SLOT, 7, Multiplier.of(toCommon),
                Multiplier.of(1.3 / (1 << SumCode.LEFT_SHIFT)), SLOT, outputZeroPoint, isSigned ? -128 : 0,
                isSigned ? 127 : 255);
    }

    @ParameterizedTest
    @EnumSource
    void otherArithmeticFails(Operation operation) {
        ArithmeticOfReals arithmetic = arithmetic(operation, -1, 1);
        MemorySegment code = ExecutableMemory.seal(ArithmeticCode.write(operation, false, false).code());
        MemorySegment constants = PackedSpan.pack(arithmetic);
        assertThat(SpanSelfTest.passesArithmetic(code, constants, arithmetic)).isTrue();
        assertThat(SpanSelfTest.passesArithmetic(nothing(), constants, arithmetic)).isFalse();
        assertThat(SpanSelfTest.passesArithmetic(code, constants, arithmetic(operation, -2, 1))).isFalse();
        assertThat(SpanSelfTest.passesArithmetic(code, constants, arithmetic(operation, -1, 2))).isFalse();
        for (Operation other : Operation.values()) {
            assertThat(SpanSelfTest.passesArithmetic(code, constants, arithmetic(other, -1, 1))).as("%s", other)
                    .isEqualTo(other == operation);
        }
    }

    private static ArithmeticOfReals arithmetic(Operation operation, float min, float max) {
        return new ArithmeticOfReals(operation, REAL, REAL, REAL, min, max);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void floatsOfOtherCodesFail(boolean isSigned) {
        MemorySegment code = ExecutableMemory.seal(DequantizeCode.write(isSigned).code());
        RealsOfCodes reals = new RealsOfCodes(isSigned, 0.3f, 5, SLOT, REAL);
        MemorySegment constants = PackedSpan.pack(reals);
        assertThat(SpanSelfTest.passesDequantize(code, constants, reals)).isTrue();
        assertThat(SpanSelfTest.passesDequantize(nothing(), constants, reals)).isFalse();
        assertThat(SpanSelfTest.passesDequantize(ExecutableMemory.seal(DequantizeCode.write(!isSigned).code()),
                constants, reals)).isFalse();
        assertThat(SpanSelfTest.passesDequantize(code, constants, new RealsOfCodes(isSigned, 0.3f, 6, SLOT, REAL)))
                .isFalse();
        assertThat(SpanSelfTest.passesDequantize(code, constants,
                new RealsOfCodes(isSigned, Math.nextUp(0.3f), 5, SLOT, REAL))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void codesOfOtherFloatsFail(boolean isToEven) {
        MemorySegment code = ExecutableMemory.seal(QuantizeCode.write(isToEven).code());
        CodesOfReals codes = new CodesOfReals(true, isToEven, 0.25f, 5, REAL, SLOT);
        MemorySegment constants = PackedSpan.pack(codes);
        assertThat(SpanSelfTest.passesQuantize(code, constants, codes)).isTrue();
        assertThat(SpanSelfTest.passesQuantize(nothing(), constants, codes)).isFalse();
        assertThat(SpanSelfTest.passesQuantize(ExecutableMemory.seal(QuantizeCode.write(!isToEven).code()), constants,
                codes)).isFalse();
        assertThat(SpanSelfTest.passesQuantize(code, constants,
                new CodesOfReals(true, isToEven, 0.25f, 6, REAL, SLOT))).isFalse();
        assertThat(SpanSelfTest.passesQuantize(code, constants,
                new CodesOfReals(false, isToEven, 0.25f, 5, REAL, SLOT))).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void depthwiseConvolutionOfOtherWeightsFails(VectorUnit unit) {
        Units.assume(unit);
        int tested = 0;
        int caught = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            Convolution convolution = RandomConvolution.depthwise(new Random(seed));
            DepthwiseLayout layout = PackedDepthwise.layout(convolution, unit);
            if (layout == null) {
                continue;
            }
            MemorySegment code = ExecutableMemory.seal(DepthwiseCode.write(layout).code());
            MemorySegment constants = PackedDepthwise.pack(convolution, layout);
            assertThat(DepthwiseSelfTest.passes(code, constants, convolution, layout)).as("seed %d", seed).isTrue();
            tested++;
            float[] negated = convolution.weights().clone();
            for (int i = 0; i < negated.length; i++) {
                negated[i] = -negated[i];
            }
            caught += DepthwiseSelfTest.passes(code, constants, RandomConvolution.withWeights(convolution, negated),
                    layout) ? 0 : 1;
            assertThat(
                    convolution.codes() == null && DepthwiseSelfTest.passes(nothing(), constants, convolution, layout))
                    .as("seed %d", seed).isFalse();
        }
        // Some factors make all codes the same, whatever the sums.
        assertThat(tested).isGreaterThan(SEEDS / 4);
        assertThat(caught).isGreaterThan(tested * 9 / 10);
    }
}

package dev.whittle.engine.emitted;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.engine.emitted.RandomConvolution.Planned;
import dev.whittle.engine.emitted.x86.Assembler;
import dev.whittle.engine.emitted.x86.ConvolutionCode;
import dev.whittle.engine.emitted.x86.Gpr;
import dev.whittle.engine.emitted.x86.VectorUnit;
import dev.whittle.engine.kernel.Convolution;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ConvolutionSelfTestTest {
    private static final int SHAPES = 400;

    @ParameterizedTest
    @EnumSource
    void soundCodePassesAndWrongConstantsDoNot(VectorUnit unit) {
        Units.assume(unit);
        int tested = 0;
        int caught = 0;
        Random random = new Random(3);
        for (Planned planned : RandomConvolution.planned(SHAPES, unit)) {
            ConvolutionPart part = planned.parts().getFirst();
            Convolution convolution = part.of(planned.convolution());
            MemorySegment code = ExecutableMemory.seal(ConvolutionCode.write(part.layout()).code());
            MemorySegment constants = PackedConvolution.pack(convolution, part.layout());
            assertThat(ConvolutionSelfTest.passes(code, constants, convolution, part.layout()))
                    .as("seed %d: %s", planned.seed(), part.layout().shape()).isTrue();
            MemorySegment damaged = Arena.ofAuto().allocate(constants.byteSize(), 64).copyFrom(constants);
            for (long i = part.layout().weightsOffset(); i < damaged.byteSize(); i++) {
                damaged.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
            }
            if (part.layout().outWidth() * part.layout().outHeight() > 8) {
                tested++;
                caught += ConvolutionSelfTest.passes(code, damaged, convolution, part.layout()) ? 0 : 1;
            }
        }
        // Some factors make all codes the same, whatever the sums.
        assertThat(tested).isGreaterThan(SHAPES / 2);
        assertThat(caught).isGreaterThan(tested * 9 / 10);
    }

    @ParameterizedTest
    @EnumSource
    void codeThatDoesNothingFails(VectorUnit unit) {
        Units.assume(unit);
        Assembler nothing = new Assembler();
        nothing.mov(Gpr.RAX, 0);
        nothing.ret();
        MemorySegment code = ExecutableMemory.seal(nothing.code());
        Planned planned = RandomConvolution.planned(1, unit).getFirst();
        ConvolutionPart part = planned.parts().getFirst();
        Convolution convolution = part.of(planned.convolution());
        assertThat(ConvolutionSelfTest.passes(code, PackedConvolution.pack(convolution, part.layout()), convolution,
                part.layout())).isFalse();
    }
}

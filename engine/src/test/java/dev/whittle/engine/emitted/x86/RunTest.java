package dev.whittle.engine.emitted.x86;

import static dev.whittle.engine.emitted.x86.Gpr.R8;
import static dev.whittle.engine.emitted.x86.Gpr.R9;
import static dev.whittle.engine.emitted.x86.Gpr.RAX;
import static dev.whittle.engine.emitted.x86.Gpr.RBX;
import static dev.whittle.engine.emitted.x86.Gpr.RCX;
import static dev.whittle.engine.emitted.x86.Gpr.RDI;
import static dev.whittle.engine.emitted.x86.Gpr.RDX;
import static dev.whittle.engine.emitted.x86.Gpr.RSI;
import static dev.whittle.engine.emitted.x86.Mask.K1;
import static dev.whittle.engine.emitted.x86.Mask.K2;
import static dev.whittle.engine.emitted.x86.Vector.xmm;
import static dev.whittle.engine.emitted.x86.Vector.ymm;
import static dev.whittle.engine.emitted.x86.Vector.zmm;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Small programs that run: arguments in RDI, RSI, RDX and RCX, the result in RAX.
class RunTest {
    private final Assembler a = new Assembler();
    private final Random random = new Random(7);

    @Test
    void addsTwoNumbers() {
        a.lea(RAX, Address.of(RDI).index(RSI, 1));
        a.ret();
        try (RunningCode code = new RunningCode(a)) {
            assertThat(code.run(40, 2, 0, 0)).isEqualTo(42);
            assertThat(code.run(Long.MAX_VALUE, 1, 0, 0)).isEqualTo(Long.MIN_VALUE);
        }
    }

    @Test
    void sumsAnArrayInALoop() {
        Label loop = a.label();
        Label end = a.label();
        a.xor(RAX, RAX);
        a.test(RSI, RSI);
        a.jcc(Condition.E, end);
        a.align(16);
        a.bind(loop);
        a.movsxd(RCX, Address.of(RDI));
        a.add(RAX, RCX);
        a.add(RDI, 4);
        a.sub(RSI, 1);
        a.jcc(Condition.NE, loop);
        a.bind(end);
        a.ret();
        int[] values = random.ints(1000).toArray();
        long sum = 0;
        for (int value : values) {
            sum += value;
        }
        try (Arena arena = Arena.ofConfined(); RunningCode code = new RunningCode(a)) {
            MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_INT, values);
            assertThat(code.run(memory.address(), values.length, 0, 0)).isEqualTo(sum);
            assertThat(code.run(memory.address(), 0, 0, 0)).isZero();
        }
    }

    @Test
    void calleeSavedRegistersAndConditionalMovesWork() {
        a.push(RBX);
        a.mov(RBX, 0x0012_3456_789A_BCDEL);
        a.mov(RAX, -1);
        a.cmp(RDI, RSI);
        a.cmov(Condition.G, RAX, RBX);
        a.imul(RAX, RAX, 1000);
        a.sar(RAX, 3);
        a.neg(RAX);
        a.pop(RBX);
        a.ret();
        try (RunningCode code = new RunningCode(a)) {
            assertThat(code.run(2, 1, 0, 0)).isEqualTo(-(0x0012_3456_789A_BCDEL * 1000 >> 3));
            assertThat(code.run(1, 2, 0, 0)).isEqualTo(125);
        }
    }

    @Test
    void fusedMultiplyAddInTheVexForm() {
        assumeTrue(Cpu.hasFma(), "needs a processor with FMA");
        multiplyAdd(ymm(0), ymm(1), ymm(2));
    }

    @Test
    void fusedMultiplyAddInTheEvexForm() {
        assumeTrue(Cpu.hasAvx512(), "needs a processor with AVX-512");
        multiplyAdd(zmm(17), zmm(30), zmm(8));
    }

    /// `y[i] += factor · x[i]`, a vector at a time.
    private void multiplyAdd(Vector sum, Vector x, Vector factor) {
        int step = sum.bits() / 8;
        Label loop = a.label();
        a.vbroadcastss(factor, Address.of(RDX));
        a.bind(loop);
        a.vmovups(sum, Address.of(RDI));
        a.vmovups(x, Address.of(RSI));
        a.vfmadd231ps(sum, x, factor);
        a.vmovups(Address.of(RDI), sum);
        a.vmovups(sum, Address.of(RDI).plus(step));
        a.vfmadd231ps(sum, factor, Address.of(RSI).plus(step));
        a.vmovups(Address.of(RDI).plus(step), sum);
        a.add(RDI, 2 * step);
        a.add(RSI, 2 * step);
        a.sub(RCX, 1);
        a.jcc(Condition.NE, loop);
        a.vzeroupper();
        a.ret();
        int count = 3 * 2 * step / 4;
        float[] xs = new float[count];
        float[] ys = new float[count];
        float[] expected = new float[count];
        float multiplier = 1.1f;
        for (int i = 0; i < count; i++) {
            xs[i] = (float) random.nextGaussian();
            ys[i] = (float) random.nextGaussian();
            expected[i] = Math.fma(xs[i], multiplier, ys[i]);
        }
        try (Arena arena = Arena.ofConfined(); RunningCode code = new RunningCode(a)) {
            MemorySegment y = arena.allocateFrom(ValueLayout.JAVA_FLOAT, ys);
            MemorySegment x0 = arena.allocateFrom(ValueLayout.JAVA_FLOAT, xs);
            MemorySegment constant = arena.allocateFrom(ValueLayout.JAVA_FLOAT, multiplier);
            code.run(y.address(), x0.address(), constant.address(), 3);
            assertThat(y.toArray(ValueLayout.JAVA_FLOAT)).containsExactly(expected);
        }
    }

    @Test
    void dotProductOfBytesInTheVexForm() {
        assumeTrue(Cpu.hasAvxVnni(), "needs a processor with AVX-VNNI");
        dotProduct(Prefix.VEX, ymm(3), ymm(4));
    }

    @Test
    void dotProductOfBytesInTheEvexForm() {
        assumeTrue(Cpu.hasAvx512Vnni(), "needs a processor with AVX512-VNNI");
        dotProduct(Prefix.EVEX, zmm(19), zmm(4));
    }

    @Test
    void dotProductOfBytesInTheEvexFormOf256Bits() {
        assumeTrue(Cpu.hasAvx512Vnni(), "needs a processor with AVX512-VNNI");
        dotProduct(Prefix.EVEX, ymm(3), ymm(31));
    }

    /// Codes at RSI, unsigned, by weights at RDX, signed; a sum of four in each int at RDI.
    private void dotProduct(Prefix prefix, Vector sum, Vector codes) {
        int bytes = sum.bits() / 8;
        a.vmovups(sum, Address.of(RDI));
        a.vmovups(codes, Address.of(RSI));
        a.vpdpbusd(prefix, sum, codes, Address.of(RDX));
        a.vmovups(Address.of(RDI), sum);
        a.vzeroupper();
        a.ret();
        byte[] x = new byte[bytes];
        byte[] w = new byte[bytes];
        random.nextBytes(x);
        random.nextBytes(w);
        x[0] = x[1] = x[2] = x[3] = -1;
        w[0] = w[1] = w[2] = w[3] = -128;
        int[] sums = random.ints(bytes / 4, -1_000_000, 1_000_000).toArray();
        int[] expected = sums.clone();
        for (int i = 0; i < bytes; i++) {
            expected[i / 4] += (x[i] & 0xFF) * w[i];
        }
        try (Arena arena = Arena.ofConfined(); RunningCode code = new RunningCode(a)) {
            MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_INT, sums);
            code.run(memory.address(), arena.allocateFrom(ValueLayout.JAVA_BYTE, x).address(),
                    arena.allocateFrom(ValueLayout.JAVA_BYTE, w).address(), 0);
            assertThat(memory.toArray(ValueLayout.JAVA_INT)).containsExactly(expected);
        }
    }

    @Test
    void aMaskedStoreLeavesTheOtherElementsAlone() {
        assumeTrue(Cpu.hasAvx512(), "needs a processor with AVX-512");
        a.kmovw(K1, RSI);
        a.vpbroadcastd(zmm(20), RDX);
        a.vmovdqu32(Address.of(RDI).masked(K1), zmm(20));
        a.vpmovsdb(Address.of(RDI).plus(64).masked(K1), zmm(20));
        a.vzeroupper();
        a.ret();
        try (Arena arena = Arena.ofConfined(); RunningCode code = new RunningCode(a)) {
            MemorySegment memory = arena.allocate(80);
            memory.fill((byte) 1);
            code.run(memory.address(), 0b1000_0000_0000_0101, 300, 0);
            for (int i = 0; i < 16; i++) {
                boolean written = i == 0 || i == 2 || i == 15;
                assertThat(memory.getAtIndex(ValueLayout.JAVA_INT, i)).isEqualTo(written ? 300 : 0x01010101);
                assertThat(memory.get(ValueLayout.JAVA_BYTE, 64 + i)).isEqualTo((byte) (written ? 127 : 1));
            }
        }
    }

    /// As a kernel clamps with Java's meaning of NaN: comparison into a mask, blend by it.
    @Test
    void comparisonAndBlendChooseByElement() {
        assumeTrue(Cpu.hasAvx512(), "needs a processor with AVX-512");
        a.vmovups(zmm(0), Address.of(RDI));
        a.vxorps(xmm(1), xmm(1), xmm(1));
        a.vcmpps(K2, zmm(0), zmm(1), 1);
        a.vblendmps(zmm(0).masked(K2), zmm(0), zmm(1));
        a.vmovups(Address.of(RDI), zmm(0));
        a.kmovw(RAX, K2);
        a.vzeroupper();
        a.ret();
        float[] values = {-1, 2, Float.NaN, -0f, Float.NEGATIVE_INFINITY, 5, 6, 7, -8, 9, 10, 11, 12, 13, 14, -15};
        float[] expected = {0, 2, Float.NaN, -0f, 0, 5, 6, 7, 0, 9, 10, 11, 12, 13, 14, 0};
        try (Arena arena = Arena.ofConfined(); RunningCode code = new RunningCode(a)) {
            MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_FLOAT, values);
            assertThat(code.run(memory.address(), 0, 0, 0)).isEqualTo(0b1000_0001_0001_0001);
            assertThat(memory.toArray(ValueLayout.JAVA_FLOAT)).containsExactly(expected);
        }
    }

    /// What the processor says it has and the operating system keeps the registers of, asked by code of our own.
    private static final class Cpu {
        private Cpu() {}

        static boolean hasFma() {
            return keeps(0x6) && bit(1, 0, RCX, 12) && bit(7, 0, RBX, 5);
        }

        static boolean hasAvxVnni() {
            return hasFma() && bit(7, 1, RAX, 4);
        }

        /// F, DQ, BW and VL.
        static boolean hasAvx512() {
            return keeps(0xE6) && bit(7, 0, RBX, 16) && bit(7, 0, RBX, 17) && bit(7, 0, RBX, 30) && bit(7, 0, RBX, 31);
        }

        static boolean hasAvx512Vnni() {
            return hasAvx512() && bit(7, 0, RCX, 11);
        }

        private static boolean bit(int leaf, int subleaf, Gpr register, int bit) {
            Assembler program = new Assembler();
            program.push(RBX);
            program.mov(RAX, RDI);
            program.mov(RCX, RSI);
            program.cpuid();
            program.mov(R8, register);
            program.pop(RBX);
            program.mov(RAX, R8);
            program.ret();
            try (RunningCode code = new RunningCode(program)) {
                return code.run(0, 0, 0, 0) >= leaf && (code.run(leaf, subleaf, 0, 0) >> bit & 1) != 0;
            }
        }

        /// Whether XCR0 has all of these bits.
        private static boolean keeps(int bits) {
            if (!bit(1, 0, RCX, 27)) {
                return false;
            }
            Assembler program = new Assembler();
            program.xor(RCX, RCX);
            program.xgetbv();
            program.mov(R9, RAX);
            program.shl(RDX, 32);
            program.or(R9, RDX);
            program.mov(RAX, R9);
            program.ret();
            try (RunningCode code = new RunningCode(program)) {
                return (code.run(0, 0, 0, 0) & bits) == bits;
            }
        }
    }
}

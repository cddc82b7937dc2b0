package dev.whittle.engine.emitted.x86;

import static dev.whittle.engine.emitted.x86.Gpr.RAX;
import static dev.whittle.engine.emitted.x86.Gpr.RCX;
import static dev.whittle.engine.emitted.x86.Gpr.RDX;
import static dev.whittle.engine.emitted.x86.Gpr.RSP;
import static dev.whittle.engine.emitted.x86.Mask.K0;
import static dev.whittle.engine.emitted.x86.Mask.K1;
import static dev.whittle.engine.emitted.x86.Vector.xmm;
import static dev.whittle.engine.emitted.x86.Vector.ymm;
import static dev.whittle.engine.emitted.x86.Vector.zmm;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/// Labels, alignment, the listing, the choice of encoding, and what is refused.
class AssemblerTest {
    private final Assembler a = new Assembler();

    @Test
    void listingShowsOffsetsBytesAndText() {
        Label loop = a.label();
        a.mov(RAX, 0);
        a.bind(loop);
        a.vfmadd231ps(zmm(17).zeroed(K1), zmm(1), Address.of(RDX).index(RCX, 4).plus(-64).broadcast());
        a.jcc(Condition.NE, loop);
        a.ret();

        assertThat(a.listing()).extracting(ListingLine::toString).containsExactly(
                "00000  b800000000                   mov eax, 0",
                "00005                             L0:",
                "00005  62e275d9b84c8af0             vfmadd231ps zmm17{k1}{z}, zmm1, dword ptr [rdx+rcx*4-64]{1to16}",
                "0000d  75f6                         jne L0",
                "0000f  c3                           ret");
        assertThat(HexFormat.of().formatHex(a.code())).isEqualTo("b80000000062e275d9b84c8af075f6c3");
    }

    @Test
    void aLabelBehindIsReachedWithOneByteAsFarAsThatGoes() {
        Label label = a.label();
        a.bind(label);
        for (int i = 0; i < 126; i++) {
            a.nop();
        }
        a.jmp(label);
        assertThat(a.size()).isEqualTo(128);
        a.jmp(label);
        assertThat(a.size()).isEqualTo(133);
        byte[] code = a.code();
        assertThat(code[127]).isEqualTo((byte) -128);
        assertThat(HexFormat.of().formatHex(code, 128, 133)).isEqualTo("e97bffffff");
    }

    @Test
    void oneLabelServesManyJumps() {
        Label end = a.label();
        a.jmp(end);
        a.jcc(Condition.E, end);
        a.bind(end);
        a.ret();
        assertThat(HexFormat.of().formatHex(a.code())).isEqualTo("e906000000" + "0f8400000000" + "c3");
    }

    @Test
    void alignmentFillsWithTheManualsNops() {
        a.align(16);
        assertThat(a.size()).isZero();
        a.ret();
        a.align(16);
        assertThat(HexFormat.of().formatHex(a.code())).isEqualTo("c3" + "660f1f840000000000" + "660f1f440000");
        a.ret();
        a.align(64);
        assertThat(a.size()).isEqualTo(64);
    }

    @Test
    void vexIsTakenWhereItCanSayWhatIsAskedAndEvexOtherwise() {
        a.vaddps(ymm(1), ymm(2), ymm(15));
        a.vaddps(ymm(1), ymm(2), ymm(16));
        a.vaddps(ymm(1).masked(K1), ymm(2), ymm(15));
        a.vaddps(ymm(1), ymm(2), Address.of(RAX).broadcast());
        a.vaddps(zmm(1), zmm(2), zmm(3));
        a.vpdpbusd(Prefix.VEX, ymm(1), ymm(2), ymm(3));
        a.vpdpbusd(Prefix.EVEX, ymm(1), ymm(2), ymm(3));

        assertThat(a.listing()).extracting(line -> line.hex().substring(0, 2))
                .containsExactly("c4", "62", "62", "62", "62", "c4", "62");
    }

    @Test
    void operandsThatDoNotExistAreRefused() {
        refused(() -> xmm(32), "vector register 32, must be 0 to 31");
        refused(() -> Vector.of(0, 64), "vector of 64 bits, must be 128, 256 or 512");
        refused(() -> zmm(1).masked(K0), "mask k0 selects no lanes, must be k1 to k7");
        refused(() -> zmm(1).zeroed(K0), "mask k0 selects no lanes, must be k1 to k7");
        refused(() -> Address.of(RAX).masked(K0), "mask k0 selects no lanes, must be k1 to k7");
        refused(() -> Address.of(RAX).index(RSP, 1), "index rsp, must be another register");
        refused(() -> Address.of(RAX).index(RCX, 3), "scale 3, must be 1, 2, 4 or 8");
        refused(() -> Address.of(RAX).plus(Integer.MAX_VALUE).plus(1),
                "displacement 2147483648, must fit 32 bits");
        refused(() -> Address.of(RAX).masked(K1).broadcast(),
                "mask k1 on a broadcast, which is read and not written");
    }

    @Test
    void operandsThatNoEncodingHoldsAreRefused() {
        Address one = Address.of(RAX).broadcast();
        refused(() -> a.vaddps(zmm(0), zmm(1), ymm(2)), "vaddps with ymm2, must have 512 bits");
        refused(() -> a.vpmovsxbd(zmm(0), ymm(1)), "vpmovsxbd with ymm1, must have 128 bits");
        refused(() -> a.vpmovsdb(ymm(0), zmm(1)), "vpmovsdb with ymm0, must have 128 bits");
        refused(() -> a.vpermd(xmm(0), xmm(1), xmm(2)), "xmm0, must have at least 256 bits");
        refused(() -> a.vmovd(ymm(0), RAX), "ymm0 where one element is meant, must be an xmm register");
        refused(() -> a.vcvtpd2ps(xmm(0), Address.of(RAX)), "vcvtpd2ps with xmm0, must have 256 bits");
        refused(() -> a.vaddps(zmm(0), zmm(1).masked(K1), zmm(2)),
                "mask on zmm1{k1}, which this instruction does not mask");
        refused(() -> a.vaddps(zmm(0), zmm(1), zmm(2).masked(K1)),
                "mask on zmm2{k1}, which this instruction does not mask");
        refused(() -> a.vaddps(zmm(0), zmm(1), Address.of(RAX).masked(K1)),
                "mask on [rax]{k1}, which this instruction does not mask");
        Vector masked = zmm(1).masked(K1);
        refused(() -> a.vaddps(masked, zmm(2), masked), "mask on zmm1{k1}, which this instruction does not mask");
        refused(() -> a.vmovups(masked, masked), "mask on zmm1{k1}, which this instruction does not mask");
        refused(() -> a.vpcmpd(K1, zmm(2), masked, 1), "mask on zmm1{k1}, which this instruction does not mask");
        refused(() -> a.vpcmpd(K1, masked, zmm(2), 1), "mask on zmm1{k1}, which this instruction does not mask");
        refused(() -> a.vextracti64x4(Address.of(RAX), masked, 1),
                "mask on zmm1{k1}, which this instruction does not mask");
        refused(() -> a.vmovups(xmm(1), xmm(9).masked(K1)), "mask on xmm9{k1}, which this instruction does not mask");
        refused(() -> a.vpbroadcastd(zmm(0), Address.of(RAX).masked(K1)),
                "mask on [rax]{k1}, which this instruction does not mask");
        refused(() -> a.vpaddb(zmm(0), zmm(1), one), "vpaddb has no broadcast, found one on [rax]");
        refused(() -> a.vmovups(one, zmm(0)), "vmovups has no broadcast, found one on [rax]");
        refused(() -> a.mov(RAX, one), "broadcast or mask on [rax] in an integer instruction");
        refused(() -> a.vpxor(ymm(16), ymm(1), ymm(2)),
                "vpxor ymm16, ymm1, ymm2 needs an EVEX form, which this instruction has not");
        refused(() -> a.vpdpbusd(Prefix.VEX, zmm(0), zmm(1), zmm(2)),
                "vpdpbusd zmm0, zmm1, zmm2 in a VEX form, which has 16 registers of at most 256 bits, no masks and no"
                        + " broadcast");
        refused(() -> a.vpslld(zmm(0), zmm(1), 256), "vpslld with immediate 256, must be 0 to 255");
        refused(() -> a.shl(RAX, 64), "shl by 64 bits, must be 1 to 63");
        refused(() -> a.align(24), "alignment to 24 bytes, must be a power of two");
        assertThat(a.code()).as("nothing is written of what is refused").isEmpty();
        assertThat(a.listing()).isEmpty();
    }

    @Test
    void labelsAreBoundOnceByTheirAssembler() {
        Label label = a.label();
        a.jmp(label);
        assertThatThrownBy(a::code).isInstanceOf(IllegalStateException.class)
                .hasMessage("label L0 is jumped to and never bound");
        a.bind(label);
        refused(() -> a.bind(label), "label L0 is bound already, at offset 5");
        refused(() -> a.jmp(new Assembler().label()), "label L0 was made by another assembler");
    }

    private static void refused(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }
}

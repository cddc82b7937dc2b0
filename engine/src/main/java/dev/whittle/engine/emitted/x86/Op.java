package dev.whittle.engine.emitted.x86;

import static dev.whittle.engine.emitted.x86.Footprint.BYTES_1;
import static dev.whittle.engine.emitted.x86.Footprint.BYTES_16;
import static dev.whittle.engine.emitted.x86.Footprint.BYTES_2;
import static dev.whittle.engine.emitted.x86.Footprint.BYTES_32;
import static dev.whittle.engine.emitted.x86.Footprint.BYTES_4;
import static dev.whittle.engine.emitted.x86.Footprint.BYTES_8;
import static dev.whittle.engine.emitted.x86.Footprint.FULL_32;
import static dev.whittle.engine.emitted.x86.Footprint.FULL_64;
import static dev.whittle.engine.emitted.x86.Footprint.FULL_MEM;
import static dev.whittle.engine.emitted.x86.Footprint.HALF_32;
import static dev.whittle.engine.emitted.x86.Footprint.HALF_MEM;
import static dev.whittle.engine.emitted.x86.Footprint.QUARTER_MEM;
import static dev.whittle.engine.emitted.x86.Op.Code.M0F;
import static dev.whittle.engine.emitted.x86.Op.Code.M0F38;
import static dev.whittle.engine.emitted.x86.Op.Code.M0F3A;
import static dev.whittle.engine.emitted.x86.Op.Code.NONE;
import static dev.whittle.engine.emitted.x86.Op.Code.NP;
import static dev.whittle.engine.emitted.x86.Op.Code.P66;
import static dev.whittle.engine.emitted.x86.Op.Code.PF2;
import static dev.whittle.engine.emitted.x86.Op.Code.PF3;
import static dev.whittle.engine.emitted.x86.Op.Code.W0;
import static dev.whittle.engine.emitted.x86.Op.Code.W1;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The vector and mask instructions as the manual's opcode column has them: mandatory prefix, opcode map, opcode, the W
/// bit of the VEX and of the EVEX form (W0 where it is ignored, NONE where the form does not exist), and the memory
/// operand. A mnemonic with more than one opcode has a row for each, named after it.
enum Op {
    // @formatter:off

    // Moves.
    VMOVUPS(NP, M0F, 0x10, W0, W0, FULL_MEM),
    VMOVUPS_STORE(NP, M0F, 0x11, W0, W0, FULL_MEM),
    VMOVDQU(PF3, M0F, 0x6F, W0, NONE, FULL_MEM),
    VMOVDQU_STORE(PF3, M0F, 0x7F, W0, NONE, FULL_MEM),
    VMOVDQU8(PF2, M0F, 0x6F, NONE, W0, FULL_MEM),
    VMOVDQU8_STORE(PF2, M0F, 0x7F, NONE, W0, FULL_MEM),
    VMOVDQU16(PF2, M0F, 0x6F, NONE, W1, FULL_MEM),
    VMOVDQU16_STORE(PF2, M0F, 0x7F, NONE, W1, FULL_MEM),
    VMOVDQU32(PF3, M0F, 0x6F, NONE, W0, FULL_MEM),
    VMOVDQU32_STORE(PF3, M0F, 0x7F, NONE, W0, FULL_MEM),
    VMOVDQU64(PF3, M0F, 0x6F, NONE, W1, FULL_MEM),
    VMOVDQU64_STORE(PF3, M0F, 0x7F, NONE, W1, FULL_MEM),
    VMOVSS(PF3, M0F, 0x10, W0, W0, BYTES_4),
    VMOVSS_STORE(PF3, M0F, 0x11, W0, W0, BYTES_4),
    VMOVD(P66, M0F, 0x6E, W0, W0, BYTES_4),
    VMOVD_STORE(P66, M0F, 0x7E, W0, W0, BYTES_4),
    VMOVQ(PF3, M0F, 0x7E, W0, W1, BYTES_8),
    VMOVQ_STORE(P66, M0F, 0xD6, W0, W1, BYTES_8),
    VMOVQ_FROM_GPR(P66, M0F, 0x6E, W1, W1, BYTES_8),
    VMOVQ_TO_GPR(P66, M0F, 0x7E, W1, W1, BYTES_8),
    VMASKMOVPS(P66, M0F38, 0x2C, W0, NONE, FULL_MEM),
    VBROADCASTSS(P66, M0F38, 0x18, W0, W0, BYTES_4),
    VPBROADCASTB(P66, M0F38, 0x78, W0, W0, BYTES_1),
    VPBROADCASTW(P66, M0F38, 0x79, W0, W0, BYTES_2),
    VPBROADCASTD(P66, M0F38, 0x58, W0, W0, BYTES_4),
    VPBROADCASTQ(P66, M0F38, 0x59, W0, W1, BYTES_8),
    VPBROADCASTB_FROM_GPR(P66, M0F38, 0x7A, NONE, W0, BYTES_1),
    VPBROADCASTW_FROM_GPR(P66, M0F38, 0x7B, NONE, W0, BYTES_2),
    VPBROADCASTD_FROM_GPR(P66, M0F38, 0x7C, NONE, W0, BYTES_4),
    VPBROADCASTQ_FROM_GPR(P66, M0F38, 0x7C, NONE, W1, BYTES_8),
    // Floating-point arithmetic.
    VFMADD213PS(P66, M0F38, 0xA8, W0, W0, FULL_32),
    VFMADD231PS(P66, M0F38, 0xB8, W0, W0, FULL_32),
    VADDPS(NP, M0F, 0x58, W0, W0, FULL_32),
    VSUBPS(NP, M0F, 0x5C, W0, W0, FULL_32),
    VMULPS(NP, M0F, 0x59, W0, W0, FULL_32),
    VDIVPS(NP, M0F, 0x5E, W0, W0, FULL_32),
    VMAXPS(NP, M0F, 0x5F, W0, W0, FULL_32),
    VMINPS(NP, M0F, 0x5D, W0, W0, FULL_32),
    VADDPD(P66, M0F, 0x58, W0, W1, FULL_64),
    VSUBPD(P66, M0F, 0x5C, W0, W1, FULL_64),
    VMULPD(P66, M0F, 0x59, W0, W1, FULL_64),
    VANDPS(NP, M0F, 0x54, W0, W0, FULL_32),
    VORPS(NP, M0F, 0x56, W0, W0, FULL_32),
    VXORPS(NP, M0F, 0x57, W0, W0, FULL_32),
    VROUNDPS(P66, M0F3A, 0x08, W0, NONE, FULL_MEM),
    VRNDSCALEPS(P66, M0F3A, 0x08, NONE, W0, FULL_32),
    VRNDSCALEPD(P66, M0F3A, 0x09, NONE, W1, FULL_64),
    // Comparisons and choices.
    VCMPPS(NP, M0F, 0xC2, W0, W0, FULL_32),
    VPCMPD(P66, M0F3A, 0x1F, NONE, W0, FULL_32),
    VPCMPUD(P66, M0F3A, 0x1E, NONE, W0, FULL_32),
    VPCMPQ(P66, M0F3A, 0x1F, NONE, W1, FULL_64),
    VPCMPB(P66, M0F3A, 0x3F, NONE, W0, FULL_MEM),
    VPCMPUB(P66, M0F3A, 0x3E, NONE, W0, FULL_MEM),
    VPTESTNMD(PF3, M0F38, 0x27, NONE, W0, FULL_32),
    VPCMPEQD(P66, M0F, 0x76, W0, NONE, FULL_MEM),
    VPCMPGTD(P66, M0F, 0x66, W0, NONE, FULL_MEM),
    VBLENDMPS(P66, M0F38, 0x65, NONE, W0, FULL_32),
    VPBLENDMD(P66, M0F38, 0x64, NONE, W0, FULL_32),
    VPBLENDD(P66, M0F3A, 0x02, W0, NONE, FULL_MEM),
    VBLENDVPS(P66, M0F3A, 0x4A, W0, NONE, FULL_MEM),
    // Bits.
    VPAND(P66, M0F, 0xDB, W0, NONE, FULL_MEM),
    VPOR(P66, M0F, 0xEB, W0, NONE, FULL_MEM),
    VPXOR(P66, M0F, 0xEF, W0, NONE, FULL_MEM),
    VPANDD(P66, M0F, 0xDB, NONE, W0, FULL_32),
    VPANDQ(P66, M0F, 0xDB, NONE, W1, FULL_64),
    VPORD(P66, M0F, 0xEB, NONE, W0, FULL_32),
    VPORQ(P66, M0F, 0xEB, NONE, W1, FULL_64),
    VPXORD(P66, M0F, 0xEF, NONE, W0, FULL_32),
    VPTERNLOGD(P66, M0F3A, 0x25, NONE, W0, FULL_32),
    // Dot products.
    VPDPBUSD(P66, M0F38, 0x50, W0, W0, FULL_32),
    VPDPBUSDS(P66, M0F38, 0x51, W0, W0, FULL_32),
    VPDPWSSD(P66, M0F38, 0x52, W0, W0, FULL_32),
    VPMADDUBSW(P66, M0F38, 0x04, W0, W0, FULL_MEM),
    VPMADDWD(P66, M0F, 0xF5, W0, W0, FULL_MEM),
    // Integer arithmetic.
    VPADDB(P66, M0F, 0xFC, W0, W0, FULL_MEM),
    VPADDW(P66, M0F, 0xFD, W0, W0, FULL_MEM),
    VPADDSW(P66, M0F, 0xED, W0, W0, FULL_MEM),
    VPADDD(P66, M0F, 0xFE, W0, W0, FULL_32),
    VPADDQ(P66, M0F, 0xD4, W0, W1, FULL_64),
    VPSUBB(P66, M0F, 0xF8, W0, W0, FULL_MEM),
    VPSUBW(P66, M0F, 0xF9, W0, W0, FULL_MEM),
    VPSUBD(P66, M0F, 0xFA, W0, W0, FULL_32),
    VPSUBQ(P66, M0F, 0xFB, W0, W1, FULL_64),
    VPMULLW(P66, M0F, 0xD5, W0, W0, FULL_MEM),
    VPMULLD(P66, M0F38, 0x40, W0, W0, FULL_32),
    VPMULDQ(P66, M0F38, 0x28, W0, W1, FULL_64),
    VPMULUDQ(P66, M0F, 0xF4, W0, W1, FULL_64),
    VPMAXSB(P66, M0F38, 0x3C, W0, W0, FULL_MEM),
    VPMAXSW(P66, M0F, 0xEE, W0, W0, FULL_MEM),
    VPMAXSD(P66, M0F38, 0x3D, W0, W0, FULL_32),
    VPMAXUB(P66, M0F, 0xDE, W0, W0, FULL_MEM),
    VPMAXUD(P66, M0F38, 0x3F, W0, W0, FULL_32),
    VPMINSB(P66, M0F38, 0x38, W0, W0, FULL_MEM),
    VPMINSW(P66, M0F, 0xEA, W0, W0, FULL_MEM),
    VPMINSD(P66, M0F38, 0x39, W0, W0, FULL_32),
    VPMINUB(P66, M0F, 0xDA, W0, W0, FULL_MEM),
    VPMINUD(P66, M0F38, 0x3B, W0, W0, FULL_32),
    VPABSD(P66, M0F38, 0x1E, W0, W0, FULL_32),
    // Shifts.
    VPSLLD(P66, M0F, 0x72, W0, W0, FULL_32),
    VPSLLQ(P66, M0F, 0x73, W0, W1, FULL_64),
    VPSRLD(P66, M0F, 0x72, W0, W0, FULL_32),
    VPSRLQ(P66, M0F, 0x73, W0, W1, FULL_64),
    VPSRAD(P66, M0F, 0x72, W0, W0, FULL_32),
    VPSRAQ(P66, M0F, 0x72, NONE, W1, FULL_64),
    VPSLLVD(P66, M0F38, 0x47, W0, W0, FULL_32),
    VPSLLVQ(P66, M0F38, 0x47, W1, W1, FULL_64),
    VPSRLVD(P66, M0F38, 0x45, W0, W0, FULL_32),
    VPSRLVQ(P66, M0F38, 0x45, W1, W1, FULL_64),
    VPSRAVD(P66, M0F38, 0x46, W0, W0, FULL_32),
    VPSRAVQ(P66, M0F38, 0x46, NONE, W1, FULL_64),
    // Conversions.
    VPMOVSXBW(P66, M0F38, 0x20, W0, W0, HALF_MEM),
    VPMOVSXBD(P66, M0F38, 0x21, W0, W0, QUARTER_MEM),
    VPMOVSXWD(P66, M0F38, 0x23, W0, W0, HALF_MEM),
    VPMOVSXDQ(P66, M0F38, 0x25, W0, W0, HALF_MEM),
    VPMOVZXBW(P66, M0F38, 0x30, W0, W0, HALF_MEM),
    VPMOVZXBD(P66, M0F38, 0x31, W0, W0, QUARTER_MEM),
    VPMOVDB(PF3, M0F38, 0x31, NONE, W0, QUARTER_MEM),
    VPMOVSDB(PF3, M0F38, 0x21, NONE, W0, QUARTER_MEM),
    VPMOVUSDB(PF3, M0F38, 0x11, NONE, W0, QUARTER_MEM),
    VPMOVDW(PF3, M0F38, 0x33, NONE, W0, HALF_MEM),
    VPMOVSDW(PF3, M0F38, 0x23, NONE, W0, HALF_MEM),
    VPMOVQD(PF3, M0F38, 0x35, NONE, W0, HALF_MEM),
    VPACKSSDW(P66, M0F, 0x6B, W0, W0, FULL_32),
    VPACKSSWB(P66, M0F, 0x63, W0, W0, FULL_MEM),
    VPACKUSWB(P66, M0F, 0x67, W0, W0, FULL_MEM),
    VCVTDQ2PS(NP, M0F, 0x5B, W0, W0, FULL_32),
    VCVTPS2DQ(P66, M0F, 0x5B, W0, W0, FULL_32),
    VCVTTPS2DQ(PF3, M0F, 0x5B, W0, W0, FULL_32),
    VCVTDQ2PD(PF3, M0F, 0xE6, W0, W0, HALF_32),
    VCVTTPD2DQ(P66, M0F, 0xE6, W0, W1, FULL_64),
    VCVTPS2PD(NP, M0F, 0x5A, W0, W0, HALF_32),
    VCVTPD2PS(P66, M0F, 0x5A, W0, W1, FULL_64),
    // Permutations.
    VPERMD(P66, M0F38, 0x36, W0, W0, FULL_32),
    VPERMPS(P66, M0F38, 0x16, W0, W0, FULL_32),
    VPERMQ(P66, M0F3A, 0x00, W1, W1, FULL_64),
    VPERMQ_BY_VECTOR(P66, M0F38, 0x36, NONE, W1, FULL_64),
    VPERMB(P66, M0F38, 0x8D, NONE, W0, FULL_MEM),
    VPERMI2B(P66, M0F38, 0x75, NONE, W0, FULL_MEM),
    VPERMI2D(P66, M0F38, 0x76, NONE, W0, FULL_32),
    VPERMT2D(P66, M0F38, 0x7E, NONE, W0, FULL_32),
    VPSHUFB(P66, M0F38, 0x00, W0, W0, FULL_MEM),
    VPSHUFD(P66, M0F, 0x70, W0, W0, FULL_32),
    VSHUFF32X4(P66, M0F3A, 0x23, NONE, W0, FULL_32),
    VSHUFI32X4(P66, M0F3A, 0x43, NONE, W0, FULL_32),
    VPUNPCKLBW(P66, M0F, 0x60, W0, W0, FULL_MEM),
    VPUNPCKLWD(P66, M0F, 0x61, W0, W0, FULL_MEM),
    VPUNPCKLDQ(P66, M0F, 0x62, W0, W0, FULL_32),
    VPUNPCKLQDQ(P66, M0F, 0x6C, W0, W1, FULL_64),
    VPUNPCKHBW(P66, M0F, 0x68, W0, W0, FULL_MEM),
    VPUNPCKHWD(P66, M0F, 0x69, W0, W0, FULL_MEM),
    VPUNPCKHDQ(P66, M0F, 0x6A, W0, W0, FULL_32),
    VPUNPCKHQDQ(P66, M0F, 0x6D, W0, W1, FULL_64),
    VPALIGNR(P66, M0F3A, 0x0F, W0, W0, FULL_MEM),
    VINSERTI128(P66, M0F3A, 0x38, W0, NONE, BYTES_16),
    VINSERTI32X4(P66, M0F3A, 0x38, NONE, W0, BYTES_16),
    VINSERTI64X4(P66, M0F3A, 0x3A, NONE, W1, BYTES_32),
    VEXTRACTI128(P66, M0F3A, 0x39, W0, NONE, BYTES_16),
    VEXTRACTI32X4(P66, M0F3A, 0x39, NONE, W0, BYTES_16),
    VEXTRACTI64X4(P66, M0F3A, 0x3B, NONE, W1, BYTES_32),
    VPEXTRB(P66, M0F3A, 0x14, W0, W0, BYTES_1),
    VPEXTRW(P66, M0F3A, 0x15, W0, W0, BYTES_2),
    VPEXTRD(P66, M0F3A, 0x16, W0, W0, BYTES_4),
    // Masks.
    VPMOVMSKB(P66, M0F, 0xD7, W0, NONE, FULL_MEM),
    VPMOVB2M(PF3, M0F38, 0x29, NONE, W0, FULL_MEM),
    VPMOVD2M(PF3, M0F38, 0x39, NONE, W0, FULL_MEM),
    VPMOVM2D(PF3, M0F38, 0x38, NONE, W0, FULL_MEM),
    KMOVW(NP, M0F, 0x92, W0, NONE, FULL_MEM),
    KMOVW_TO_GPR(NP, M0F, 0x93, W0, NONE, FULL_MEM),
    KMOVD(PF2, M0F, 0x92, W0, NONE, FULL_MEM),
    KMOVD_TO_GPR(PF2, M0F, 0x93, W0, NONE, FULL_MEM),
    KMOVQ(PF2, M0F, 0x92, W1, NONE, FULL_MEM),
    KMOVQ_TO_GPR(PF2, M0F, 0x93, W1, NONE, FULL_MEM),
    KORTESTW(NP, M0F, 0x98, W0, NONE, FULL_MEM);

    // @formatter:on

    final int prefix;
    final int map;
    final int opcode;
    final int vexW;
    final int evexW;
    final Footprint memory;
    private @Nullable String mnemonic;

    Op(int prefix, int map, int opcode, int vexW, int evexW, Footprint memory) {
        this.prefix = prefix;
        this.map = map;
        this.opcode = opcode;
        this.vexW = vexW;
        this.evexW = evexW;
        this.memory = memory;
    }

    boolean hasVex() {
        return vexW >= 0;
    }

    boolean hasEvex() {
        return evexW >= 0;
    }

    /// As prefixes hold them (sections 2.3.5 and 2.7.1): `pp`, `mmm` and `W`.
    static final class Code {
        static final int NP = 0;
        static final int P66 = 1;
        static final int PF3 = 2;
        static final int PF2 = 3;
        static final int M0F = 1;
        static final int M0F38 = 2;
        static final int M0F3A = 3;
        static final int NONE = -1;
        static final int W0 = 0;
        static final int W1 = 1;

        private Code() {}
    }

    /// Made when first asked for: a program uses few of the rows.
    String mnemonic() {
        String known = mnemonic;
        if (known == null) {
            int end = name().indexOf('_');
            known = (end < 0 ? name() : name().substring(0, end)).toLowerCase(Locale.ROOT);
            mnemonic = known;
        }
        return known;
    }
}

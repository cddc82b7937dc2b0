package dev.whittle.engine.emitted;

import static dev.whittle.engine.emitted.x86.Gpr.R8;
import static dev.whittle.engine.emitted.x86.Gpr.RAX;
import static dev.whittle.engine.emitted.x86.Gpr.RBX;
import static dev.whittle.engine.emitted.x86.Gpr.RCX;
import static dev.whittle.engine.emitted.x86.Gpr.RDI;
import static dev.whittle.engine.emitted.x86.Gpr.RDX;
import static dev.whittle.engine.emitted.x86.Gpr.RSI;

import dev.whittle.engine.emitted.x86.Address;
import dev.whittle.engine.emitted.x86.Assembler;
import dev.whittle.engine.emitted.x86.Gpr;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// What the processor can do and the system lets it, asked of `cpuid` and `xgetbv` (Intel SDM volume 1, chapters 14 and 15,
/// "Detection").
final class CpuFeatures {
    /// What code may be written for.
    enum Feature {
        /** AVX2 with FMA: what kernels of real numbers need. */
        AVX2,
        /** Products of four bytes in registers of 256 bits. */
        AVX_VNNI,
        /** F, BW, DQ and VL of AVX-512, with FMA: what kernels of real numbers in registers of 512 bits need. */
        AVX512,
        /** Products of four bytes in registers of 512 bits. */
        AVX512_VNNI,
        /** Choice among bytes of two registers. */
        AVX512_VBMI
    }

    /// The system property that leaves machine code only some features: `none`, or names such as `avx2,avx_vnni`.
    static final String PROPERTY = "whittle.emitted.features";

    private static final int OSXSAVE = 1 << 27;
    private static final int FMA = 1 << 12;
    /// SSE and AVX, whose registers the system saves.
    private static final long SAVED = 0b110;
    /// And the three parts of AVX-512.
    private static final long SAVED_AVX512 = 0b1110_0110;
    private static final int AVX2 = 1 << 5;
    private static final int AVX512F = 1 << 16;
    private static final int AVX512DQ = 1 << 17;
    private static final int AVX512BW = 1 << 30;
    private static final int AVX512VL = 1 << 31;
    private static final int VBMI = 1 << 1;
    private static final int VNNI = 1 << 11;
    private static final int AVX_VNNI = 1 << 4;

    private CpuFeatures() {}

    /// @throws IllegalStateException when code cannot be run at all
    static Set<Feature> detect() {
        Set<Feature> features = EnumSet.noneOf(Feature.class);
        MemorySegment cpuid = ExecutableMemory.seal(cpuid().code());
        int[] identity = ask(cpuid, 1, 0);
        if (ask(cpuid, 0, 0)[0] < 7 || !has(identity[2], OSXSAVE | FMA)) {
            return features;
        }
        long saved = NativeCall.call(ExecutableMemory.seal(xgetbv().code()), 0, 0, 0, 0, 0, 0);
        int[] extended = ask(cpuid, 7, 0);
        if ((saved & SAVED) == SAVED && has(extended[1], AVX2)) {
            features.add(Feature.AVX2);
            if (extended[0] >= 1 && has(ask(cpuid, 7, 1)[0], AVX_VNNI)) {
                features.add(Feature.AVX_VNNI);
            }
        }
        if ((saved & SAVED_AVX512) == SAVED_AVX512 && has(extended[1], AVX512F | AVX512DQ | AVX512BW | AVX512VL)) {
            features.add(Feature.AVX512);
            if (has(extended[2], VNNI)) {
                features.add(Feature.AVX512_VNNI);
            }
            if (has(extended[2], VBMI)) {
                features.add(Feature.AVX512_VBMI);
            }
        }
        return features;
    }

    /// @param names as [#PROPERTY] has them
    /// @throws IllegalArgumentException when a name is unknown
    static Set<Feature> named(String names) {
        Set<Feature> features = EnumSet.noneOf(Feature.class);
        for (String name : names.split(",")) {
            Feature feature = Arrays.stream(Feature.values())
                    .filter(each -> each.name().equalsIgnoreCase(name)).findFirst().orElse(null);
            if (feature != null) {
                features.add(feature);
            } else if (!names.equals("none")) {
                throw new IllegalArgumentException("-D" + PROPERTY + "=" + names + ", must be none or some of "
                        + Arrays.toString(Feature.values()).toLowerCase(Locale.ROOT));
            }
        }
        return features;
    }

    private static boolean has(int register, int bits) {
        return (register & bits) == bits;
    }

    /// EAX, EBX, ECX and EDX.
    private static int[] ask(MemorySegment cpuid, int leaf, int subleaf) {
        int[] answer = new int[4];
        NativeCall.call(cpuid, MemorySegment.ofAddress(leaf), MemorySegment.ofAddress(subleaf),
                MemorySegment.ofArray(answer), MemorySegment.NULL, 0, 0, 0, 0);
        return answer;
    }

    private static Assembler cpuid() {
        Assembler a = new Assembler();
        a.push(RBX);
        a.mov(R8, RDX);
        a.mov(RAX, RDI);
        a.mov(RCX, RSI);
        a.cpuid();
        List<Gpr> answers = List.of(RAX, RBX, RCX, RDX);
        for (int i = 0; i < answers.size(); i++) {
            a.mov32(Address.of(R8).plus(i * Integer.BYTES), answers.get(i));
        }
        a.pop(RBX);
        a.ret();
        return a;
    }

    private static Assembler xgetbv() {
        Assembler a = new Assembler();
        a.mov(RCX, 0);
        a.xgetbv();
        a.shl(RDX, 32);
        a.or(RAX, RDX);
        a.ret();
        return a;
    }
}

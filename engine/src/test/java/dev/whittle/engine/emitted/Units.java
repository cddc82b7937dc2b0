package dev.whittle.engine.emitted;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.whittle.engine.emitted.CpuFeatures.Feature;
import dev.whittle.engine.emitted.x86.VectorUnit;
import dev.whittle.engine.kernel.MachineCode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Tests of code for each width of registers.
final class Units {
    private Units() {}

    /// Whether code of all numbers runs in these registers here.
    static boolean has(VectorUnit unit) {
        return MachineCode.installed() != null && CpuFeatures.detect().containsAll(switch (unit) {
            case AVX512 -> Set.of(Feature.AVX512, Feature.AVX512_VNNI);
            case AVX2 -> Set.of(Feature.AVX2, Feature.AVX_VNNI);
        });
    }

    static void assume(VectorUnit unit) {
        assumeThat(has(unit)).as("machine code in registers of %d bits", unit.bits()).isTrue();
    }

    /// Runs a main class, which ends by printing the bits of the registers, in a JVM that knows of none above 256 bits.
    static void runNarrow(Class<?> main, String... flags) throws IOException, InterruptedException {
        assume(VectorUnit.AVX2);
        List<String> all = new ArrayList<>(List.of(flags));
        all.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-Dwhittle.emitted.features=avx2,avx_vnni"));
        assertThat(ForkedJvm.run(main, all)).contains("256");
    }

    static void printBits() {
        MachineCode installed = MachineCode.installed();
        System.out.println(installed == null ? 0 : installed.vectorBits());
    }
}

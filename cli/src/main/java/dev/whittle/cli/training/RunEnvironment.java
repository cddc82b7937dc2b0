package dev.whittle.cli.training;

import dev.whittle.cli.bench.Machine;
import dev.whittle.engine.kernel.KernelTier;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/// Where a training ran, as `environment.json`: none of it decides the weights, some of it the time.
///
/// @param whittle the version
/// @param command the command line
/// @param started in UTC
/// @param threads that computed
/// @param kernels the kernels that ran: `vector`, `scalar` or `reference`
/// @param vectorBits the width of their vectors, 0 for none
/// @param heapBytes the most that the JVM could use
public record RunEnvironment(int format, String whittle, String command, String started, String jvm,
        String operatingSystem, String processor, int cores, int threads, String kernels, int vectorBits,
        long heapBytes) {

    /// What holds now, in this JVM.
    public static RunEnvironment current(String whittle, String command, int threads) {
        Machine machine = Machine.current();
        KernelTier tier = KernelTier.selected().portable();
        return new RunEnvironment(1, whittle, command, Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                machine.jvm(), machine.operatingSystem(), machine.processor(), machine.cores(), threads,
                tier.name().toLowerCase(Locale.ROOT), tier.vectorBits(), Runtime.getRuntime().maxMemory());
    }
}

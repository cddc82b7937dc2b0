package dev.whittle.cli.bench;

import dev.whittle.engine.kernel.KernelTier;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/// Where a benchmark ran.
///
/// @param processor its name, where the system tells it, else its architecture
/// @param vectorApi whether the JVM has the module `jdk.incubator.vector`, without which only scalar kernels run
public record Machine(String processor, int cores, String operatingSystem, String jvm, boolean vectorApi) {
    /// The flag that a JVM without the Vector API lacks.
    public static final String VECTOR_FLAG = "--add-modules jdk.incubator.vector";

    public static Machine current() {
        return new Machine(processorName(), Runtime.getRuntime().availableProcessors(),
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch"),
                System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version") + " ("
                        + System.getProperty("java.vendor") + ")",
                KernelTier.isVectorAvailable());
    }

    private static String processorName() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"), StandardCharsets.UTF_8)) {
            return lines.filter(line -> line.startsWith("model name")).findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .orElseGet(() -> System.getProperty("os.arch"));
        } catch (IOException | UncheckedIOException e) {
            return System.getProperty("os.arch");
        }
    }

    /// One line for people.
    public String text() {
        return "%s, %d cores, %s, %s%s".formatted(processor, cores, operatingSystem, jvm,
                vectorApi ? "" : "; without the Vector API, which " + VECTOR_FLAG + " adds");
    }
}

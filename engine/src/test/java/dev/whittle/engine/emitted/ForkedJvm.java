package dev.whittle.engine.emitted;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// What a JVM of its own, with its own flags, prints of running a main class to its end.
final class ForkedJvm {
    private ForkedJvm() {}

    /// @return the lines of standard output and standard error
    static List<String> run(Class<?> main, List<String> flags) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1", "-Xmx512m", "-Dwhittle.root=" + System.getProperty("whittle.root")));
        command.addAll(flags);
        command.addAll(List.of("-classpath", System.getProperty("java.class.path"), main.getName()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        List<String> lines = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines()
                .toList();
        assertThat(process.waitFor()).as("exit code of %s, which printed %s", command, lines).isZero();
        return lines;
    }
}

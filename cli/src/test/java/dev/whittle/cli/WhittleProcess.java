package dev.whittle.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Commands in JVMs of their own, with the class path of the tests.
final class WhittleProcess {
    private WhittleProcess() {}

    /// Starts a command; what it prints goes to the file `err`.
    ///
    /// @param jvm flags such as `-Xmx64m`, separated by blanks
    static Process start(Path err, String jvm, Object... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java"),
                "--add-modules", "jdk.incubator.vector"));
        command.addAll(List.of(jvm.split(" ")));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.whittle.cli.Whittle"));
        Arrays.stream(arguments).map(Object::toString).forEach(command::add);
        return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(err.toFile()).start();
    }
}

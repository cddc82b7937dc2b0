package dev.whittle.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;

/// Points `System.err` at the descriptor where the launcher keeps the real standard error.
///
/// The JVM announces the incubating Vector API on descriptor 2 before any of our code runs, and no flag stops it, so the
/// launcher puts a filter there. Our own lines must not pass through it: a process that ends does not wait for its filter,
/// and whoever reads the file that stderr went to would sometimes find it empty.
final class StandardError {
    /// Set by the launcher, with the access to `java.io` that `restore` needs.
    private static final String PROPERTY = "whittle.stderr";

    private StandardError() {}

    /// Does nothing where the launcher did not start this JVM.
    static void restore() {
        Integer number = Integer.getInteger(PROPERTY);
        if (number == null) {
            return;
        }
        try {
            var constructor = FileDescriptor.class.getDeclaredConstructor(int.class);
            constructor.setAccessible(true);
            var descriptor = new FileOutputStream(constructor.newInstance(number));
            System.setErr(new PrintStream(descriptor, true, System.err.charset()));
        } catch (ReflectiveOperationException | RuntimeException e) {
            // The launcher's filter passes everything on but the announcement, only later.
            System.err.println("whittle: cannot write to descriptor " + number + " directly: " + e.getMessage());
        }
    }
}

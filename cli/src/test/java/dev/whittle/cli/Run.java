package dev.whittle.cli;

import java.io.PrintWriter;
import java.io.StringWriter;

/// One command run inside this JVM.
///
/// @param code the exit code
public record Run(int code, String out, String err) {

    public static Run of(Object... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        String[] texts = new String[arguments.length];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = arguments[i].toString();
        }
        int code = Whittle.execute(new PrintWriter(out, true), new PrintWriter(err, true), texts);
        return new Run(code, out.toString(), err.toString());
    }

    /// What a failure is: exit code 1 and one line on standard error.
    public static Run failed(String line) {
        return new Run(1, "", line + System.lineSeparator());
    }

    /// What wrong usage is: exit code 2 and one line on standard error.
    public static Run misused(String line) {
        return new Run(2, "", line + System.lineSeparator());
    }
}

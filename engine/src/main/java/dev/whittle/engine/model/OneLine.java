package dev.whittle.engine.model;

import java.util.regex.Pattern;

/// Messages quote names and values from files, and those may hold anything, and be of any length.
final class OneLine {
    private static final Pattern CONTROL = Pattern.compile("[\\p{Cntrl}\\u0085\\u2028\\u2029]");

    /// Characters of a message; more of a name tell nobody more.
    private static final int MOST = 1000;

    private OneLine() {}

    /// The message with a dot for each line break and other control character, cut where it is too long to read.
    static String of(String message) {
        String read = message.length() <= MOST ? message : message.substring(0, MOST) + " ...";
        return CONTROL.matcher(read).replaceAll(".");
    }
}

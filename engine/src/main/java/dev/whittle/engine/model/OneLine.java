package dev.whittle.engine.model;

import java.util.regex.Pattern;

/// Messages quote names from files, and a name may hold anything.
final class OneLine {
    private static final Pattern CONTROL = Pattern.compile("[\\p{Cntrl}\\u0085\\u2028\\u2029]");

    private OneLine() {}

    /// The message with a dot for each line break and other control character.
    static String of(String message) {
        return CONTROL.matcher(message).replaceAll(".");
    }
}

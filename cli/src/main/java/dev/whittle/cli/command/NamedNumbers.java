package dev.whittle.cli.command;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/// The text of an option as names that may have a number, such as `cosine,warm-up=3` or `flip,rotation=0.2`.
final class NamedNumbers {
    private final CommandLine command;
    private final String option;
    private final Map<String, @Nullable Float> numbers = new LinkedHashMap<>();

    /// @throws ParameterException if a name comes twice, or its number is none
    NamedNumbers(CommandLine command, String option, String text) {
        this.command = command;
        this.option = option;
        for (String part : text.split(",", -1)) {
            int equals = part.indexOf('=');
            String name = equals < 0 ? part : part.substring(0, equals);
            if (numbers.containsKey(name)) {
                throw refused("has \"" + name + "\" twice");
            }
            numbers.put(name, equals < 0 ? null : number(part, part.substring(equals + 1)));
        }
    }

    private Float number(String part, String text) {
        try {
            return Float.valueOf(text);
        } catch (NumberFormatException e) {
            throw refused("has \"" + part + "\", expected a number behind the equals sign");
        }
    }

    /// The names in their order.
    Set<String> names() {
        return numbers.keySet();
    }

    /// The first name, which stands for what the others belong to.
    String first() {
        return numbers.keySet().iterator().next();
    }

    /// Takes away the number of a name.
    ///
    /// @param otherwise where the name is not there, or has no number
    float take(String name, float otherwise) {
        Float number = numbers.remove(name);
        return number == null ? otherwise : number;
    }

    /// Takes away the number of a name as a count.
    ///
    /// @throws ParameterException if it is not whole
    int takeCount(String name, int otherwise) {
        float number = take(name, otherwise);
        if (number != (int) number) {
            throw refused("has " + name + "=" + number + ", expected a whole number");
        }
        return (int) number;
    }

    /// @throws ParameterException if more is left than this name, or it has a number
    void requireNothingLeftBut(String first) {
        requireNoNumber(first);
        numbers.remove(first);
        if (!numbers.isEmpty()) {
            throw refused("has \"" + first() + "\", which " + first + " does not take");
        }
    }

    /// @throws ParameterException if the name has a number
    void requireNoNumber(String name) {
        Float number = numbers.get(name);
        if (number != null) {
            throw refused("has " + name + "=" + number + ", expected no number there");
        }
    }

    /// What is wrong with the option.
    ParameterException refused(String found) {
        return new ParameterException(command, option + " " + found);
    }
}

package dev.whittle.cli.command;

import dev.whittle.engine.model.ModelLimits;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/// How much a model may ask for.
final class LimitOptions {
    @Option(names = "--max-bytes", paramLabel = "SIZE", converter = Size.class, description = "Memory for tensors, such as 512MB or 2GiB (default: three quarters of the heap).") private @Nullable Long bytes;

    @Option(names = "--max-time", paramLabel = "TIME", converter = Time.class, description = "Time for one run, such as 500ms, 30s, 5min or 1h; it is looked at between operators.") private @Nullable Duration time;

    @Option(names = "--max-loops", paramLabel = "N", description = "Iterations of all loops of one run together.") private @Nullable Long loops;

    @Option(names = "--max-operators", paramLabel = "N", description = "Operators of all subgraphs together.") private @Nullable Integer operators;

    @Option(names = "--max-elements", paramLabel = "N", description = "Elements of one tensor.") private @Nullable Long elements;

    @Option(names = "--max-multiplications", paramLabel = "N", description = "Multiplications of one run.") private @Nullable Long multiplications;

    @Spec(Spec.Target.MIXEE) private CommandSpec spec = CommandSpec.create();

    /// The limits that were asked for, and `base` where none was.
    ModelLimits limits(ModelLimits base) {
        try {
            return new ModelLimits(bytes == null ? base.maxBytes() : bytes,
                    elements == null ? base.maxElements() : elements,
                    operators == null ? base.maxOperators() : operators,
                    loops == null ? base.maxLoopIterations() : loops, time == null ? base.maxTime() : time,
                    multiplications == null ? base.maxMultiplications() : multiplications);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    /// A number of bytes with a unit: multiples of 1000, or of 1024 with an `i`.
    static final class Size implements ITypeConverter<Long> {
        private static final Pattern FORM = Pattern.compile("(\\d{1,12})\\s*([kmgt]?)(i?)b?");

        @Override
        public Long convert(String text) {
            Matcher matcher = FORM.matcher(text.strip().toLowerCase(Locale.ROOT));
            if (!matcher.matches()) {
                throw new TypeConversionException("'" + text + "' is no size, expected one such as 512MB or 2GiB");
            }
            int power = " kmgt".indexOf(matcher.group(2).isEmpty() ? " " : matcher.group(2));
            long unit = 1;
            for (int i = 0; i < power; i++) {
                unit *= matcher.group(3).isEmpty() ? 1000 : 1024;
            }
            try {
                return Math.multiplyExact(Long.parseLong(matcher.group(1)), unit);
            } catch (ArithmeticException e) {
                throw new TypeConversionException("'" + text + "' is more than there are bytes");
            }
        }
    }

    /// A number with a unit of time.
    static final class Time implements ITypeConverter<Duration> {
        private static final Pattern FORM = Pattern.compile("(\\d{1,9})\\s*(ms|s|min|h)");

        @Override
        public Duration convert(String text) {
            Matcher matcher = FORM.matcher(text.strip());
            if (!matcher.matches()) {
                throw new TypeConversionException(
                        "'" + text + "' is no time, expected one such as 500ms, 30s, 5min or 1h");
            }
            long number = Long.parseLong(matcher.group(1));
            return switch (matcher.group(2)) {
                case "ms" -> Duration.ofMillis(number);
                case "s" -> Duration.ofSeconds(number);
                case "min" -> Duration.ofMinutes(number);
                default -> Duration.ofHours(number);
            };
        }
    }
}

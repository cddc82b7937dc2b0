package dev.whittle.cli.command;

import dev.whittle.cli.Json;
import dev.whittle.cli.Table;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.quantizer.microscope.Cause;
import dev.whittle.quantizer.microscope.ElementArithmetic;
import dev.whittle.quantizer.microscope.FloatTwin;
import dev.whittle.quantizer.microscope.OperatorTrace;
import dev.whittle.quantizer.microscope.Samples;
import dev.whittle.quantizer.microscope.Suspect;
import dev.whittle.quantizer.microscope.Trace;
import dev.whittle.quantizer.microscope.TraceReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "trace", description = "Step through a quantized model beside its float twin and say where the error comes from.", footer = {
    "  whittle trace int8.tflite --float float32.tflite --data photos",
    "  whittle trace int8.tflite --random 1 --operator 3 --element 0"})
public final class TraceCommand implements Callable<Integer> {
    private static final int DEFAULT_SAMPLES = 32;
    private static final int LONGEST_NAME = 40;

    @Parameters(paramLabel = "MODEL", description = "A quantized .tflite file.") private Path model = Path.of("");

    @Option(names = "--float", paramLabel = "FILE", description = "The float model that it came from; without, its weights count as exact.") private @Nullable Path plain;

    @Option(names = "--operator", paramLabel = "N", description = "With --element: show the integer arithmetic of one output element, of the first sample.") private int operator =
            -1;

    @Option(names = "--element", paramLabel = "I", description = "Its index in the output, row-major.") private int element =
            -1;

    @Option(names = "--json", description = "Print as JSON.") private boolean json;

    @Mixin private SampleOptions samples = new SampleOptions();

    @Mixin private DataOptions data = new DataOptions();

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        if ((operator < 0) != (element < 0)) {
            throw new ParameterException(spec.commandLine(), "--operator and --element go together");
        }
        Model quantized = ModelReader.read(model);
        Samples chosen = samples.required(quantized, data, DEFAULT_SAMPLES);
        PrintWriter out = spec.commandLine().getOut();
        if (operator >= 0) {
            ElementArithmetic arithmetic = ElementArithmetic.of(quantized, chosen.inputs(0), operator, element);
            out.print(json ? Json.text(new ElementDocument(1, arithmetic)) + System.lineSeparator()
                    : text(arithmetic));
        } else {
            FloatTwin twin = plain == null ? FloatTwin.of(quantized)
                    : FloatTwin.of(quantized, ModelReader.read(plain));
            try (Trace trace = Trace.of(twin)) {
                TraceReport report = trace.run(chosen);
                out.print(json ? Json.text(new Document(1, report)) + System.lineSeparator() : text(report));
            }
        }
        out.flush();
        return 0;
    }

    /// The JSON document. A signal-to-noise ratio is not in it: it is `10 · log10(signal / error)`.
    ///
    /// @param format the version of this layout
    record Document(int format, TraceReport trace) {
    }

    /// As [Document], of one element.
    record ElementDocument(int format, ElementArithmetic arithmetic) {
    }

    private static String text(TraceReport report) {
        List<String> header = new ArrayList<>(List.of("#", "operator", "output", "SQNR dB", "local dB"));
        for (Cause cause : Cause.values()) {
            header.add(cause.words() + " %");
        }
        header.addAll(List.of("cosine", "max error", "cut %"));
        Table table = new Table(header.toArray(String[]::new));
        for (OperatorTrace row : report.operators()) {
            List<Object> cells = new ArrayList<>(List.of(row.operator() < 0 ? "-" : row.operator(), row.type(),
                    shortened(row.tensor()), decibels(row.accumulatedSqnr()), decibels(row.localSqnr())));
            for (Cause cause : Cause.values()) {
                double part = row.parts().getOrDefault(cause, 0.0);
                cells.add(row.error() == 0 ? "-" : percent(part / row.error()));
            }
            cells.add(String.format(Locale.ROOT, "%.6f", row.cosine()));
            cells.add(String.format(Locale.ROOT, "%.3g", row.largestError()));
            cells.add(String.format(Locale.ROOT, "%.3f", 100 * row.saturated()));
            table.row(cells.toArray());
        }
        StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "%s beside %s, %d samples%n%n%s%n",
                report.model(), report.twin(), report.samples(), table));
        if (report.unaligned() > 0) {
            text.append(String.format(Locale.ROOT,
                    "%d operators have no float weights to compare with; theirs count as exact%n", report.unaligned()));
        }
        boolean isFirst = true;
        for (Suspect suspect : report.suspects()) {
            if (isFirst || suspect.isNotable()) {
                text.append(text(suspect, isFirst));
            }
            isFirst = false;
        }
        return text.toString();
    }

    private static String text(Suspect suspect, boolean isFirst) {
        String where = suspect.operator() < 0 ? "input" : suspect.type() + " #" + suspect.operator();
        if (!suspect.isNotable()) {
            return String.format(Locale.ROOT,
                    "no suspect: nothing adds more than %.1g %% of a signal's power to what int8 costs%n",
                    100 * suspect.avoidable());
        }
        return String.format(Locale.ROOT, "%s: %s \"%s\", %s (%.3g %% of its signal's power): %s%n",
                isFirst ? "first suspect" : "then", where, shortened(suspect.tensor()), suspect.cause().words(),
                100 * suspect.avoidable(), suspect.explanation());
    }

    /// Without a sign where it rounds to zero.
    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f", Math.rint(1000 * share) / 10 + 0.0);
    }

    /// A name short enough for a table: converters join the names of all that was fused.
    static String shortened(String name) {
        String first = name.split(";", 2)[0];
        boolean isLong = first.length() > LONGEST_NAME;
        return (isLong ? first.substring(0, LONGEST_NAME) : first)
                + (isLong || first.length() < name.length() ? "…" : "");
    }

    static String decibels(double value) {
        return Double.isInfinite(value) ? "-" : String.format(Locale.ROOT, "%.1f", value);
    }

    private static String text(ElementArithmetic a) {
        Table terms = new Table("input at", "code", "- zero point", "filter at", "weight", "product");
        for (ElementArithmetic.Term term : a.terms()) {
            terms.row(term.inputElement(), term.input(), term.input() - a.inputZeroPoint(), term.weightElement(),
                    term.weight() - a.weightZeroPoint(), term.product());
        }
        StringBuilder text = new StringBuilder(String.format(Locale.ROOT,
                "%s #%d, element %d at %s; input zero point %d, filter zero point %d%n%n%s%n", a.type(), a.operator(),
                a.element(), a.position(), a.inputZeroPoint(), a.weightZeroPoint(), terms));
        line(text, "sum of %d products   %d", a.terms().size(), a.sum());
        line(text, "+ bias               %d", a.bias());
        line(text, "= accumulator        %d", a.accumulator());
        line(text, "M                    %s = %s * %s / %s", a.factor(), a.inputScale(), a.weightScale(),
                a.outputScale());
        switch (a.rounding()) {
            case FIXED_POINT -> {
                line(text, "m, shift             %d, %d: M = m * 2^(shift - 31)", a.multiplier(), a.shift());
                line(text, "accumulator * m      %d after the high multiply, rounded to nearest", a.high());
                line(text, "* 2^min(shift, 0)    %d after the right shift, halves away from zero (FIXED_POINT)",
                        a.scaled());
            }
            case DOUBLE -> line(text, "accumulator * M      %d in double precision, halves away from zero (DOUBLE)",
                    a.scaled());
        }
        line(text, "+ output zero point  %d", a.scaled() + a.outputZeroPoint());
        line(text, "clamp to %d..%d    %d, stands for %s", a.minimum(), a.maximum(), a.result(), a.real());
        line(text, "the kernel gave      %d", a.kernel());
        return text.toString();
    }

    private static void line(StringBuilder text, String format, Object... values) {
        text.append(String.format(Locale.ROOT, format, values)).append(System.lineSeparator());
    }
}

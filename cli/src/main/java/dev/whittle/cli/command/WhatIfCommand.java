package dev.whittle.cli.command;

import dev.whittle.cli.Table;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.quantizer.microscope.FloatTwin;
import dev.whittle.quantizer.microscope.Score;
import dev.whittle.quantizer.microscope.TensorChange;
import dev.whittle.quantizer.microscope.TensorChange.WeightScales;
import dev.whittle.quantizer.microscope.WhatIf;
import dev.whittle.quantizer.microscope.WhatIfReport;
import dev.whittle.quantizer.microscope.WhatIfReport.State;
import dev.whittle.quantizer.observe.Range;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "what-if", description = "Change one tensor's range, bits or granularity and see accuracy, size and error at once.", footer = {
    "  whittle what-if int8.tflite --float float32.tflite --tensor conv_1 --range 0..4 --data photos",
    "  whittle what-if int8.tflite --tensor dense_1/kernel --bits 4 --random 20"})
public final class WhatIfCommand implements Callable<Integer> {
    private static final Pattern RANGE = Pattern.compile("(\\S+?)\\.\\.(\\S+)");

    @Parameters(paramLabel = "MODEL", description = "A quantized .tflite file.") private Path model = Path.of("");

    @Option(names = "--float", paramLabel = "FILE", description = "The float model that it came from; without, new codes are made from its own weights.") private @Nullable Path plain;

    @Option(names = "--tensor", paramLabel = "NAME", required = true, description = "An activation or a filter; whittle inspect lists the names.") private String tensor =
            "";

    @Option(names = "--range", paramLabel = "A..B", description = "What its codes are to cover, as in -1.5..4; weights beyond are cut.") private @Nullable String range;

    @Option(names = "--bits", paramLabel = "N", defaultValue = "8", description = "Of its codes, 2 to 8 (default: ${DEFAULT-VALUE}).") private int bits;

    @Option(names = "--granularity", paramLabel = "HOW", description = "Of a filter: tensor for one scale, channel for one for each output channel (default: as it is).") private @Nullable WeightScales granularity;

    @Mixin private JudgingOptions judging = new JudgingOptions();

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        TensorChange change = change();
        Model quantized = ModelReader.read(model);
        FloatTwin twin = plain == null ? FloatTwin.of(quantized) : FloatTwin.of(quantized, ModelReader.read(plain));
        WhatIfReport report = new WhatIf(twin).ask(change, judging.samples(quantized));
        judging.print(spec.commandLine().getOut(),
                new Document(1, report.model(), report.tensor(), report.samples(), report.operatorsRun(),
                        report.operators(), row(report.before()), row(report.after())),
                text(report));
        return 0;
    }

    private TensorChange change() {
        if (range == null && bits == Byte.SIZE && granularity == null) {
            throw new ParameterException(spec.commandLine(),
                    "Missing required option: --range, --bits or --granularity says what to change");
        }
        try {
            return new TensorChange(tensor, range == null ? null : range(range), bits, granularity);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private static Range range(String text) {
        Matcher ends = RANGE.matcher(text);
        if (ends.matches()) {
            try {
                return new Range(Float.parseFloat(ends.group(1)), Float.parseFloat(ends.group(2)));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("--range " + text + ", must be two numbers as in -1.5..4", e);
            }
        }
        throw new IllegalArgumentException("--range " + text + ", must be two numbers as in -1.5..4");
    }

    /// The JSON document.
    ///
    /// @param format the version of this layout
    record Document(int format, String model, String tensor, int samples, int operatorsRun, int operators,
            StateRow before, StateRow after) {
    }

    record StateRow(QuantizationParameters parameters, int bits, @Nullable Double tensorSqnr,
            SensitivityCommand.ScoreRow score, long bytes) {
    }

    private static StateRow row(State state) {
        return new StateRow(state.parameters(), state.bits(),
                Double.isInfinite(state.tensorSqnr()) ? null : state.tensorSqnr(),
                SensitivityCommand.row(state.score()), state.bytes());
    }

    private static String text(WhatIfReport report) {
        Table table = new Table("", "before", "after");
        State before = report.before();
        State after = report.after();
        table.row("scale", scale(before.parameters()), scale(after.parameters()));
        table.row("zero point", before.parameters().zeroPoint(0), after.parameters().zeroPoint(0));
        table.row("bits", before.bits(), after.bits());
        table.row("SQNR of the tensor, dB", TraceCommand.decibels(before.tensorSqnr()),
                TraceCommand.decibels(after.tensorSqnr()));
        table.row("SQNR of the output, dB", TraceCommand.decibels(before.score().sqnr()),
                TraceCommand.decibels(after.score().sqnr()));
        table.row("accuracy", SensitivityCommand.accuracy(before.score()), SensitivityCommand.accuracy(after.score()));
        table.row("same class as float", agreement(before.score()), agreement(after.score()));
        table.row("bytes", before.bytes(), after.bytes());
        return String.format(Locale.ROOT, "%s, \"%s\", %d samples; %d of %d operators run again%n%n%s",
                report.model(), report.tensor(), report.samples(), report.operatorsRun(), report.operators(), table);
    }

    private static String scale(QuantizationParameters parameters) {
        float largest = parameters.scale().stream().max(Float::compare).orElse(0f);
        return parameters.scale().size() == 1 ? String.valueOf(largest)
                : String.format(Locale.ROOT, "%.6g at most, %d channels", largest, parameters.scale().size());
    }

    private static String agreement(Score score) {
        return String.format(Locale.ROOT, "%.4f", score.agreement());
    }
}

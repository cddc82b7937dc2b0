package dev.whittle.cli.command;

import dev.whittle.cli.Output;
import dev.whittle.cli.Table;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.quantizer.calibrate.Calibration;
import dev.whittle.quantizer.calibrate.Calibrator;
import dev.whittle.quantizer.microscope.Samples;
import dev.whittle.quantizer.microscope.Score;
import dev.whittle.quantizer.microscope.Sensitivity;
import dev.whittle.quantizer.microscope.SensitivityReport;
import dev.whittle.quantizer.microscope.SensitivityReport.OperatorSensitivity;
import dev.whittle.quantizer.microscope.SensitivityReport.ParetoPoint;
import dev.whittle.quantizer.observe.Range;
import dev.whittle.quantizer.recipe.RecipeJson;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "sensitivity", description = "Say what each operator of a float model costs when it is quantized, and what mixed precision gives for how many bytes.", footer = {
    "  whittle sensitivity float32.tflite --data photos --recipes recipes"})
public final class SensitivityCommand implements Callable<Integer> {
    private static final int CALIBRATION_SAMPLES = 200;
    private static final Range PIXELS = new Range(0, 255);

    @Parameters(paramLabel = "MODEL", description = "A float .tflite file.") private Path model = Path.of("");

    @Option(names = "--recipes", paramLabel = "DIR", description = "Write a recipe for each point of the front there, point_1.json and so on, for quantize --recipe.") private @Nullable Path recipes;

    @Mixin private JudgingOptions judging = new JudgingOptions();

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        Model plain = ModelReader.read(model);
        Samples chosen = judging.samples(plain);
        SensitivityReport report =
                new Sensitivity(plain, calibration(plain, chosen), judging.data().threads()).run(chosen);
        if (recipes != null) {
            Path folder = Output.folder(recipes);
            for (int i = 0; i < report.front().size(); i++) {
                RecipeJson.write(report.front().get(i).recipe(), folder.resolve("point_" + (i + 1) + ".json"));
            }
        }
        judging.print(spec.commandLine().getOut(), document(report), text(report));
        return 0;
    }

    /// Ranges are measured on training images where there are images, and on the samples themselves else.
    private Calibration calibration(Model plain, Samples chosen) {
        if (judging.isImages()) {
            Samples training = SampleOptions.images(plain, judging.data().required().training(), CALIBRATION_SAMPLES,
                    judging.data().threads());
            return Calibrator.minMax().withInputRange(0, PIXELS).calibrate(plain, iterable(training));
        }
        return Calibrator.minMax().calibrate(plain, iterable(chosen));
    }

    private static Iterable<List<float[]>> iterable(Samples samples) {
        return () -> IntStream.range(0, samples.count()).mapToObj(samples::inputs).iterator();
    }

    /// The JSON document. Where classes are not known there is no accuracy, and where there is no noise no ratio.
    ///
    /// @param format the version of this layout
    record Document(int format, String model, int samples, ScoreRow plain, ScoreRow quantized,
            List<OperatorRow> operators, List<PointRow> front) {
    }

    record ScoreRow(@Nullable Double accuracy, double agreement, @Nullable Double sqnr) {
    }

    record OperatorRow(int operator, String type, String name, long weights, ScoreRow alone, ScoreRow leftFloat) {
    }

    record PointRow(long bytes, ScoreRow score, List<Integer> floatOperators, List<Integer> fourBitOperators) {
    }

    private static Document document(SensitivityReport report) {
        return new Document(1, report.model(), report.samples(), row(report.plain()), row(report.quantized()),
                report.operators().stream().map(one -> new OperatorRow(one.operator(), one.type(), one.name(),
                        one.weights(), row(one.alone()), row(one.leftFloat()))).toList(),
                report.front().stream().map(point -> new PointRow(point.bytes(), row(point.score()),
                        point.floatOperators(), point.fourBitOperators())).toList());
    }

    static ScoreRow row(Score score) {
        return new ScoreRow(Double.isNaN(score.accuracy()) ? null : score.accuracy(), score.agreement(),
                Double.isInfinite(score.sqnr()) ? null : score.sqnr());
    }

    private static String text(SensitivityReport report) {
        Table operators = new Table("#", "operator", "output", "weights", "accuracy alone", "SQNR dB alone",
                "accuracy left float", "SQNR dB left float");
        for (OperatorSensitivity one : report.operators()) {
            operators.row(one.operator(), one.type(), TraceCommand.shortened(one.name()), one.weights(),
                    accuracy(one.alone()),
                    TraceCommand.decibels(one.alone().sqnr()), accuracy(one.leftFloat()),
                    TraceCommand.decibels(one.leftFloat().sqnr()));
        }
        Table front = new Table("point", "bytes", "accuracy", "SQNR dB", "float", "4-bit weights");
        int number = 1;
        for (ParetoPoint point : report.front()) {
            front.row(number++, point.bytes(), accuracy(point.score()), TraceCommand.decibels(point.score().sqnr()),
                    numbers(point.floatOperators()), numbers(point.fourBitOperators()));
        }
        return String.format(Locale.ROOT,
                "%s, %d samples: float %s, int8 throughout %s (%s dB)%n%neach operator int8 alone, and left float alone:%n%s%n"
                        + "size against accuracy, each point better than all smaller ones:%n%s",
                report.model(), report.samples(), accuracy(report.plain()), accuracy(report.quantized()),
                TraceCommand.decibels(report.quantized().sqnr()), operators, front);
    }

    private static String numbers(List<Integer> operators) {
        return operators.isEmpty() ? "-"
                : operators.stream().map(number -> "#" + number).collect(Collectors.joining(" "));
    }

    static String accuracy(Score score) {
        return Double.isNaN(score.accuracy()) ? "-" : String.format(Locale.ROOT, "%.4f", score.accuracy());
    }
}

package dev.whittle.cli.command;

import dev.whittle.cli.Output;
import dev.whittle.cli.Progress;
import dev.whittle.cli.pipeline.Photographs;
import dev.whittle.cli.pipeline.Samples;
import dev.whittle.cli.training.CtrlC;
import dev.whittle.converter.lower.Lowering;
import dev.whittle.converter.write.ModelWriter;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.quantizer.prepare.GraphPreparation;
import dev.whittle.quantizer.recipe.Granularity;
import dev.whittle.quantizer.recipe.Mode;
import dev.whittle.quantizer.recipe.Recipe;
import dev.whittle.quantizer.recipe.RecipeJson;
import dev.whittle.quantizer.recipe.Rule;
import dev.whittle.quantizer.rewrite.Ends;
import dev.whittle.quantizer.rewrite.Quantizer;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.TrainingSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

@Command(name = "quantize", description = "Make a float model smaller, or integer throughout.", exitCodeList = {
    "0:done", "1:failed", "2:wrong usage", "130:stopped by Ctrl-C"}, footer = {
        "  whittle quantize float32.tflite --mode int8 --data photos --out int8.tflite",
        "  whittle quantize float32.tflite --mode weight_only --bits 4 --out int4.tflite",
        "  whittle quantize float32.tflite --recipe recipe.json --data photos --out mixed.tflite",
        "  whittle quantize mixed.tflite --print-recipe",
        "  whittle quantize trained/best.whittle --mode qat --data photos --out qat_int8.tflite",
        "  whittle quantize trained/best.whittle --mode qat --bits 4 --epochs 12 --learning-rate 0.001 --data photos --out int4.tflite"})
public final class QuantizeCommand implements Callable<Integer> {
    private static final String DESCRIPTION = "Image classifier, made by Whittle.";

    @Parameters(paramLabel = "MODEL", description = "A float .tflite file, or a network of whittle train (.whittle), which --mode qat needs.") private Path model =
            Path.of("");

    @ArgGroup(multiplicity = "1") private Choice choice = new Choice();

    /// What is to be done: one of these.
    static final class Choice {
        @Option(names = "--mode", paramLabel = "MODE", description = "float16: weights of 16 bits; dynamic_range: int8 weights, activations float; weight_only: integer weights, widened when the model is loaded; int8: int8 throughout; int16x8: int16 activations, int8 weights; uint8: uint8 throughout, one scale per tensor; qat: fine-tunes a network with fake quantization, then int8. All but the first three need samples to measure ranges on, qat images to train with.")
        @Nullable Goal mode;

        @Option(names = "--recipe", paramLabel = "FILE", description = "A JSON file that gives each operator its mode.")
        @Nullable Path recipe;

        @Option(names = "--print-recipe", description = "Print the recipe that MODEL was quantized by, and do nothing else.") boolean isPrinting;
    }

    /// A mode for all operators, or quantization-aware training.
    enum Goal {
        FLOAT16, DYNAMIC_RANGE, WEIGHT_ONLY, INT8, INT16X8, UINT8, QAT;

        Mode mode() {
            return this == QAT ? Mode.INT8 : Mode.valueOf(name());
        }
    }

    @Option(names = "--bits", paramLabel = "N", description = "Of weights under --mode: 8 or 4 (default: 8).") private @Nullable Integer bits;

    @Option(names = "--granularity", paramLabel = "G", converter = GranularityConverter.class, description = "What has a scale under --mode: per_tensor, per_channel or blockwise_N (default: as is customary for the mode).") private @Nullable Granularity granularity;

    @Option(names = "--out", paramLabel = "FILE", description = "The .tflite file to write.") private @Nullable Path out;

    @Option(names = "--input-type", paramLabel = "TYPE", description = "Of the model's input: float32, int8, uint8 or int16 (default: what --mode computes on; float32 with --recipe).") private @Nullable ElementType inputType;

    @Option(names = "--output-type", paramLabel = "TYPE", description = "Of the model's output, likewise.") private @Nullable ElementType outputType;

    @Option(names = "--samples", paramLabel = "N", defaultValue = "200", description = "Training images, at most, to measure ranges on (default: ${DEFAULT-VALUE}).") private int samples;

    @Option(names = "--quiet", description = "One line per epoch instead of a progress bar.") private boolean quiet;

    @Mixin private DataOptions data = new DataOptions();

    @Mixin private CalibrationOptions calibration = new CalibrationOptions();

    @Mixin private QatOptions qat = new QatOptions();

    @Spec private CommandSpec spec = CommandSpec.create();

    /// Reads what `Granularity.toString` writes.
    static final class GranularityConverter implements ITypeConverter<Granularity> {
        @Override
        public Granularity convert(String text) {
            try {
                return Granularity.parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(String.valueOf(e.getMessage()));
            }
        }
    }

    @Override
    public Integer call() throws IOException {
        if (choice.isPrinting) {
            Model quantized = ModelReader.read(model);
            spec.commandLine().getOut().println(RecipeJson.text(RecipeJson.of(quantized).orElseThrow(
                    () -> new IllegalArgumentException("[" + quantized.source() + "] carries no recipe, expected the "
                            + "metadata entry " + RecipeJson.METADATA))));
            return 0;
        }
        if (out == null) {
            throw new ParameterException(spec.commandLine(), "Missing required option: '--out=FILE'");
        }
        Optional<Model> quantized = choice.mode == Goal.QAT ? fineTuned(Network.read(model), out)
                : Optional.of(quantized(recipe(), out));
        if (quantized.isEmpty()) {
            return CtrlC.exitCode();
        }
        Output.folderOf(out);
        ModelWriter.write(quantized.get(), out);
        spec.commandLine().getOut().println(out + ": " + Files.size(out) + " bytes");
        return 0;
    }

    private Recipe recipe() throws IOException {
        if (choice.recipe != null) {
            if (bits != null || granularity != null || calibration.method().isPresent()) {
                throw new ParameterException(spec.commandLine(), "--bits, --granularity and --calibration go with "
                        + "--mode, a recipe says them for each operator");
            }
            return RecipeJson.read(choice.recipe);
        }
        Rule plain = Rule.of(mode());
        return Recipe.of(plain.withWeights(bits == null ? plain.weightBits() : bits, granularity)
                .withCalibration(calibration.method().orElse(plain.calibration())));
    }

    private Mode mode() {
        return choice.mode == null ? Mode.FLOAT : choice.mode.mode();
    }

    /// The ends that were asked for, else those of the mode.
    private Ends ends() {
        ElementType customary = mode().activationType();
        return new Ends(inputType == null ? customary : inputType, outputType == null ? customary : outputType);
    }

    private Model plain(Path file) throws IOException {
        return model.toString().endsWith(".whittle")
                ? Lowering.lower(Network.read(model), String.valueOf(file.getFileName()), DESCRIPTION).model()
                : ModelReader.read(model);
    }

    private Model quantized(Recipe recipe, Path file) throws IOException {
        Model plain = GraphPreparation.prepare(plain(file));
        boolean hasBlocksBehindDequantize = recipe.rulesFor(plain).stream().anyMatch(
                rule -> rule.mode() == Mode.WEIGHT_ONLY && rule.granularity() instanceof Granularity.Blockwise);
        if (hasBlocksBehindDequantize) {
            spec.commandLine().getErr().println("weight_only with scales of blocks: LiteRT 2.21 reads none under "
                    + "DEQUANTIZE and computes with zeros; dynamic_range has a kernel for them");
        }
        Ends ends = ends();
        boolean needsRanges = !ends.equals(Ends.of(ElementType.FLOAT32))
                || recipe.rulesFor(plain).stream().anyMatch(rule -> rule.mode().isInteger());
        if (!needsRanges) {
            return Quantizer.quantize(calibration.correct(plain, recipe, data, samples), recipe);
        }
        CalibratedModel calibrated = calibration.calibrate(plain, recipe, data, samples);
        return calibrated.record().attachTo(
                Quantizer.quantize(calibrated.model(), recipe, calibrated.calibration(), ends));
    }

    private Optional<Model> fineTuned(Network network, Path file) throws IOException {
        Photographs photographs = data.required();
        return qat.fineTune(network, photographs, samples(photographs, network.inputShape()),
                bits == null ? Byte.SIZE : bits,
                TrainingSettings.ofEpochs(1).withSeed(data.seed()).withThreads(data.threads()),
                new Progress(spec.commandLine().getErr(), !quiet && Progress.isWatched()), file, ends().input(),
                ends().output(), spec.commandLine().getErr());
    }

    private Iterable<List<float[]>> samples(Photographs photographs, Shape input) {
        return Samples.of(photographs.training(), samples, input, data.threads());
    }
}

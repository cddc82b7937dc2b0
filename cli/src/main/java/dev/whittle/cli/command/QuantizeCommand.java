package dev.whittle.cli.command;

import dev.whittle.cli.Output;
import dev.whittle.cli.Progress;
import dev.whittle.cli.pipeline.Photographs;
import dev.whittle.cli.pipeline.Samples;
import dev.whittle.converter.write.ModelWriter;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.quantizer.calibrate.Calibration;
import dev.whittle.quantizer.calibrate.Calibrator;
import dev.whittle.quantizer.observe.Range;
import dev.whittle.quantizer.rewrite.DynamicRangeRewriter;
import dev.whittle.quantizer.rewrite.Float16Rewriter;
import dev.whittle.quantizer.rewrite.Int8Rewriter;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.TrainingSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "quantize", description = "Make a float model smaller, or int8 throughout.", footer = {
    "  whittle quantize float32.tflite --mode int8 --data photos --out int8.tflite",
    "  whittle quantize trained/best.whittle --mode qat --data photos --out qat_int8.tflite",
    "  whittle quantize trained/best.whittle --mode qat --bits 4 --epochs 12 --learning-rate 0.001 --data photos --out int4.tflite"})
public final class QuantizeCommand implements Callable<Integer> {
    private static final Range PIXELS = new Range(0, 255);

    /// How numbers become smaller: FLOAT16 halves the weights; DYNAMIC_RANGE makes filters int8 and keeps activations float;
    /// INT8 makes everything int8 with ranges measured on images; QAT fine-tunes a network with fake quantization first.
    enum Mode {
        FLOAT16, DYNAMIC_RANGE, INT8, QAT
    }

    @Parameters(paramLabel = "MODEL", description = "A float .tflite file; for --mode qat, a network of whittle train.") private Path model =
            Path.of("");

    @Option(names = "--mode", paramLabel = "MODE", required = true, description = "float16, dynamic_range, int8 or qat. The last two need images.") private Mode mode =
            Mode.INT8;

    @Option(names = "--out", paramLabel = "FILE", required = true, description = "The .tflite file to write.") private Path out =
            Path.of("");

    @Option(names = "--input-type", paramLabel = "TYPE", defaultValue = "int8", description = "Of an int8 model's input: int8, uint8 or float32 (default: ${DEFAULT-VALUE}).") private ElementType inputType =
            ElementType.INT8;

    @Option(names = "--output-type", paramLabel = "TYPE", defaultValue = "int8", description = "Of an int8 model's output: int8, uint8 or float32 (default: ${DEFAULT-VALUE}).") private ElementType outputType =
            ElementType.INT8;

    @Option(names = "--bits", paramLabel = "N", description = "Of weights with --mode qat: 8, or 4 for INT4 filters (default: 8).") private @Nullable Integer bits;

    @Option(names = "--samples", paramLabel = "N", defaultValue = "200", description = "Training images to measure ranges on (default: ${DEFAULT-VALUE}).") private int samples;

    @Option(names = "--quiet", description = "One line per epoch instead of a progress bar.") private boolean quiet;

    @Mixin private DataOptions data = new DataOptions();

    @Mixin private QatOptions qat = new QatOptions();

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        Model quantized = switch (mode) {
            case FLOAT16 -> Float16Rewriter.rewrite(ModelReader.read(model));
            case DYNAMIC_RANGE -> DynamicRangeRewriter.rewrite(ModelReader.read(model));
            case INT8 -> calibrated(ModelReader.read(model));
            case QAT -> fineTuned(Network.read(model));
        };
        Output.folderOf(out);
        ModelWriter.write(quantized, out);
        spec.commandLine().getOut().println(out + ": " + Files.size(out) + " bytes");
        return 0;
    }

    private Model calibrated(Model plain) {
        Shape input = plain.primary().tensor(plain.primary().inputs().getFirst()).shape();
        if (plain.primary().inputs().size() != 1 || input.rank() != 4) {
            throw new IllegalArgumentException(
                    "[%s] has the inputs %s, calibration on images needs one [batch, height, width, 3]"
                            .formatted(plain.source(), plain.primary().inputs().stream()
                                    .map(tensor -> plain.primary().tensor(tensor).shape()).toList()));
        }
        Calibration calibration = Calibrator.minMax().withInputRange(0, PIXELS).calibrate(plain,
                samples(data.required(), Shape.of(input.dimension(1), input.dimension(2), input.dimension(3))));
        return Int8Rewriter.rewrite(plain, calibration, inputType, outputType);
    }

    private Model fineTuned(Network network) throws IOException {
        Photographs photographs = data.required();
        return qat.fineTune(network, photographs, samples(photographs, network.inputShape()),
                bits == null ? Byte.SIZE : bits,
                TrainingSettings.ofEpochs(1).withSeed(data.seed()).withThreads(data.threads()),
                new Progress(spec.commandLine().getErr(), !quiet && Progress.isWatched()), out, inputType, outputType,
                spec.commandLine().getErr());
    }

    private Iterable<List<float[]>> samples(Photographs photographs, Shape input) {
        return Samples.of(photographs.training(), samples, input, data.threads());
    }
}

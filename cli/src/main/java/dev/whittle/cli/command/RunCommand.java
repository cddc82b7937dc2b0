package dev.whittle.cli.command;

import dev.whittle.cli.EntryPoint;
import dev.whittle.cli.EntryPoint.Argument;
import dev.whittle.cli.Json;
import dev.whittle.cli.Output;
import dev.whittle.cli.Table;
import dev.whittle.cli.image.ImageInput;
import dev.whittle.cli.image.PixelRange;
import dev.whittle.engine.Interpreter;
import dev.whittle.engine.TensorView;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.ModelLimits;
import dev.whittle.engine.npy.Npy;
import dev.whittle.engine.npy.NpyArray;
import dev.whittle.engine.plan.PlanOptions;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.trainer.data.ImageFile;
import dev.whittle.trainer.data.PixelImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "run", description = "Run a model once and write each output as a .npy file.", footer = "  whittle run demo/int8.tflite --input photo.png --output-dir scores")
public final class RunCommand implements Callable<Integer> {
    @Parameters(paramLabel = "MODEL", description = "A .tflite file.") private Path model = Path.of("");

    @Option(names = "--input", paramLabel = "FILE", arity = "1..*", description = "One file for each input, in order (of their names, with --signature): a .npy array of the"
            + " input's type, or a JPEG, PNG or BMP image, which is resized and scaled as the input asks.") private List<Path> inputs =
                    List.of();

    @Option(names = "--output-dir", paramLabel = "DIR", required = true, description = "Where to write out_0.npy, out_1.npy, …; with --signature, files named after its outputs.") private Path outputFolder =
            Path.of("");

    @Option(names = "--signature", paramLabel = "KEY", description = "Run this signature of the model.") private @Nullable String signature;

    @Option(names = "--resize", description = "Let inputs take the arrays' shapes, also where the model fixes them.") private boolean anyShape;

    @Option(names = "--range", paramLabel = "BLACK,WHITE", split = ",", arity = "1", description = "Numbers for black and white in an image; by default what the model's metadata or the input's quantization says,"
            + " 0,255 for a float input.") private List<Float> range = List.of();

    @Option(names = "--threads", paramLabel = "N", defaultValue = "1", description = "Threads that share the work (default: ${DEFAULT-VALUE}).") private int threads;

    @Mixin private ReferenceOption reference = new ReferenceOption();

    @Mixin private LimitOptions limits = new LimitOptions();

    @Option(names = "--json", description = "Print what was written as JSON.") private boolean json;

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        if (threads < 1 || threads > PlanOptions.MAX_THREADS) {
            throw new ParameterException(spec.commandLine(),
                    "--threads is " + threads + ", must be 1 to " + PlanOptions.MAX_THREADS);
        }
        PlanOptions options = PlanOptions.defaults().withReference(reference.kernels()).withThreads(threads)
                .withLimits(limits.limits(ModelLimits.defaults()));
        Model loaded = ModelReader.read(model, options.limits());
        EntryPoint entry = EntryPoint.of(loaded, signature);
        Output.folder(outputFolder);
        List<OutputRow> rows = new ArrayList<>();
        try (Interpreter primary = Interpreter.of(loaded, options);
                Interpreter interpreter = entry.interpreter(primary)) {
            List<NpyArray> arrays = new ArrayList<>();
            for (int i = 0; i < inputs.size(); i++) {
                arrays.add(read(entry, interpreter, i));
            }
            List<NpyArray> outputs = entry.invoke(interpreter, arrays);
            for (int i = 0; i < outputs.size(); i++) {
                Argument argument = entry.outputs().get(i);
                String file = signature == null ? "out_" + i : argument.name().replaceAll("[^\\w.-]", "_");
                Path written = outputFolder.resolve(file + ".npy");
                Npy.write(written, outputs.get(i));
                rows.add(new OutputRow(argument.name(), outputs.get(i).type().name(), outputs.get(i).shape().toList(),
                        written.toString()));
            }
        }
        print(rows);
        return 0;
    }

    private NpyArray read(EntryPoint entry, Interpreter interpreter, int i) throws IOException {
        Path file = inputs.get(i);
        if (!ImageFile.isImageName(file.toString())) {
            NpyArray array = Npy.read(file);
            if (i < entry.inputs().size()) {
                entry.requireFits(i, file.getFileName().toString(), array, anyShape);
            }
            return array;
        }
        if (i >= entry.inputs().size()) {
            throw new IllegalArgumentException(
                    "[%s] has %d inputs, %d files given".formatted(entry.model().source(), entry.inputs().size(),
                            inputs.size()));
        }
        TensorView view = interpreter.tensor(entry.inputs().get(i).tensor());
        ImageInput input = ImageInput.of(entry.model(), view, pixelRange());
        float[] pixels = new float[view.shape().elementCount()];
        if (pixels.length != input.elementCount()) {
            throw new IllegalArgumentException("input \"%s\" of %s takes %d images at once, one given".formatted(
                    view.name(), entry.model().source(), view.shape().dimension(0)));
        }
        input.read(image(file), pixels, 0);
        view.putFloats(pixels);
        return new NpyArray(view.type(), view.shape(), view.toBytes());
    }

    private static PixelImage image(Path file) throws IOException {
        try {
            return ImageFile.read(file);
        } catch (IOException e) {
            // The reader's message is the reason alone.
            throw new IOException("[" + file.getFileName() + "] " + e.getMessage(), e);
        }
    }

    private @Nullable PixelRange pixelRange() {
        return switch (range.size()) {
            case 0 -> null;
            case 2 -> new PixelRange(range.get(0), range.get(1));
            default -> throw new IllegalArgumentException("--range " + range + ", must be two numbers as in 0,1");
        };
    }

    private void print(List<OutputRow> rows) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(Json.text(new Listing(1, rows)));
            return;
        }
        Table table = new Table("output", "type", "shape", "file");
        rows.forEach(row -> table.row(row.name(), row.type(), row.shape(), row.file()));
        out.print(table);
        out.flush();
    }

    /// The JSON document.
    ///
    /// @param format the version of this layout
    record Listing(int format, List<OutputRow> outputs) {
    }

    record OutputRow(String name, String type, List<Integer> shape, String file) {
    }
}

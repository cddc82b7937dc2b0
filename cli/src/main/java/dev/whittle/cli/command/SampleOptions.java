package dev.whittle.cli.command;

import dev.whittle.cli.OptionGroup;
import dev.whittle.cli.image.ImageInput;
import dev.whittle.cli.pipeline.Photographs;
import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.npy.Npy;
import dev.whittle.engine.npy.NpyArray;
import dev.whittle.quantizer.calibrate.ArraySamples;
import dev.whittle.quantizer.calibrate.RandomSamples;
import dev.whittle.quantizer.microscope.Samples;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.data.ParallelLoader;
import dev.whittle.trainer.data.PixelImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// What a model is looked at with: labelled images, arrays or random numbers.
final class SampleOptions implements OptionGroup {
    private static final int IMAGE_RANK = 4;

    @Option(names = "--npy", paramLabel = "PATH", description = "A .npy file of one sample or more, or a folder of them: real numbers, or codes of the input's own type. With several inputs their names end in the input's number, as in in_0_1.npy.") private @Nullable Path arrays;

    @Option(names = "--random", paramLabel = "N", description = "So many random samples, over the range that the input has.") private int random;

    @Option(names = "--set", paramLabel = "SET", defaultValue = "test", description = "Of the images: train, validation, test or all (default: ${DEFAULT-VALUE}).") private Photographs.Part part =
            Photographs.Part.TEST;

    @Option(names = "--samples", paramLabel = "N", description = "At most so many samples, spread evenly (default: 500 to judge accuracy with, 32 to trace).") private int samples;

    @Spec(Spec.Target.MIXEE) private CommandSpec spec = CommandSpec.create();

    /// The samples that were asked for.
    ///
    /// @param model says what its inputs take
    /// @param otherwise at most so many where no number was asked for
    Samples of(Model model, DataOptions data, int otherwise) throws IOException {
        int most = samples == 0 ? otherwise : samples;
        if (most < 1) {
            throw new ParameterException(spec.commandLine(), "--samples is " + samples + ", must be at least 1");
        }
        boolean hasOthers = arrays != null || random != 0;
        if (hasOthers && (data.choice().isPresent() || (arrays != null && random != 0))) {
            throw new ParameterException(spec.commandLine(),
                    "--npy, --random and images are samples each, expected one of them");
        }
        if (arrays != null) {
            return spread(codes(arrays, model), most);
        }
        if (random != 0) {
            return random(model, data.seed());
        }
        if (data.choice().isEmpty()) {
            throw new ParameterException(spec.commandLine(),
                    "Missing required option: --data=PATH, --generate, --npy=PATH or --random=N");
        }
        return images(model, data.required().part(part), most, data.threads());
    }

    /// Whether the samples are images, which have sets for different purposes.
    boolean isImages() {
        return arrays == null && random == 0;
    }

    private static Samples spread(List<List<float[]>> all, int most) {
        int count = Math.min(most, all.size());
        List<List<float[]>> some = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            some.add(all.get((int) ((long) i * all.size() / count)));
        }
        return Samples.of(some);
    }

    /// Arrays of real numbers, and of codes where the model has one input and they are of its type.
    private static List<List<float[]>> codes(Path path, Model model) throws IOException {
        Tensor input = model.primary().tensor(model.primary().inputs().getFirst());
        QuantizationParameters parameters = input.quantization();
        List<List<float[]>> all = new ArrayList<>();
        if (parameters != null && Files.isRegularFile(path) && Npy.read(path).type() == input.type()) {
            NpyArray array = Npy.read(path);
            int elements = input.shape().elementCount();
            if (array.shape().elementCount() == 0 || array.shape().elementCount() % elements != 0) {
                throw new IllegalArgumentException("[%s] holds %s, expected one or more of %s".formatted(
                        path.getFileName(), array.shape(), input.shape()));
            }
            ByteBuffer data = array.data();
            for (int sample = 0; sample < array.shape().elementCount() / elements; sample++) {
                float[] values = new float[elements];
                for (int i = 0; i < elements; i++) {
                    values[i] = parameters.scale(0) * (code(data, input.type()) - parameters.zeroPoint(0));
                }
                all.add(List.of(values));
            }
            return all;
        }
        ArraySamples.read(path, model).samples().forEach(all::add);
        return all;
    }

    private static int code(ByteBuffer data, ElementType type) {
        return switch (type) {
            case INT8 -> data.get();
            case UINT8 -> Byte.toUnsignedInt(data.get());
            case INT16 -> data.getShort();
            default -> throw new IllegalArgumentException("codes of " + type + ", supported are INT8, UINT8 and INT16");
        };
    }

    private Samples random(Model model, long seed) {
        Tensor input = model.primary().tensor(model.primary().inputs().getFirst());
        QuantizationParameters parameters = input.quantization();
        String distribution = isImage(input.shape()) ? "uniform:0:255" : "uniform:-1:1";
        if (parameters != null && (input.type() == ElementType.INT8 || input.type() == ElementType.UINT8)) {
            int lowest = input.type() == ElementType.INT8 ? Byte.MIN_VALUE : 0;
            float low = parameters.scale(0) * (lowest - parameters.zeroPoint(0));
            distribution = "uniform:" + low + ":" + (low + 255 * parameters.scale(0));
        }
        List<List<float[]>> all = new ArrayList<>();
        RandomSamples.of(model, RandomSamples.Distribution.of(distribution), random, seed).samples().forEach(all::add);
        return Samples.of(all);
    }

    private static boolean isImage(Shape shape) {
        int channels = shape.rank() == IMAGE_RANK ? shape.dimension(IMAGE_RANK - 1) : 0;
        return channels == 1 || channels == PixelImage.CHANNELS;
    }

    /// Images of a source, evenly spread, decoded once.
    static Samples images(Model model, ImageSource source, int most, int threads) {
        int count = Math.min(most, source.size());
        List<PixelImage> images = new ArrayList<>();
        new ParallelLoader(threads).run(count, i -> source.image(number(source, count, i)),
                (i, image) -> images.add(image));
        ImageInput input;
        int outputs;
        try (Interpreter interpreter = Interpreter.of(model)) {
            if (interpreter.inputs().size() != 1) {
                throw new IllegalArgumentException("[%s] has %d inputs, images are for models of one".formatted(
                        model.source(), interpreter.inputs().size()));
            }
            input = ImageInput.of(model, interpreter.input(0), null);
            outputs = interpreter.output(0).shape().elementCount();
        }
        boolean hasClasses = outputs == source.classNames().size();
        return new Samples() {
            @Override
            public int count() {
                return count;
            }

            @Override
            public List<float[]> inputs(int number) {
                float[] pixels = new float[input.elementCount()];
                input.read(images.get(number), pixels, 0);
                return List.of(pixels);
            }

            @Override
            public int label(int number) {
                return hasClasses ? source.label(number(source, count, number)) : NO_LABEL;
            }
        };
    }

    private static int number(ImageSource source, int count, int i) {
        return (int) ((long) i * source.size() / count);
    }

    @Override
    public String heading() {
        return "Samples";
    }
}

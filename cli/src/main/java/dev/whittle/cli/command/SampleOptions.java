package dev.whittle.cli.command;

import dev.whittle.cli.OptionGroup;
import dev.whittle.cli.image.ImageInput;
import dev.whittle.cli.pipeline.Photographs;
import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.npy.Npy;
import dev.whittle.engine.npy.NpyArray;
import dev.whittle.quantizer.calibrate.ArraySamples;
import dev.whittle.quantizer.calibrate.RandomSamples;
import dev.whittle.quantizer.microscope.Samples;
import dev.whittle.quantizer.microscope.compare.RandomInputs;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.data.ParallelLoader;
import dev.whittle.trainer.data.PixelImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// What a model is looked at with: labelled images, arrays or random numbers.
final class SampleOptions implements OptionGroup {
    @Option(names = "--npy", paramLabel = "PATH", description = "A .npy array of one sample or more, of real numbers or of the input's codes, once for each input of the model; or a folder of arrays of real numbers, whose names end in the input's number where there are several, as in in_0_1.npy.") private List<Path> arrays =
            List.of();

    @Option(names = "--random", paramLabel = "N", description = "So many random samples, over the range that the first input has.") private int random;

    @Option(names = "--set", paramLabel = "SET", defaultValue = "test", description = "Of the images: train, validation, test or all (default: ${DEFAULT-VALUE}).") private Photographs.Part part =
            Photographs.Part.TEST;

    @Option(names = "--samples", paramLabel = "N", description = "At most so many samples, spread evenly (default: 500 to judge accuracy with, 100 to compare or check files, 32 to trace).") private int samples;

    @Spec(Spec.Target.MIXEE) private CommandSpec spec = CommandSpec.create();

    /// The samples that were asked for.
    ///
    /// @param model says what its inputs take
    /// @param otherwise at most so many where no number was asked for
    /// @throws ParameterException where none were
    Samples required(Model model, DataOptions data, int otherwise) throws IOException {
        return chosen(model, model, data, otherwise).orElseThrow(() -> new ParameterException(spec.commandLine(),
                "Missing required option: --data=PATH, --generate, --npy=PATH or --random=N"));
    }

    /// The samples that were asked for, if any were.
    ///
    /// @param first says what its inputs take
    /// @param second takes the same, and may know more of their range
    /// @param otherwise at most so many where no number was asked for
    Optional<Samples> chosen(Model first, Model second, DataOptions data, int otherwise) throws IOException {
        int most = most(otherwise);
        if (Stream.of(!arrays.isEmpty(), random != 0, data.choice().isPresent()).filter(is -> is).count() > 1) {
            throw new ParameterException(spec.commandLine(),
                    "--npy, --random and images are samples each, expected one of them");
        }
        if (!arrays.isEmpty()) {
            return Optional.of(spread(arrays(first), most));
        }
        if (random != 0) {
            if (random < 0) {
                throw new ParameterException(spec.commandLine(), "--random is " + random + ", must be at least 1");
            }
            List<List<float[]>> numbers = new ArrayList<>();
            RandomSamples
                    .of(first, new RandomSamples.Distribution.Uniform(RandomInputs.range(first, second, 0)), random,
                            data.seed())
                    .samples().forEach(numbers::add);
            return Optional.of(Samples.of(numbers));
        }
        return data.photographs().map(images -> images(first, images.part(part), most, data.threads()));
    }

    /// How many samples there may be.
    int most(int otherwise) {
        int most = samples == 0 ? otherwise : samples;
        if (most < 1) {
            throw new ParameterException(spec.commandLine(), "--samples is " + samples + ", must be at least 1");
        }
        return most;
    }

    /// Whether the samples are images, which have sets for different purposes.
    boolean isImages() {
        return arrays.isEmpty() && random == 0;
    }

    /// Whether nothing but random numbers is at hand.
    boolean isRandom(DataOptions data) {
        return arrays.isEmpty() && data.choice().isEmpty();
    }

    /// Refuses random numbers.
    ///
    /// @param why not
    void refuseRandom(String why) {
        if (random != 0) {
            throw new ParameterException(spec.commandLine(), "--random: " + why);
        }
    }

    private static Samples spread(List<List<float[]>> all, int most) {
        int count = Math.min(most, all.size());
        List<List<float[]>> some = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            some.add(all.get((int) ((long) i * all.size() / count)));
        }
        return Samples.of(some);
    }

    private List<List<float[]>> arrays(Model model) throws IOException {
        if (arrays.size() == 1 && Files.isDirectory(arrays.getFirst())) {
            List<List<float[]>> all = new ArrayList<>();
            ArraySamples.read(arrays.getFirst(), model).samples().forEach(all::add);
            return all;
        }
        List<Integer> inputs = model.primary().inputs();
        if (arrays.size() != inputs.size()) {
            throw new IllegalArgumentException("[%s] takes %d inputs, %d --npy files given".formatted(
                    model.source(), inputs.size(), arrays.size()));
        }
        List<List<float[]>> all = new ArrayList<>();
        for (int input = 0; input < inputs.size(); input++) {
            Tensor tensor = model.primary().tensor(inputs.get(input));
            float[] values = reals(arrays.get(input), tensor);
            int elements = tensor.shape().elementCount();
            if (values.length == 0 || values.length % elements != 0) {
                throw new IllegalArgumentException("[%s] has %d elements, input \"%s\" of %s takes %d or a multiple"
                        .formatted(arrays.get(input), values.length, tensor.name(), model.source(), elements));
            }
            for (int row = 0; row < values.length / elements; row++) {
                if (input == 0) {
                    all.add(new ArrayList<>());
                } else if (row >= all.size()) {
                    break;
                }
                float[] one = new float[elements];
                System.arraycopy(values, row * elements, one, 0, elements);
                all.get(row).add(one);
            }
        }
        return all.stream().filter(sample -> sample.size() == inputs.size()).toList();
    }

    /// Codes of the input's own type stand for real numbers; anything else is taken as it is.
    private static float[] reals(Path file, Tensor tensor) throws IOException {
        NpyArray array = Npy.read(file);
        ByteBuffer data = array.data().duplicate().order(ByteOrder.LITTLE_ENDIAN);
        QuantizationParameters parameters = array.type() == tensor.type() ? tensor.quantization() : null;
        float scale = parameters == null ? 1 : parameters.scale(0);
        int zeroPoint = parameters == null ? 0 : parameters.zeroPoint(0);
        float[] values = new float[array.shape().elementCount()];
        for (int i = 0; i < values.length; i++) {
            values[i] = scale * (switch (array.type()) {
                case FLOAT32 -> data.getFloat(i * Float.BYTES);
                case FLOAT64 -> (float) data.getDouble(i * Double.BYTES);
                case INT8 -> data.get(i);
                case UINT8 -> data.get(i) & 0xff;
                case INT16 -> data.getShort(i * Short.BYTES);
                case INT32 -> data.getInt(i * Integer.BYTES);
                default -> throw new IllegalArgumentException("[%s] holds %s, expected %s, %s or %s".formatted(file,
                        array.type(), ElementType.FLOAT32, ElementType.INT8, ElementType.UINT8));
            } - zeroPoint);
        }
        return values;
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

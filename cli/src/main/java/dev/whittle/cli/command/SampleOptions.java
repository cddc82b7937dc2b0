package dev.whittle.cli.command;

import dev.whittle.cli.image.ImageInput;
import dev.whittle.cli.pipeline.Photographs;
import dev.whittle.engine.Interpreter;
import dev.whittle.engine.TensorView;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.npy.Npy;
import dev.whittle.engine.npy.NpyArray;
import dev.whittle.trainer.data.ImageSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Inputs to run a model on, as real numbers, one array for each input of the model.
final class SampleOptions {
    @Option(names = "--npy", paramLabel = "FILE", description = "Inputs as a .npy array [N, ...] of real numbers or of the input's codes, once for each input of the model.") private List<Path> arrays =
            List.of();

    @Option(names = "--samples", paramLabel = "N", defaultValue = "100", description = "Inputs at most (default: ${DEFAULT-VALUE}).") private int count;

    @Spec(Spec.Target.MIXEE) private CommandSpec spec = CommandSpec.create();

    int count() {
        if (count < 1) {
            throw new ParameterException(spec.commandLine(), "--samples is " + count + ", must be at least 1");
        }
        return count;
    }

    /// Whether neither arrays nor images were asked for.
    boolean isRandom(DataOptions data) {
        return arrays.isEmpty() && data.choice().isEmpty();
    }

    /// What was asked for with `--npy`, or images of `part`; empty where neither was.
    ///
    /// @param photographs null where there are none
    Optional<List<List<float[]>>> read(Model model, @Nullable Photographs photographs, Photographs.Part part)
            throws IOException {
        if (!arrays.isEmpty()) {
            return Optional.of(arrays(model));
        }
        return photographs == null ? Optional.empty() : Optional.of(images(model, photographs.part(part)));
    }

    private List<List<float[]>> images(Model model, ImageSource source) {
        int taken = Math.min(count(), source.size());
        List<List<float[]>> samples = new ArrayList<>();
        try (Interpreter interpreter = Interpreter.of(model)) {
            if (interpreter.inputs().size() != 1) {
                throw new IllegalArgumentException("[%s] has %d inputs, images need one; use --npy".formatted(
                        model.source(), interpreter.inputs().size()));
            }
            TensorView view = interpreter.input(0);
            ImageInput input = ImageInput.of(model, view, null);
            for (int i = 0; i < taken; i++) {
                float[] pixels = new float[view.shape().elementCount()];
                input.read(source.image((int) ((long) i * source.size() / taken)), pixels, 0);
                samples.add(List.of(pixels));
            }
        }
        return samples;
    }

    private List<List<float[]>> arrays(Model model) throws IOException {
        List<Integer> inputs = model.primary().inputs();
        if (arrays.size() != inputs.size()) {
            throw new IllegalArgumentException("[%s] takes %d inputs, %d --npy files given".formatted(
                    model.source(), inputs.size(), arrays.size()));
        }
        List<List<float[]>> samples = new ArrayList<>();
        for (int input = 0; input < inputs.size(); input++) {
            Tensor tensor = model.primary().tensor(inputs.get(input));
            float[] values = reals(arrays.get(input), Npy.read(arrays.get(input)), tensor);
            int elements = tensor.shape().elementCount();
            if (values.length == 0 || values.length % elements != 0) {
                throw new IllegalArgumentException("[%s] has %d elements, input \"%s\" of %s takes %d or a multiple"
                        .formatted(arrays.get(input), values.length, tensor.name(), model.source(), elements));
            }
            int rows = Math.min(count(), values.length / elements);
            for (int row = 0; row < rows; row++) {
                if (input == 0) {
                    samples.add(new ArrayList<>());
                } else if (row >= samples.size()) {
                    break;
                }
                float[] one = new float[elements];
                System.arraycopy(values, row * elements, one, 0, elements);
                samples.get(row).add(one);
            }
        }
        return samples.stream().filter(sample -> sample.size() == inputs.size()).toList();
    }

    /// Codes of the input's own type stand for real numbers; anything else is taken as it is.
    private static float[] reals(Path file, NpyArray array, Tensor tensor) {
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
}

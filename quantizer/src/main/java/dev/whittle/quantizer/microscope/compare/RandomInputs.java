package dev.whittle.quantizer.microscope.compare;

import dev.whittle.converter.lower.ImageModelMetadata;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.quantizer.observe.Range;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;

/// Random real numbers as inputs that two models take alike: uniform over the range that the codes of a quantized input
/// cover, else over the one that the metadata of an image model names, else 0 to 255 for images and −1 to 1 for what is
/// none.
public final class RandomInputs {
    private static final int IMAGE_RANK = 4;

    private RandomInputs() {}

    /// @param count how many samples
    public static List<List<float[]>> of(Model first, Model second, int count, long seed) {
        Random random = new Random(seed);
        Subgraph graph = first.primary();
        List<List<float[]>> samples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            List<float[]> sample = new ArrayList<>();
            for (int input = 0; input < graph.inputs().size(); input++) {
                Range range = range(first, second, input);
                float[] values = new float[graph.tensor(graph.inputs().get(input)).shape().elementCount()];
                for (int element = 0; element < values.length; element++) {
                    values[element] =
                            range.minimum() + random.nextFloat() * (range.maximum() - range.minimum());
                }
                sample.add(values);
            }
            samples.add(sample);
        }
        return samples;
    }

    private static Range range(Model first, Model second, int input) {
        return Stream.of(first, second).map(model -> covered(model, input)).flatMap(Optional::stream).findFirst()
                .or(() -> Stream.of(first, second).map(ImageModelMetadata::of).flatMap(Optional::stream).findFirst()
                        .map(metadata -> new Range(metadata.inputMinimum(), metadata.inputMaximum())))
                .orElseGet(() -> isImage(tensor(first, input).shape()) ? new Range(0, 255) : new Range(-1, 1));
    }

    private static Optional<Range> covered(Model model, int input) {
        return input < model.primary().inputs().size() ? covered(tensor(model, input)) : Optional.empty();
    }

    /// The real numbers that the codes of an 8- or 16-bit tensor reach; empty for any other.
    public static Optional<Range> covered(Tensor tensor) {
        QuantizationParameters parameters = tensor.quantization();
        if (parameters == null || parameters.scale().size() != 1) {
            return Optional.empty();
        }
        int zero = parameters.zeroPoint(0);
        float scale = parameters.scale(0);
        return switch (tensor.type()) {
            case INT8 -> Optional.of(new Range(scale * (Byte.MIN_VALUE - zero), scale * (Byte.MAX_VALUE - zero)));
            case UINT8 -> Optional.of(new Range(scale * -zero, scale * (255 - zero)));
            case INT16 -> Optional.of(new Range(scale * (Short.MIN_VALUE - zero), scale * (Short.MAX_VALUE - zero)));
            default -> Optional.empty();
        };
    }

    private static Tensor tensor(Model model, int input) {
        return model.primary().tensor(model.primary().inputs().get(input));
    }

    private static boolean isImage(Shape shape) {
        int channels = shape.rank() == IMAGE_RANK ? shape.dimension(IMAGE_RANK - 1) : 0;
        return channels == 1 || channels == 3;
    }
}

package dev.whittle.quantizer.microscope.compare;

import dev.whittle.converter.lower.ImageModelMetadata;
import dev.whittle.engine.Interpreter;
import dev.whittle.engine.TensorView;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.quantizer.observe.Range;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;

/// Random inputs for models whose data is not at hand: real numbers that two models take alike, or the bytes of one.
public final class RandomInputs {
    private static final int IMAGE_RANK = 4;

    private RandomInputs() {}

    /// Real numbers: uniform over the range that the codes of a quantized input cover, else over the one that the metadata
    /// of an image model names, else 0 to 255 for images and −1 to 1 for what is none.
    ///
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
                    values[element] = real(random, range);
                }
                sample.add(values);
            }
            samples.add(sample);
        }
        return samples;
    }

    /// The elements of each input of an interpreter, little-endian, for a model nobody knows: floats 0 to 255 for images and
    /// −1 to 1 elsewhere, as [#of] gives them; codes over their whole range; zeros for indices, sizes and the like, since
    /// zero is within any bounds.
    public static List<byte[]> bytes(Interpreter interpreter, long seed) {
        Random random = new Random(seed);
        List<byte[]> inputs = new ArrayList<>();
        for (TensorView input : interpreter.inputs()) {
            byte[] bytes = new byte[Math.toIntExact(input.type().byteLength(input.shape().elementCount()))];
            if (input.type() == ElementType.FLOAT32) {
                Range range = usual(input.shape());
                ByteBuffer floats = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
                while (floats.hasRemaining()) {
                    floats.putFloat(real(random, range));
                }
            } else if (input.type() == ElementType.INT8 || input.type() == ElementType.UINT8
                    || (input.type() == ElementType.INT16 && input.quantization() != null)) {
                random.nextBytes(bytes);
            }
            inputs.add(bytes);
        }
        return inputs;
    }

    private static float real(Random random, Range range) {
        return range.minimum() + random.nextFloat() * (range.maximum() - range.minimum());
    }

    /// The range of an input of two models: see [#of].
    public static Range range(Model first, Model second, int input) {
        return Stream.of(first, second).map(model -> covered(model, input)).flatMap(Optional::stream).findFirst()
                .or(() -> Stream.of(first, second).map(ImageModelMetadata::of).flatMap(Optional::stream).findFirst()
                        .map(metadata -> new Range(metadata.inputMinimum(), metadata.inputMaximum())))
                .orElseGet(() -> usual(tensor(first, input).shape()));
    }

    /// The range of what has this shape, where nothing else is known.
    private static Range usual(Shape shape) {
        int channels = shape.rank() == IMAGE_RANK ? shape.dimension(IMAGE_RANK - 1) : 0;
        return channels == 1 || channels == 3 ? new Range(0, 255) : new Range(-1, 1);
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
}

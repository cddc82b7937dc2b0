package dev.whittle.cli.bench;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.TensorView;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Inputs for a model nobody knows: floats 0 to 255 where the input has the shape of images, −1 to 1 elsewhere; codes over
/// their whole range; zeros for indices, sizes and the like, since zero is within any bounds.
final class RandomInputs {
    private static final int IMAGE_RANK = 4;
    private static final float WHITE = 255;

    private RandomInputs() {}

    /// The elements of each input, little-endian.
    static List<byte[]> of(Interpreter interpreter, long seed) {
        Random random = new Random(seed);
        List<byte[]> inputs = new ArrayList<>();
        for (TensorView input : interpreter.inputs()) {
            byte[] bytes = new byte[Math.toIntExact(input.type().byteLength(input.shape().elementCount()))];
            if (input.type() == ElementType.FLOAT32) {
                boolean image = isImage(input.shape());
                ByteBuffer floats = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
                while (floats.hasRemaining()) {
                    floats.putFloat(image ? WHITE * random.nextFloat() : 2 * random.nextFloat() - 1);
                }
            } else if (input.type() == ElementType.INT8 || input.type() == ElementType.UINT8) {
                random.nextBytes(bytes);
            } else if (input.type() == ElementType.INT16 && input.quantization() != null) {
                random.nextBytes(bytes);
            }
            inputs.add(bytes);
        }
        return inputs;
    }

    private static boolean isImage(Shape shape) {
        int channels = shape.rank() == IMAGE_RANK ? shape.dimension(IMAGE_RANK - 1) : 0;
        return channels == 1 || channels == 3;
    }
}

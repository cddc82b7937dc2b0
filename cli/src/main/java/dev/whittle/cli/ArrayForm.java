package dev.whittle.cli;

import dev.whittle.engine.TensorView;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.engine.npy.NpyArray;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Tensors as `.npy` arrays. NumPy has most element types; integers below eight bits become a byte each, and BFLOAT16
/// becomes FLOAT32, which holds the same values.
final class ArrayForm {

    private ArrayForm() {}

    /// The element type of the array that stands for a tensor.
    ///
    /// @param where begins the message for a type that has no values to show
    static ElementType of(String where, ElementType tensor) {
        return switch (tensor) {
            case INT4, INT2 -> ElementType.INT8;
            case UINT4 -> ElementType.UINT8;
            case BFLOAT16 -> ElementType.FLOAT32;
            case RESOURCE, VARIANT -> throw new UnsupportedModelException(
                    where + " is a " + tensor + ", a handle inside the interpreter; no .npy file can hold it");
            case FLOAT32, FLOAT16, INT32, UINT8, INT64, STRING, BOOL, INT16, COMPLEX64, INT8, FLOAT64, COMPLEX128,
                    UINT64, UINT32, UINT16 ->
                    tensor;
        };
    }

    /// A copy of a tensor's elements.
    static NpyArray read(TensorView tensor) {
        ByteBuffer bytes = tensor.toBytes();
        ElementType type = of("\"" + tensor.name() + "\"", tensor.type());
        int count = tensor.shape().elementCount();
        return new NpyArray(type, tensor.shape(), switch (tensor.type()) {
            case INT4, INT2, UINT4 -> ByteBuffer.wrap(Buffer.wrap(bytes).toCodes(tensor.type(), count));
            case BFLOAT16 -> {
                ByteBuffer floats = ByteBuffer.allocate(count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                for (int i = 0; i < count; i++) {
                    floats.putInt(bytes.getShort(i * Short.BYTES) << Short.SIZE);
                }
                yield floats.flip();
            }
            default -> bytes;
        });
    }

    /// Fills a tensor of the array's shape.
    ///
    /// @throws IllegalArgumentException if an element does not fit into the tensor's type
    static void write(NpyArray array, TensorView tensor) {
        ByteBuffer data = array.data();
        tensor.putBytes(switch (tensor.type()) {
            case INT4, INT2, UINT4 -> {
                byte[] codes = new byte[data.remaining()];
                data.get(codes);
                ByteBuffer packed = Buffer.ofCodes(tensor.type(), codes).bytes();
                requireSame(array, Buffer.wrap(packed).toCodes(tensor.type(), codes.length), tensor);
                yield packed;
            }
            case BFLOAT16 -> {
                int count = array.shape().elementCount();
                ByteBuffer shorts = ByteBuffer.allocate(count * Short.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                for (int i = 0; i < count; i++) {
                    shorts.putShort(toBfloat16(data.getFloat(i * Float.BYTES)));
                }
                yield shorts.flip();
            }
            default -> data;
        });
    }

    private static void requireSame(NpyArray array, byte[] kept, TensorView tensor) {
        for (int i = 0; i < kept.length; i++) {
            if (array.data().get(i) != kept[i]) {
                throw new IllegalArgumentException("element %d for \"%s\" is %d, which %s does not hold".formatted(i,
                        tensor.name(), array.data().get(i), tensor.type()));
            }
        }
    }

    /// The upper half of the float, rounded to nearest, ties to even.
    private static short toBfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        int upper = bits >>> Short.SIZE;
        if (Float.isNaN(value)) {
            // Rounding could carry a NaN over into an infinity.
            return (short) (upper | 0x40);
        }
        return (short) (bits + 0x7fff + (upper & 1) >>> Short.SIZE);
    }
}

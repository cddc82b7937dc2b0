package dev.whittle.engine;

import dev.whittle.engine.kernel.Memory;
import dev.whittle.engine.kernel.Slot;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.plan.Elements;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// The contents of one tensor of an interpreter, to read or to fill. Stays valid when inputs are resized: it always
/// speaks of the tensor as it is now.
public final class TensorView {
    private final Interpreter interpreter;
    private final int index;

    TensorView(Interpreter interpreter, int index) {
        this.interpreter = interpreter;
        this.index = index;
    }

    /// The tensor's number in its subgraph.
    public int index() {
        return index;
    }

    public String name() {
        return tensor().name();
    }

    public ElementType type() {
        return tensor().type();
    }

    public Shape shape() {
        return tensor().shape();
    }

    public @Nullable QuantizationParameters quantization() {
        return tensor().quantization();
    }

    private Tensor tensor() {
        return interpreter.memory().tensor(index);
    }

    /// Fills the tensor from real numbers: FLOAT32 as they are; quantized types as
    /// `round(value / scale) + zeroPoint`, halves away from zero, clamped to the type; plain integers rounded and
    /// clamped.
    ///
    /// @throws IllegalArgumentException when there are not as many values as elements
    public void putFloats(float... values) {
        Slot slot = slot();
        if (values.length != slot.elementCount()) {
            throw new IllegalArgumentException("\"" + name() + "\" takes " + slot.elementCount() + " values (shape "
                    + shape() + "), got " + values.length);
        }
        Memory memory = interpreter.memory();
        int offset = memory.offset(slot);
        float scale = scale();
        int zeroPoint = zeroPoint();
        switch (type()) {
            case FLOAT32 -> System.arraycopy(values, 0, memory.floats(slot), offset, values.length);
            case INT8 -> {
                byte[] bytes = memory.bytes(slot);
                for (int i = 0; i < values.length; i++) {
                    bytes[offset + i] = (byte) quantize(values[i], scale, zeroPoint, Byte.MIN_VALUE, Byte.MAX_VALUE);
                }
            }
            case UINT8 -> {
                byte[] bytes = memory.bytes(slot);
                for (int i = 0; i < values.length; i++) {
                    bytes[offset + i] = (byte) quantize(values[i], scale, zeroPoint, 0, 255);
                }
            }
            case INT16 -> {
                short[] shorts = memory.shorts(slot);
                for (int i = 0; i < values.length; i++) {
                    shorts[offset + i] =
                            (short) quantize(values[i], scale, zeroPoint, Short.MIN_VALUE, Short.MAX_VALUE);
                }
            }
            case INT32 -> {
                int[] ints = memory.ints(slot);
                for (int i = 0; i < values.length; i++) {
                    ints[offset + i] =
                            (int) quantize(values[i], scale, zeroPoint, Integer.MIN_VALUE, Integer.MAX_VALUE);
                }
            }
            default -> throw new IllegalArgumentException("\"" + name() + "\" holds " + type()
                    + ", which is not filled from floats; use putBytes");
        }
    }

    private static long quantize(float value, float scale, int zeroPoint, long smallest, long largest) {
        // Math.round sends halves up; TFLite sends them away from zero.
        double scaled = (double) (value / scale);
        long rounded = (long) (scaled < 0 ? -Math.floor(0.5 - scaled) : Math.floor(scaled + 0.5));
        return Math.clamp(rounded + zeroPoint, smallest, largest);
    }

    private float scale() {
        QuantizationParameters quantization = quantization();
        return quantization == null ? 1 : quantization.scale(0);
    }

    private int zeroPoint() {
        QuantizationParameters quantization = quantization();
        return quantization == null ? 0 : quantization.zeroPoint(0);
    }

    /// The elements as real numbers: `scale · (quantized − zeroPoint)` where the tensor is quantized.
    public float[] toFloats() {
        float[] values = new float[slot().elementCount()];
        readFloats(values, 0);
        return values;
    }

    /// As [#toFloats], into an array from `start` on.
    public void readFloats(float[] into, int start) {
        Slot slot = slot();
        Memory memory = interpreter.memory();
        int offset = memory.offset(slot);
        int count = slot.elementCount();
        float scale = scale();
        int zeroPoint = zeroPoint();
        switch (type()) {
            case FLOAT32 -> System.arraycopy(memory.floats(slot), offset, into, start, count);
            case INT8, BOOL -> {
                byte[] bytes = memory.bytes(slot);
                for (int i = 0; i < count; i++) {
                    into[start + i] = scale * (bytes[offset + i] - zeroPoint);
                }
            }
            case UINT8 -> {
                byte[] bytes = memory.bytes(slot);
                for (int i = 0; i < count; i++) {
                    into[start + i] = scale * ((bytes[offset + i] & 0xff) - zeroPoint);
                }
            }
            case INT16 -> {
                short[] shorts = memory.shorts(slot);
                for (int i = 0; i < count; i++) {
                    into[start + i] = scale * (shorts[offset + i] - zeroPoint);
                }
            }
            case FLOAT16 -> {
                short[] shorts = memory.shorts(slot);
                for (int i = 0; i < count; i++) {
                    into[start + i] = Float.float16ToFloat(shorts[offset + i]);
                }
            }
            case INT32 -> {
                int[] ints = memory.ints(slot);
                for (int i = 0; i < count; i++) {
                    into[start + i] = (float) ((double) scale * ((long) ints[offset + i] - zeroPoint));
                }
            }
            case INT64 -> {
                long[] longs = memory.longs(slot);
                for (int i = 0; i < count; i++) {
                    into[start + i] = longs[offset + i];
                }
            }
            case FLOAT64 -> {
                double[] doubles = memory.doubles(slot);
                for (int i = 0; i < count; i++) {
                    into[start + i] = (float) doubles[offset + i];
                }
            }
            case UINT16, UINT32, UINT64, STRING, COMPLEX64, COMPLEX128, RESOURCE, VARIANT, INT4, BFLOAT16, INT2,
                    UINT4 ->
                    throw new IllegalArgumentException(
                            "\"" + name() + "\" holds " + type() + ", which is not read as floats; use toBytes");
        }
    }

    /// Fills the tensor from its raw elements, little-endian.
    ///
    /// @throws IllegalArgumentException when there are not exactly as many bytes as the tensor holds
    public void putBytes(ByteBuffer elements) {
        Elements.write(interpreter.memory(), slot(), elements);
    }

    /// The raw elements, little-endian, copied.
    public ByteBuffer toBytes() {
        return Elements.read(interpreter.memory(), slot());
    }

    private Slot slot() {
        if (!interpreter.plan().isReadableAfterRun(index)) {
            throw new IllegalStateException("tensor " + index + " \"" + name()
                    + "\" has no memory of its own; build the interpreter with preserveAllTensors to read it");
        }
        return interpreter.memory().slot(index);
    }
}

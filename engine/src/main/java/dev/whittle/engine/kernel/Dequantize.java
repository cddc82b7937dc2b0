package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// DEQUANTIZE: `scale · (code − zeroPoint)` for INT8, UINT8 and INT16, with one scale or one per channel; FLOAT16 is
/// widened. Output FLOAT32.
///
/// The product of a 24-bit scale and a code of at most 17 bits is rounded once, in float as in the reference's double.
final class Dequantize implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.INT8, ElementType.UINT8, ElementType.FLOAT16);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 1, 1);
        return List.of(p.inputTensor(0).shape());
    }

    @Override
    public Kernel prepare(Preparation p) {
        TensorChecks.sameType(p, "output", p.outputTensor(0), ElementType.FLOAT32);
        Slot input = p.input(0);
        Slot output = p.output(0);
        int count = input.elementCount();
        return switch (input.type()) {
            case INT8, UINT8 -> {
                Channels channels = Channels.of(p, input);
                int mask = input.type() == ElementType.INT8 ? -1 : 0xff;
                yield memory -> {
                    byte[] from = memory.bytes(input);
                    float[] to = memory.floats(output);
                    int fromOffset = memory.offset(input);
                    int toOffset = memory.offset(output);
                    for (int i = 0; i < count; i++) {
                        to[toOffset + i] = channels.real(i, from[fromOffset + i] & mask);
                    }
                };
            }
            case INT16 -> {
                Channels channels = Channels.of(p, input);
                yield memory -> {
                    short[] from = memory.shorts(input);
                    float[] to = memory.floats(output);
                    int fromOffset = memory.offset(input);
                    int toOffset = memory.offset(output);
                    for (int i = 0; i < count; i++) {
                        to[toOffset + i] = channels.real(i, from[fromOffset + i]);
                    }
                };
            }
            case FLOAT16 -> memory -> {
                short[] from = memory.shorts(input);
                float[] to = memory.floats(output);
                int fromOffset = memory.offset(input);
                int toOffset = memory.offset(output);
                for (int i = 0; i < count; i++) {
                    to[toOffset + i] = Float.float16ToFloat(from[fromOffset + i]);
                }
            };
            case FLOAT32, INT32, INT64, STRING, BOOL, COMPLEX64, FLOAT64, COMPLEX128, UINT64, RESOURCE, VARIANT, UINT32,
                    UINT16, INT4, BFLOAT16, INT2, UINT4 ->
                    throw p.unsupported("input is " + input.type() + ", supported are INT8, UINT8, INT16 and FLOAT16");
        };
    }

    /// The scale and zero point of every element.
    ///
    /// @param inner elements between two neighbours along the quantized dimension
    private record Channels(float[] scale, int[] zeroPoint, int inner) {

        static Channels of(Preparation p, Slot slot) {
            QuantizationParameters parameters = TensorChecks.quantized(p, "input", p.inputTensor(0));
            int count = parameters.scale().size();
            float[] scale = new float[count];
            int[] zeroPoint = new int[count];
            for (int channel = 0; channel < count; channel++) {
                scale[channel] = parameters.scale(channel);
                zeroPoint[channel] = parameters.zeroPoint(channel);
            }
            int inner = 1;
            for (int axis = parameters.quantizedDimension() + 1; axis < slot.shape().rank(); axis++) {
                inner *= slot.shape().dimension(axis);
            }
            return new Channels(scale, zeroPoint, inner);
        }

        float real(int element, int code) {
            int channel = scale.length == 1 ? 0 : element / inner % scale.length;
            return scale[channel] * (code - zeroPoint[channel]);
        }
    }
}

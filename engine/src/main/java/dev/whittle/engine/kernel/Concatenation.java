package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// CONCATENATION: the inputs one after another along an axis; scalars become a vector.
///
/// UINT8 inputs may have scales of their own: a code becomes `round(code · s + b) + outputZeroPoint` with
/// `s = inputScale · (1 / outputScale)` and `b = −inputZeroPoint · s`, all in float, halves away from zero, clamped to the
/// type (LiteRT `reference_ops::ConcatenationWithScaling`). INT8 inputs must be quantized as the output is; other types
/// are copied as they are.
final class Concatenation implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return Movement.types();
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 1, Integer.MAX_VALUE);
        Shape first = p.inputTensor(0).shape();
        if (first.rank() == 0) {
            for (int i = 1; i < p.inputCount(); i++) {
                TensorChecks.rank(p, "input " + i, p.inputTensor(i), 0);
            }
            return List.of(Shape.of(p.inputCount()));
        }
        int axis = axis(p, first);
        long size = 0;
        for (int i = 0; i < p.inputCount(); i++) {
            Shape shape = p.inputTensor(i).shape();
            if (shape.rank() != first.rank()
                    || !shape.withDimension(axis, 0).equals(first.withDimension(axis, 0))) {
                throw p.malformed(
                        "input " + i + " has shape " + shape + ", must be " + first + " but for axis " + axis);
            }
            size += shape.dimension(axis);
        }
        if (size > Integer.MAX_VALUE) {
            throw p.unsupported("output has " + size + " elements along axis " + axis + ", supported are 2^31-1");
        }
        return List.of(first.withDimension(axis, (int) size));
    }

    private static int axis(Preparation p, Shape shape) {
        return Axis.of(p, ((Options.Concatenation) p.options()).axis(), shape.rank());
    }

    @Override
    public Kernel prepare(Preparation p) {
        Activation activation = ((Options.Concatenation) p.options()).activation();
        if (activation != Activation.NONE) {
            throw p.unsupported("fused activation " + activation + ", supported is NONE");
        }
        ElementType type = p.inputTensor(0).type();
        Tensor outputTensor = p.outputTensor(0);
        TensorChecks.sameType(p, "output", outputTensor, type);
        Slot output = p.output(0);
        int[] outputSteps = Movement.denseSteps(output.shape());
        int axis = output.shape().rank() == 1 ? 0 : axis(p, output.shape());
        boolean isContiguous = isOutermost(output.shape(), axis);
        List<Kernel> copies = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < p.inputCount(); i++) {
            Tensor tensor = p.inputTensor(i);
            TensorChecks.sameType(p, "input " + i, tensor, type);
            if (type == ElementType.INT8) {
                TensorChecks.sameQuantization(p, "input " + i, tensor, "the output", outputTensor);
            }
            Slot input = p.input(i);
            Shape shape = input.shape().rank() == 0 ? Shape.of(1) : input.shape();
            int first = start * outputSteps[axis];
            if (type == ElementType.UINT8 && isRescaled(tensor, outputTensor)) {
                copies.add(rescaled(p, i, input, output, first, shape.dimension(axis) * outputSteps[axis],
                        output.shape().dimension(axis) * outputSteps[axis]));
            } else if (isContiguous) {
                p.mayLieInOutput(i, first);
                copies.add(Movement.copy(input, output, first));
            } else {
                copies.add(Movement.strided(input, 0, Movement.denseSteps(shape), output, first, outputSteps,
                        shape.toArray()));
            }
            start += shape.dimension(axis);
        }
        return Movement.sequence(copies);
    }

    /// True when the dimensions before an axis are 1, so that every input is one piece of the output.
    private static boolean isOutermost(Shape output, int axis) {
        for (int before = 0; before < axis; before++) {
            if (output.dimension(before) != 1) {
                return false;
            }
        }
        return true;
    }

    private static boolean isRescaled(Tensor input, Tensor output) {
        QuantizationParameters in = input.quantization();
        QuantizationParameters out = output.quantization();
        return in == null ? out != null : !in.equals(out);
    }

    /// @param length elements of the input, and `stride` those of the output, in one index of the axes before
    private static Kernel rescaled(Preparation p, int i, Slot input, Slot output, int first, int length, int stride) {
        QuantizationParameters in = TensorChecks.quantizedPerTensor(p, "input " + i, p.inputTensor(i));
        QuantizationParameters out = TensorChecks.quantizedPerTensor(p, "output", p.outputTensor(0));
        float scale = in.scale(0) * (1f / out.scale(0));
        float bias = -in.zeroPoint(0) * scale;
        CodeTable table = new CodeTable(ElementType.UINT8,
                code -> Math.clamp((long) Rounding.halfAwayFromZero(code * scale + bias) + out.zeroPoint(0), 0, 255));
        int outer = length == 0 ? 0 : input.elementCount() / length;
        return memory -> {
            byte[] from = memory.bytes(input);
            byte[] to = memory.bytes(output);
            for (int k = 0; k < outer; k++) {
                table.map(from, memory.offset(input) + k * length, to, memory.offset(output) + first + k * stride,
                        length);
            }
        };
    }
}

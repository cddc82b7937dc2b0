package dev.whittle.engine.kernel;

import dev.whittle.engine.kernel.ArithmeticOfReals.Operation;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;
import java.util.function.IntBinaryOperator;

/// DIV: `output = activation(input0 / input1)` with broadcasting. Integer quotients are cut toward zero, and an integer
/// divisor of 0 is an error at run time; a real one gives the largest float, as the reference clamps what is infinite.
///
/// Quantized (LiteRT `reference_ops::DivElementwise`): the divisor's reciprocal is taken in 31-bit fixed point, multiplied
/// with the dividend shifted left as far as it goes, and the product scaled to the output, with double rounding. INT16 and
/// UINT16 likewise.
final class Div implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32, ElementType.INT32, ElementType.INT8, ElementType.UINT8, ElementType.INT16,
                ElementType.UINT16);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        return List.of(Broadcast.of(p).output());
    }

    @Override
    public Kernel prepare(Preparation p) {
        Activation activation = ((Options.Div) p.options()).activation();
        ActivationRange.requireClamp(p, activation);
        ElementType type = p.inputTensor(0).type();
        TensorChecks.sameType(p, "input 1", p.inputTensor(1), type);
        TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        Broadcast broadcast = Broadcast.of(p);
        return switch (type) {
            case FLOAT32 -> {
                float min = ActivationRange.realMinimum(activation);
                float max = ActivationRange.realMaximum(activation);
                Kernel emitted = broadcast.machineCode(p, Operation.DIV, min, max);
                yield emitted != null
                        ? emitted
                        : broadcast.kernel(p, BinaryRun.floats((x, y) -> Gemm.clamp(x / y, min, max)));
            }
            case INT32 -> {
                ActivationRange range = ActivationRange.ofIntegers(activation, type);
                String where = p.where();
                yield broadcast.kernel(p, BinaryRun.ints((x, y) -> range.clamp(x / nonZero(y, where))));
            }
            case INT8 -> broadcast.kernel(p, BinaryRun.bytes(-1, codes(p, activation)));
            case UINT8 -> broadcast.kernel(p, BinaryRun.bytes(0xff, codes(p, activation)));
            case INT16 -> broadcast.kernel(p, BinaryRun.shorts(-1, codes(p, activation)));
            case UINT16 -> broadcast.kernel(p, BinaryRun.shorts(0xffff, codes(p, activation)));
            default -> throw new AssertionError(type);
        };
    }

    private static IntBinaryOperator codes(Preparation p, Activation activation) {
        QuantizationParameters in0 = TensorChecks.quantizedPerTensor(p, "input 0", p.inputTensor(0));
        QuantizationParameters in1 = TensorChecks.quantizedPerTensor(p, "input 1", p.inputTensor(1));
        QuantizationParameters out = TensorChecks.quantizedPerTensor(p, "output", p.outputTensor(0));
        Multiplier toOutput = Multiplier.of(p, "input 0 scale / (input 1 scale * output scale)",
                in0.scale(0) / (in1.scale(0) * out.scale(0)));
        ActivationRange range = ActivationRange.of(activation, p.outputTensor(0).type(), out);
        int zeroPoint0 = in0.zeroPoint(0);
        int zeroPoint1 = in1.zeroPoint(0);
        int zeroPoint = out.zeroPoint(0);
        String where = p.where();
        return (x, y) -> {
            int divisor = nonZero(y - zeroPoint1, where);
            int dividend = Integer.signum(divisor) * (x - zeroPoint0);
            int magnitude = Math.abs(divisor);
            int headroom = dividend < 0
                    ? Integer.numberOfLeadingZeros(~dividend) - 1
                    : Integer.numberOfLeadingZeros(dividend) - 1;
            int quotient = FixedPoint.Q31.multiply(dividend << headroom, FixedPoint.reciprocal(magnitude));
            int rightShift = headroom + (31 - Integer.numberOfLeadingZeros(magnitude)) - toOutput.shift();
            int scaled = shiftRight(FixedPoint.Q31.multiply(quotient, toOutput.multiplier()), rightShift);
            return range.clamp((int) Math.clamp((long) scaled + zeroPoint, Integer.MIN_VALUE, Integer.MAX_VALUE));
        };
    }

    /// A rounding shift. One by 32 bits or more shifts by the lower five bits of that and adds 1 to what is not negative, so
    /// that quotients next to 0 come out at the ends of the range: the reference's processors do that, and its outputs
    /// show it.
    private static int shiftRight(int x, int shift) {
        if (shift >= 0 && shift < Integer.SIZE) {
            return Rounding.shiftRight(x, shift);
        }
        return (x >> shift) + (x >= 0 ? 1 : 0);
    }

    private static int nonZero(int divisor, String where) {
        if (divisor == 0) {
            throw new MalformedModelException(where + "input 1 holds 0, must not be divided by");
        }
        return divisor;
    }
}

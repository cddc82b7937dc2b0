package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// SQUARED_DIFFERENCE: `(input0 − input1)²` with broadcasting; integers wrap around.
///
/// INT8 (LiteRT `squared_difference.cc`): either input, its zero point taken off and shifted left by 7 bits, is scaled to
/// `2 · max(scale0, scale1)`; the square of their difference is scaled to the output. Each scaling rounds twice, ties away
/// from zero ([Multiplier]). The first scaling depends on one code alone and is a table of 256.
final class SquaredDifference implements OperatorKernel {
    private static final int LEFT_SHIFT = 7;
    private static final int CODES = 256;

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32, ElementType.INT32, ElementType.INT8);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        return List.of(Broadcast.of(p).output());
    }

    @Override
    public Kernel prepare(Preparation p) {
        ElementType type = p.inputTensor(0).type();
        TensorChecks.sameType(p, "input 1", p.inputTensor(1), type);
        TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        BinaryRun<?, ?> run = switch (type) {
            case FLOAT32 -> BinaryRun.floats((x, y) -> (x - y) * (x - y));
            case INT32 -> BinaryRun.ints((x, y) -> (x - y) * (x - y));
            case INT8 -> codes(p);
            default -> throw new AssertionError(type);
        };
        return Broadcast.of(p).kernel(p, run);
    }

    private static BinaryRun<byte[], byte[]> codes(Preparation p) {
        QuantizationParameters in0 = TensorChecks.quantizedPerTensor(p, "input 0", p.inputTensor(0));
        QuantizationParameters in1 = TensorChecks.quantizedPerTensor(p, "input 1", p.inputTensor(1));
        QuantizationParameters out = TensorChecks.quantizedPerTensor(p, "output", p.outputTensor(0));
        double common = 2.0 * Math.max(in0.scale(0), in1.scale(0));
        int[] table0 = table(Multiplier.of(p, "input 0 scale / common scale", in0.scale(0) / common), in0);
        int[] table1 = table(Multiplier.of(p, "input 1 scale / common scale", in1.scale(0) / common), in1);
        Multiplier toOutput = Multiplier.of(p, "(2 · max(input scales))² / output scale",
                common * common / ((1 << 2 * LEFT_SHIFT) * (double) out.scale(0)));
        int zeroPoint = out.zeroPoint(0);
        return (a, from0, step0, b, from1, step1, c, to, length) -> {
            for (int i = 0; i < length; i++) {
                int difference = table0[a[from0 + i * step0] & 0xff] - table1[b[from1 + i * step1] & 0xff];
                int scaled = toOutput.apply(difference * difference);
                c[to + i] = (byte) Math.clamp((long) scaled + zeroPoint, Byte.MIN_VALUE, Byte.MAX_VALUE);
            }
        };
    }

    /// What each code, taken as an unsigned byte, contributes to the difference.
    private static int[] table(Multiplier multiplier, QuantizationParameters input) {
        int[] table = new int[CODES];
        for (int code = 0; code < CODES; code++) {
            table[code] = multiplier.apply(((byte) code - input.zeroPoint(0)) << LEFT_SHIFT);
        }
        return table;
    }
}

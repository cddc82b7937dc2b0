package dev.whittle.engine.emitted;

import dev.whittle.engine.emitted.x86.ArithmeticCode;
import dev.whittle.engine.emitted.x86.Assembler;
import dev.whittle.engine.emitted.x86.ConvolutionCode;
import dev.whittle.engine.emitted.x86.ConvolutionLayout;
import dev.whittle.engine.emitted.x86.ConvolutionShape;
import dev.whittle.engine.emitted.x86.ConvolutionShape.Finish;
import dev.whittle.engine.emitted.x86.ConvolutionShape.Numbers;
import dev.whittle.engine.emitted.x86.DepthwiseCode;
import dev.whittle.engine.emitted.x86.DepthwiseLayout;
import dev.whittle.engine.emitted.x86.DequantizeCode;
import dev.whittle.engine.emitted.x86.MapCode;
import dev.whittle.engine.emitted.x86.QuantizeCode;
import dev.whittle.engine.emitted.x86.SumCode;
import dev.whittle.engine.emitted.x86.VectorUnit;
import dev.whittle.engine.kernel.ArithmeticOfReals.Operation;
import dev.whittle.engine.kernel.Window;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/// The SHA-256 of the code of some shapes, which `testdata/emitted/code.tsv` keeps. Where code changes on purpose, it is
/// written anew:
///
///     java -cp engine/target/classes:engine/target/test-classes dev.whittle.engine.emitted.GoldenCode \
///         > testdata/emitted/code.tsv
final class GoldenCode {
    private GoldenCode() {}

    private static final Finish CLAMPED = new Finish.Reals(true, true);
    private static final Finish FIXED = new Finish.FixedPoint(false, false, true);

    /// By what is told of them.
    static Map<String, ConvolutionShape> shapes() {
        Map<String, ConvolutionShape> shapes = new LinkedHashMap<>();
        shapes.put("float32 first layer 75x75x3, 3x3, 16, pooled",
                shape(Numbers.FLOAT32, image(75, 3, 3, 1, 0), 16, true, false, CLAMPED));
        shapes.put("float32 36x36x32, 3x3, 64", shape(Numbers.FLOAT32, image(36, 32, 3, 1, 1), 64, false, false,
                CLAMPED));
        shapes.put("float32 stride 2, 17x17x5, 5x5, 33", shape(Numbers.FLOAT32, image(17, 5, 5, 2, 2), 33, false, false,
                new Finish.Reals(false, false)));
        shapes.put("float32 row of 3136, 128", shape(Numbers.FLOAT32, row(3136), 128, false, false, CLAMPED));
        shapes.put("int8 first layer 75x75x3, 3x3, 16, pooled",
                shape(Numbers.INT8, image(75, 3, 3, 1, 0), 16, true, false, FIXED));
        shapes.put("int8 36x36x32, 3x3, 64, pooled", shape(Numbers.INT8, image(36, 32, 3, 1, 0), 64, true, false,
                FIXED));
        shapes.put("int8 ties away, 9x9x6, 3x3, 20", shape(Numbers.INT8, image(9, 6, 3, 1, 1), 20, false, false,
                new Finish.FixedPoint(true, false, false)));
        shapes.put("int8 row of 1024, 1024", shape(Numbers.INT8, row(1024), 1024, false, false,
                new Finish.Real(true)));
        shapes.put("uint8 14x14x64, 1x1, 128", shape(Numbers.UINT8, image(14, 64, 1, 1, 0), 128, false, true,
                new Finish.FixedPoint(false, false, false)));
        shapes.put("hybrid 18x18x16, 3x3, 48", shape(Numbers.INT8, image(18, 16, 3, 1, 1), 48, false, false,
                new Finish.Scaled(true, false)));
        shapes.put("half of the channels and of the row of float32 36x36x32, 3x3, 64",
                shape(Numbers.FLOAT32, image(36, 32, 3, 1, 1), 64, false, false, CLAMPED).part(18, 18, 32));
        return shapes;
    }

    private static Window image(int size, int depth, int filter, int stride, int pad) {
        int out = (size + 2 * pad - filter) / stride + 1;
        return new Window(1, size, size, depth, out, out, filter, filter, stride, stride, 1, 1, pad, pad);
    }

    private static Window row(int depth) {
        return new Window(1, 1, 1, depth, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0);
    }

    private static ConvolutionShape shape(Numbers numbers, Window window, int channels, boolean isPooled,
            boolean hasOffset, Finish finish) {
        return new ConvolutionShape(numbers, window, channels, channels, isPooled, hasOffset, finish);
    }

    /// Of depthwise convolutions, by what is told of them.
    private static Map<String, DepthwiseLayout> depthwise() {
        Map<String, DepthwiseLayout> layouts = new LinkedHashMap<>();
        layouts.put("depthwise float32 14x14x40, 3x3", depthwise(Numbers.FLOAT32, image(14, 40, 3, 1, 1), 0, CLAMPED));
        layouts.put("depthwise float32 run of stride 2, 14x14x8, 3x3",
                depthwise(Numbers.FLOAT32, image(14, 8, 3, 2, 1), 0, CLAMPED));
        layouts.put("depthwise int8 14x14x96, 3x3", depthwise(Numbers.INT8, image(14, 96, 3, 1, 1), 16, FIXED));
        layouts.put("depthwise uint8 run, 14x14x16, 5x5",
                depthwise(Numbers.UINT8, image(14, 16, 5, 1, 2), 12, new Finish.FixedPoint(false, false, false)));
        layouts.put("depthwise hybrid 9x9x20, 3x3",
                depthwise(Numbers.INT8, image(9, 20, 3, 1, 1), 0, new Finish.Scaled(true, false)));
        return layouts;
    }

    private static DepthwiseLayout depthwise(Numbers numbers, Window window, int fraction, Finish finish) {
        return depthwise(numbers, window, VectorUnit.AVX512, fraction, finish);
    }

    private static DepthwiseLayout depthwise(Numbers numbers, Window window, VectorUnit unit, int fraction,
            Finish finish) {
        return Objects.requireNonNull(DepthwiseLayout.of(
                shape(numbers, window, window.inChannels(), false, false, finish), unit, 1, fraction));
    }

    /// A line for each shape: hash, tab, name.
    static String lines() {
        StringBuilder lines = new StringBuilder();
        shapes().forEach((name, shape) -> line(lines, name, write(shape, VectorUnit.AVX512)));
        depthwise().forEach((name, layout) -> line(lines, name, DepthwiseCode.write(layout)));
        line(lines, "sum of int8", SumCode.write(true));
        line(lines, "sum of uint8", SumCode.write(false));
        line(lines, "table", MapCode.write());
        for (Operation operation : Operation.values()) {
            line(lines, "float32 " + operation, ArithmeticCode.write(operation, false, false));
        }
        line(lines, "float32 SUB from one", ArithmeticCode.write(Operation.SUB, true, false));
        line(lines, "float32 MUL by one", ArithmeticCode.write(Operation.MUL, false, true));
        line(lines, "dequantize int8", DequantizeCode.write(true));
        line(lines, "dequantize uint8", DequantizeCode.write(false));
        line(lines, "quantize, halves away from zero", QuantizeCode.write(false));
        line(lines, "quantize, halves to even", QuantizeCode.write(true));
        shapes().forEach((name, shape) -> line(lines, "256 bits: " + name, write(shape, VectorUnit.AVX2)));
        line(lines, "256 bits: depthwise float32 14x14x42, 3x3", DepthwiseCode.write(
                depthwise(Numbers.FLOAT32, image(14, 42, 3, 1, 1), VectorUnit.AVX2, 0, CLAMPED)));
        return lines.toString();
    }

    private static Assembler write(ConvolutionShape shape, VectorUnit unit) {
        return ConvolutionCode.write(Objects.requireNonNull(ConvolutionLayout.of(shape, unit)));
    }

    private static void line(StringBuilder lines, String name, Assembler written) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(written.code());
            lines.append(HexFormat.of().formatHex(hash)).append('\t').append(name).append('\n');
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    public static void main(String[] none) {
        System.out.print(lines());
    }
}

package dev.whittle.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class StablehloClampTest {

    private static Model clamp(ElementType type, Shape min, Shape operand, Shape max) {
        List<Tensor> tensors = List.of(Tensor.activation("min", type, min, null),
                Tensor.activation("x", type, operand, null), Tensor.activation("max", type, max, null),
                Tensor.activation("y", type, operand, null));
        Operator operator = new Operator(Options.Plain.STABLEHLO_CLAMP, List.of(0, 1, 2), List.of(3), 1);
        return new Model("test.tflite", Model.SCHEMA_VERSION, "",
                List.of(new Subgraph("main", tensors, List.of(0, 1, 2), List.of(3), List.of(operator))), List.of(),
                List.of());
    }

    private static ByteBuffer run(Model model, Buffer min, Buffer operand, Buffer max) {
        try (Interpreter interpreter = Interpreter.of(model)) {
            interpreter.input(0).putBytes(min.bytes());
            interpreter.input(1).putBytes(operand.bytes());
            interpreter.input(2).putBytes(max.bytes());
            interpreter.invoke();
            return interpreter.output(0).toBytes();
        }
    }

    @Test
    void boundsMayBeScalarsOrAsLargeAsTheOperand() {
        Model model = clamp(ElementType.FLOAT32, Shape.of(), Shape.of(2, 2), Shape.of(2, 2));
        assertThat(Buffer.wrap(run(model, Buffer.ofFloats(-1), Buffer.ofFloats(-3, 0.5f, 7, Float.NaN),
                Buffer.ofFloats(1, 0.25f, 9, 1))).toFloats()).containsExactly(-1, 0.25f, 7, Float.NaN);
    }

    @Test
    void upperBoundWinsWhereTheLowerIsAboveIt() {
        Model ints = clamp(ElementType.INT32, Shape.of(), Shape.of(3), Shape.of());
        assertThat(Buffer.wrap(run(ints, Buffer.ofInts(5), Buffer.ofInts(1, 4, 9), Buffer.ofInts(2))).toInts())
                .containsExactly(2, 2, 2);
        Model longs = clamp(ElementType.INT64, Shape.of(2), Shape.of(2), Shape.of());
        assertThat(Buffer.wrap(run(longs, Buffer.ofLongs(-1L << 40, 0), Buffer.ofLongs(-1L << 41, 1L << 50),
                Buffer.ofLongs(1L << 45))).toLongs()).containsExactly(-1L << 40, 1L << 45);
    }

    @Test
    void boundOfAnotherShapeIsMalformed() {
        Model model = clamp(ElementType.FLOAT32, Shape.of(), Shape.of(2, 2), Shape.of(2));
        assertThatThrownBy(() -> Interpreter.of(model)).isInstanceOf(MalformedModelException.class).hasMessage(
                "[test.tflite] STABLEHLO_CLAMP #0 \"y\": input 2 has shape [2], must be a scalar or [2, 2]");
    }
}

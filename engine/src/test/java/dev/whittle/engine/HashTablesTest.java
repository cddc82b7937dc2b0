package dev.whittle.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class HashTablesTest {

    private static Tensor activation(String name, ElementType type, int... shape) {
        return Tensor.activation(name, type, Shape.of(shape), null);
    }

    private static Operator operator(Options options, List<Integer> inputs, List<Integer> outputs) {
        return new Operator(options, inputs, outputs, 1);
    }

    /// Strings as files hold them: their number, where each starts and the last ends, the characters.
    private static Buffer strings(String... values) {
        byte[] text = String.join("", values).getBytes(StandardCharsets.UTF_8);
        int header = Integer.BYTES * (values.length + 2);
        ByteBuffer bytes = ByteBuffer.allocate(header + text.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(values.length).putInt(header);
        int end = header;
        for (String value : values) {
            end += value.getBytes(StandardCharsets.UTF_8).length;
            bytes.putInt(end);
        }
        return Buffer.wrap(bytes.put(text).flip());
    }

    /// Fills a table in the first run and looks the input's keys up in it.
    private static Model lookUp(ElementType keyType, ElementType valueType, Tensor keys, Tensor values, Tensor absent,
            int count) {
        List<Tensor> tensors = List.of(activation("table", ElementType.RESOURCE, 1), keys, values,
                activation("wanted", keyType, count), absent, activation("found", valueType, count),
                activation("size", ElementType.INT64, 1));
        List<Operator> operators = List.of(
                operator(new Options.Hashtable(7, keyType, valueType), List.of(), List.of(0)),
                operator(Options.Plain.HASHTABLE_IMPORT, List.of(0, 1, 2), List.of()),
                operator(Options.Plain.HASHTABLE_FIND, List.of(0, 3, 4), List.of(5)),
                operator(Options.Plain.HASHTABLE_SIZE, List.of(0), List.of(6)));
        return new Model("test.tflite", Model.SCHEMA_VERSION, "",
                List.of(new Subgraph("main", tensors, List.of(3), List.of(5, 6), operators)), List.of(), List.of());
    }

    private static Tensor constant(String name, ElementType type, Buffer data, int... shape) {
        return Tensor.constant(name, type, Shape.of(shape), null, data);
    }

    @Test
    void stringsAreFoundAndOthersGetTheDefault() {
        Model model = lookUp(ElementType.STRING, ElementType.INT64,
                constant("keys", ElementType.STRING, strings("ok", "defect", "ok"), 3),
                constant("values", ElementType.INT64, Buffer.ofLongs(1L << 40, 2, 3), 3),
                constant("absent", ElementType.INT64, Buffer.ofLongs(-1)), 3);
        try (Interpreter interpreter = Interpreter.of(model)) {
            for (int run = 0; run < 2; run++) {
                interpreter.input(0).putBytes(strings("defect", "", "ok").bytes());
                interpreter.invoke();
                assertThat(Buffer.wrap(interpreter.output(0).toBytes()).toLongs()).containsExactly(2, -1, 1L << 40);
                assertThat(Buffer.wrap(interpreter.output(1).toBytes()).toLongs()).containsExactly(2);
            }
        }
    }

    @Test
    void numbersAreFoundAndStringsGiven() {
        Model model = lookUp(ElementType.INT64, ElementType.STRING,
                constant("keys", ElementType.INT64, Buffer.ofLongs(5, -5), 2),
                constant("values", ElementType.STRING, strings("fünf", "minus"), 2),
                constant("absent", ElementType.STRING, strings("none")), 3);
        try (Interpreter interpreter = Interpreter.of(model)) {
            interpreter.input(0).putBytes(Buffer.ofLongs(-5, 6, 5).bytes());
            interpreter.invoke();
            assertThat(Buffer.wrap(interpreter.output(0).toBytes())).isEqualTo(strings("minus", "none", "fünf"));
        }
    }

    @Test
    void tableOfOtherTypesIsNotSupported() {
        Model model = lookUp(ElementType.INT32, ElementType.INT64,
                constant("keys", ElementType.INT32, Buffer.ofInts(5), 1),
                constant("values", ElementType.INT64, Buffer.ofLongs(5), 1),
                constant("absent", ElementType.INT64, Buffer.ofLongs(0)), 1);
        assertThatThrownBy(() -> Interpreter.of(model)).isInstanceOf(UnsupportedModelException.class)
                .hasMessage("[test.tflite] HASHTABLE #0 \"table\": table from INT32 to INT64, supported are INT64 to "
                        + "STRING and STRING to INT64");
    }

    @Test
    void moreKeysThanValuesIsMalformed() {
        Model model = lookUp(ElementType.INT64, ElementType.STRING,
                constant("keys", ElementType.INT64, Buffer.ofLongs(5, -5), 2),
                constant("values", ElementType.STRING, strings("five"), 1),
                constant("absent", ElementType.STRING, strings("none")), 1);
        assertThatThrownBy(() -> Interpreter.of(model)).isInstanceOf(MalformedModelException.class)
                .hasMessageEndingWith("2 keys for 1 values, must be as many");
    }
}

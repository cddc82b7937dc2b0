package dev.whittle.engine.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.ModelLimits;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.UnsupportedModelException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a file can claim, and the line that refuses it.
class HostileFileTest {
    private final FlatModel file = new FlatModel();

    private static int[] of(int... values) {
        return values;
    }

    private AbstractThrowableAssert<?, ?> refused() {
        return assertThatThrownBy(file::read).isInstanceOf(MalformedModelException.class);
    }

    private AbstractThrowableAssert<?, ?> unsupported() {
        return assertThatThrownBy(file::read).isInstanceOf(UnsupportedModelException.class);
    }

    @Test
    void tensorOf2To31ElementsIsRefused() {
        file.tensor(ElementType.INT8, 65536, 32768);
        file.subgraph(of(0), of(0));

        unsupported()
                .hasMessage("[model.tflite] tensor 0 \"t0\": shape [65536, 32768] has more than 2147483647 elements, "
                        + "which is the limit");
    }

    @Test
    void aLimitOnElementsHoldsForConstantsAndActivations() {
        file.tensor(ElementType.INT8, 10, 11);
        file.subgraph(of(0), of(0));

        assertThatThrownBy(() -> file.read(ModelLimits.defaults().withMaxElements(100)))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessage(
                        "[model.tflite] tensor 0 \"t0\": shape [10, 11] has more than 100 elements, which is the limit");
    }

    @Test
    void dimensionsThatMultiplyBeyond64BitsAreRefusedEvenBesideAZero() {
        int most = Integer.MAX_VALUE;
        file.tensor(ElementType.INT8, most, most, most, most, 0);
        file.subgraph(of(0), of(0));

        unsupported()
                .hasMessage("[model.tflite] tensor 0 \"t0\": shape [2147483647, 2147483647, 2147483647, 2147483647, 0] "
                        + "has more than 2147483647 elements, which is the limit");
    }

    @Test
    void negativeDimensionIsRefused() {
        file.tensor(ElementType.INT8, 3, -1);
        file.subgraph(of(0), of(0));

        refused().hasMessage("[model.tflite] tensor 0 \"t0\": dimension 1 is -1, must be 0 or more");
    }

    @Test
    void subgraphsInACycleAreRefusedWithTheirPath() {
        for (int callee : of(1, 2, 1)) {
            file.operator(OperatorCode.CALL_ONCE, of(), of(), Slots.BuiltinOptions.CALL_ONCE,
                    table -> table.addInt(Slots.CallOnceOptions.INIT_SUBGRAPH_INDEX, callee, 0));
            file.subgraph(of(), of());
        }

        refused().hasMessage("[model.tflite] model: subgraphs call each other in a cycle: [1, 2, 1], expected none");
    }

    @Test
    void aLoopWhoseBodyIsTheSubgraphItStandsInIsRefused() {
        file.tensor(ElementType.BOOL, 1);
        file.operator(OperatorCode.WHILE, of(0), of(0), Slots.BuiltinOptions.WHILE, table -> {
            table.addInt(Slots.WhileOptions.COND_SUBGRAPH_INDEX, 1, 0);
            table.addInt(Slots.WhileOptions.BODY_SUBGRAPH_INDEX, 0, 0);
        });
        file.subgraph(of(0), of(0));
        file.tensor(ElementType.BOOL, 1);
        file.subgraph(of(0), of(0));

        refused().hasMessage("[model.tflite] model: subgraphs call each other in a cycle: [0, 0], expected none");
    }

    @Test
    void aSubgraphOutOfRangeIsRefused() {
        file.operator(OperatorCode.CALL_ONCE, of(), of(), Slots.BuiltinOptions.CALL_ONCE,
                table -> table.addInt(Slots.CallOnceOptions.INIT_SUBGRAPH_INDEX, 1, 0));
        file.subgraph(of(), of());

        refused().hasMessage("[model.tflite] CALL_ONCE #0: subgraph 1, expected 0 to 0");
    }

    @Test
    void callsThatDoubleAtEachLevelCountTowardsTheLimitOfOperators() {
        for (int level = 1; level <= 40; level++) {
            int callee = level;
            for (int i = 0; i < 2; i++) {
                file.operator(OperatorCode.CALL_ONCE, of(), of(), Slots.BuiltinOptions.CALL_ONCE,
                        table -> table.addInt(Slots.CallOnceOptions.INIT_SUBGRAPH_INDEX, callee, 0));
            }
            file.subgraph(of(), of());
        }
        file.subgraph(of(), of());

        unsupported()
                .hasMessage("[model.tflite] subgraph 20: comes to more than 1048576 operators with those it calls, "
                        + "which is the limit");
    }

    @Test
    void callsNestedTooDeepAreRefused() {
        for (int level = 1; level <= 64; level++) {
            int callee = level;
            file.operator(OperatorCode.CALL_ONCE, of(), of(), Slots.BuiltinOptions.CALL_ONCE,
                    table -> table.addInt(Slots.CallOnceOptions.INIT_SUBGRAPH_INDEX, callee, 0));
            file.subgraph(of(), of());
        }
        file.subgraph(of(), of());

        unsupported().hasMessage("[model.tflite] model: subgraphs call each other more than 64 deep");
    }

    @ParameterizedTest
    @CsvSource({"0.0", "NaN", "-1.0", "Infinity"})
    void scaleThatIsNotFiniteAndPositiveIsRefused(float scale) {
        file.quantized(ElementType.INT8, scale, 0, 4);
        file.subgraph(of(0), of(0));

        refused().hasMessage("[model.tflite] tensor 0 \"t0\": scale[0] is " + scale + ", must be finite and > 0");
    }

    @Test
    void scaleOf0IsPassedOverWhereItMeansNothing() {
        file.quantized(ElementType.INT32, 0, 0, 4);
        file.quantized(ElementType.FLOAT32, 0, 500, 4);
        file.subgraph(of(0, 1), of(0, 1));

        assertThat(file.read().primary().tensors()).allMatch(tensor -> tensor.quantization() == null);
    }

    @ParameterizedTest
    @CsvSource({"INT8, -128 to 127", "UINT8, 0 to 255", "INT4, -8 to 7", "INT2, -2 to 1", "UINT4, 0 to 15"})
    void zeroPointOf500IsRefused(ElementType type, String range) {
        file.quantized(type, 0.5f, 500, 4);
        file.subgraph(of(0), of(0));

        refused().hasMessage(
                "[model.tflite] tensor 0 \"t0\": zero point[0] is 500, must be " + range + " for " + type);
    }

    @Test
    void scalesForAnotherNumberOfChannelsAreRefused() {
        int scales = file.floats(1, 2, 3);
        int quantization = file.table(table -> {
            table.addOffset(Slots.QuantizationParameters.SCALE, scales, 0);
            table.addInt(Slots.QuantizationParameters.QUANTIZED_DIMENSION, 1, 0);
        });
        file.tensor("w", ElementType.INT8, of(3, 4),
                table -> table.addOffset(Slots.Tensor.QUANTIZATION, quantization, 0));
        file.subgraph(of(0), of(0));

        refused().hasMessage(
                "[model.tflite] tensor 0 \"w\": 3 scales along dimension 1 of shape [3, 4], expected 4");
    }

    @Test
    void bufferPastTheEndOfTheFileIsNamedByItsByte() {
        int buffer = file.buffer((byte) 1, (byte) 2, (byte) 3, (byte) 4);
        file.tensor("c", ElementType.INT8, of(4), table -> table.addInt(Slots.Tensor.BUFFER, buffer, 0));
        file.subgraph(of(), of(0));
        byte[] bytes = file.bytes();
        ByteBuffer view = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int length = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("\u0004\0\0\0\u0001\u0002\u0003\u0004");
        view.putInt(length, 1000);

        assertThatThrownBy(() -> ModelReader.read("model.tflite", view)).isInstanceOf(MalformedModelException.class)
                .hasMessage("[model.tflite] byte " + (length + 4) + ": vector of 1000 elements of 1000 bytes ends past "
                        + "the file (" + bytes.length + " bytes)");
    }

    @Test
    void bufferBehindTheFlatbufferPastTheEndOfTheFileIsRefused() {
        int buffer = file.buffer(table -> {
            table.addLong(Slots.Buffer.OFFSET, 1L << 40, 0);
            table.addLong(Slots.Buffer.SIZE, 4, 0);
        });
        file.tensor("c", ElementType.INT8, of(4), table -> table.addInt(Slots.Tensor.BUFFER, buffer, 0));
        file.subgraph(of(), of(0));
        byte[] bytes = file.bytes();

        assertThatThrownBy(() -> ModelReader.read("model.tflite", ByteBuffer.wrap(bytes)))
                .isInstanceOf(MalformedModelException.class)
                .hasMessage("[model.tflite] tensor 0 \"c\" buffer 1: data of 4 bytes from byte 1099511627776 ends past "
                        + "the file (" + bytes.length + " bytes)");
    }

    @Test
    void dataOfAnotherLengthThanTheShapeIsRefused() {
        int buffer = file.buffer((byte) 1, (byte) 2, (byte) 3);
        file.tensor("c", ElementType.FLOAT32, of(1), table -> table.addInt(Slots.Tensor.BUFFER, buffer, 0));
        file.subgraph(of(), of(0));

        refused().hasMessage("[model.tflite] tensor 0 \"c\": data of 3 bytes for FLOAT32 [1], expected 4");
    }

    @Test
    void activationOf99IsRefused() {
        file.tensor(ElementType.FLOAT32, 1);
        file.tensor(ElementType.FLOAT32, 1);
        file.operator(OperatorCode.ADD, of(0, 0), of(1), Slots.BuiltinOptions.ADD,
                table -> table.addByte(Slots.ArithmeticOptions.FUSED_ACTIVATION_FUNCTION, (byte) 99, 0));
        file.subgraph(of(0), of(1));

        refused().hasMessage("[model.tflite] ADD #0: fused activation function 99, expected 0 to 5");
    }

    @Test
    void strideOf0IsRefused() {
        file.tensor(ElementType.FLOAT32, 1, 1, 1, 1);
        file.tensor(ElementType.FLOAT32, 1, 1, 1, 1);
        file.operator(OperatorCode.MAX_POOL_2D, of(0), of(1), Slots.BuiltinOptions.POOL_2D,
                table -> table.addInt(Slots.Pool2DOptions.STRIDE_H, 1, 0));
        file.subgraph(of(0), of(1));

        refused().hasMessage("[model.tflite] MAX_POOL_2D #0: stride_w is 0, must be 1 or more");
    }

    @Test
    void optionsOfAnotherOperatorAreRefused() {
        file.tensor(ElementType.FLOAT32, 1);
        file.operator(OperatorCode.SUB, of(0, 0), of(0), Slots.BuiltinOptions.SOFTMAX, _ -> {
        });
        file.subgraph(of(0), of(0));

        refused().hasMessage("[model.tflite] SUB #0: builtin options type 9, expected 28");
    }

    @Test
    void inputThatNoOperatorComputesIsRefused() {
        file.tensor(ElementType.FLOAT32, 1);
        file.tensor(ElementType.FLOAT32, 1);
        file.tensor(ElementType.FLOAT32, 1);
        file.operator(OperatorCode.RELU, of(1), of(2));
        file.operator(OperatorCode.RELU, of(0), of(1));
        file.subgraph(of(0), of(2));

        refused().hasMessage("[model.tflite] RELU #0: reads tensor 1 \"t1\", which no earlier operator computes");
    }

    @Test
    void outputThatNoOperatorComputesIsRefused() {
        file.tensor(ElementType.FLOAT32, 1);
        file.subgraph(of(), of(0));

        refused().hasMessage("[model.tflite] outputs: tensor 0 \"t0\" is computed by no operator");
    }

    @Test
    void tensorIndexOutOfRangeIsRefusedNamingTheSubgraph() {
        file.subgraph(of(), of());
        file.tensor(ElementType.FLOAT32, 1);
        file.operator(OperatorCode.RELU, of(0), of(7));
        file.subgraph(of(0), of());

        refused().hasMessage("[model.tflite] subgraph 1 RELU #0 outputs: tensor index 7, expected 0 to 0");
    }

    @Test
    void stringsWithAnOffsetOutsideTheirDataAreRefused() {
        int buffer = file.buffer(FlatModel.littleEndian(2, 16, 17, 99, 0));
        file.tensor("s", ElementType.STRING, of(2), table -> table.addInt(Slots.Tensor.BUFFER, buffer, 0));
        file.subgraph(of(), of(0));

        refused().hasMessage("[model.tflite] tensor 0 \"s\": string offset 2 is 99, must be within 17 to 20");
    }

    @Test
    void asManyStringsAsElementsAreDemanded() {
        int buffer = file.buffer(FlatModel.littleEndian(1_000_000_000, 16, 17, 18, 0));
        file.tensor("s", ElementType.STRING, of(2), table -> table.addInt(Slots.Tensor.BUFFER, buffer, 0));
        file.subgraph(of(), of(0));

        refused().hasMessage("[model.tflite] tensor 0 \"s\": data of 1000000000 strings for [2], expected 2");
    }

    @Test
    void variableWithDataIsRefused() {
        int buffer = file.buffer((byte) 1);
        file.tensor("v", ElementType.INT8, of(1), table -> {
            table.addInt(Slots.Tensor.BUFFER, buffer, 0);
            table.addBoolean(Slots.Tensor.IS_VARIABLE, true, false);
        });
        file.subgraph(of(), of(0));

        refused().hasMessage("[model.tflite] tensor 0 \"v\": a variable with data, must be one or the other");
    }

    @Test
    void writingToAConstantIsRefused() {
        int buffer = file.buffer((byte) 1);
        file.tensor(ElementType.INT8, 1);
        file.tensor("c", ElementType.INT8, of(1), table -> table.addInt(Slots.Tensor.BUFFER, buffer, 0));
        file.operator(OperatorCode.RELU, of(0), of(1));
        file.subgraph(of(0), of(1));

        refused().hasMessage("[model.tflite] RELU #0: writes tensor 1 \"c\", which is constant");
    }

    /// Found by flipping bytes: a loop handed the tensor over in two shapes, and the copy ran past its memory.
    @Test
    void inputListedTwiceIsRefused() {
        file.subgraph(of(), of());
        file.tensor(ElementType.FLOAT32, 1);
        file.tensor(ElementType.FLOAT32, 1);
        file.subgraph(of(0, 1, 1), of());

        refused().hasMessage("[model.tflite] subgraph 1 inputs: tensor 1 \"t1\" is there twice, must be once");
    }

    /// Found by fuzzing: the message had the line break of the name.
    @Test
    void nameOfManyCharactersIsCut() {
        int name = file.tensor("x".repeat(5000), ElementType.INT8, of(3, -1), _ -> {
        });
        file.subgraph(of(name), of(name));

        String start = "[model.tflite] tensor 0 \"";
        refused().hasMessage(start + "x".repeat(1000 - start.length()) + " ...");
    }

    @Test
    void nameWithALineBreakLeavesTheMessageOnOneLine() {
        int name = file.tensor("two\nlines\u0085", ElementType.INT8, of(3, -1), _ -> {
        });
        file.subgraph(of(name), of(name));

        refused().hasMessage("[model.tflite] tensor 0 \"two.lines.\": dimension 1 is -1, must be 0 or more");
    }

    /// Found by fuzzing: its inverse is no number, and the multiplier's constructor refused that without a place.
    @Test
    void scaleTooSmallForALogarithmIsRefusedByTheOperator() {
        file.quantized(ElementType.INT8, 1e-30f, 0, 4);
        file.quantized(ElementType.INT8, 16f / 256, 127, 4);
        file.operator(OperatorCode.LOG_SOFTMAX, of(0), of(1));
        file.subgraph(of(0), of(1));

        assertThatThrownBy(() -> Interpreter.of(file.read())).isInstanceOf(UnsupportedModelException.class)
                .hasMessage("[model.tflite] LOG_SOFTMAX #0 \"t1\": input scale is 1.0E-30, must be more than 2^-26");
    }

    @Test
    void rankOf9IsNotSupported() {
        file.tensor(ElementType.INT8, 1, 1, 1, 1, 1, 1, 1, 1, 1);
        file.subgraph(of(0), of(0));

        unsupported().hasMessage("[model.tflite] tensor 0 \"t0\": rank 9, supported are up to 8");
    }
}

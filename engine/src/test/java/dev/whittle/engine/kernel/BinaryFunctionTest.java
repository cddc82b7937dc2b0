package dev.whittle.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class BinaryFunctionTest {

    private static float[] floats(Options options, float[] a, float... b) {
        return OneOperator.of(options).floats(Shape.of(a.length), a).floats(Shape.of(b.length), b)
                .output(ElementType.FLOAT32).run().toFloats();
    }

    private static int[] ints(Options options, ElementType type, int[] a, int... b) {
        return OneOperator.of(options).data(type, Shape.of(a.length), Buffer.ofInts(a))
                .data(type, Shape.of(b.length), Buffer.ofInts(b)).output(type).run().toInts();
    }

    private static Buffer bytes(Options options, ElementType type, int[] a, int... b) {
        return OneOperator.of(options).data(type, Shape.of(a.length), ArithmeticTest.bytes(a))
                .data(type, Shape.of(b.length), ArithmeticTest.bytes(b)).output(type).run();
    }

    @Test
    void theSecondNumberStaysWhereTheFirstIsNotGreater() {
        assertThat(floats(Options.Plain.MAXIMUM, new float[]{Float.NaN, 1, 2}, 3, Float.NaN, 1))
                .containsExactly(3, Float.NaN, 2);
        assertThat(floats(Options.Plain.STABLEHLO_MAXIMUM, new float[]{Float.NaN, 1, 2}, 3, Float.NaN, 1))
                .containsExactly(Float.NaN, 1, 2);
        assertThat(bytes(Options.Plain.MINIMUM, ElementType.UINT8, new int[]{200, 3}, 100))
                .isEqualTo(ArithmeticTest.bytes(100, 3));
        assertThat(bytes(Options.Plain.MINIMUM, ElementType.INT8, new int[]{200, 3}, 100))
                .isEqualTo(ArithmeticTest.bytes(200, 3));
        assertThat(ints(Options.Plain.STABLEHLO_MINIMUM, ElementType.UINT32, new int[]{-1, 3}, 100))
                .containsExactly(100, 3);
    }

    @Test
    void remaindersHaveTheSignOfTheDivisor() {
        assertThat(floats(Options.Plain.FLOOR_MOD, new float[]{7, -7, 7, -7, 6}, 3, 3, -3, -3, 3))
                .containsExactly(1, 2, -2, -1, 0);
        assertThat(ints(Options.Plain.FLOOR_MOD, ElementType.INT32, new int[]{7, -7, 7, -7}, 3, 3, -3, -3))
                .containsExactly(1, 2, -2, -1);
        assertThat(floats(Options.Plain.FLOOR_DIV, new float[]{7, -7}, 2)).containsExactly(3, -4);
        assertThat(bytes(Options.Plain.FLOOR_DIV, ElementType.INT8, new int[]{-128, 7}, -1))
                .isEqualTo(ArithmeticTest.bytes(128, -7));
        assertThatThrownBy(() -> ints(Options.Plain.FLOOR_MOD, ElementType.INT32, new int[]{7}, 0))
                .isInstanceOf(MalformedModelException.class)
                .hasMessage("[test.tflite] FLOOR_MOD #0 \"out1\": input 1 holds 0, must not be divided by");
    }

    @Test
    void powersPastTheRangeBecomeTheLeastNumber() {
        assertThat(ints(Options.Plain.POW, ElementType.INT32, new int[]{-3, 2, 7, 10}, 3, 31, 0, 40))
                .containsExactly(-27, Integer.MIN_VALUE, 1, Integer.MIN_VALUE);
        assertThat(floats(Options.Plain.POW, new float[]{2, 9}, -1, 0.5f)).containsExactly(0.5f, 3);
        assertThatThrownBy(() -> ints(Options.Plain.POW, ElementType.INT32, new int[]{7}, -1))
                .isInstanceOf(MalformedModelException.class)
                .hasMessage("[test.tflite] POW #0 \"out1\": input 1 holds -1, must be 0 or more");
    }

    @Test
    void shiftsStayWithinTheBitsOfTheType() {
        assertThat(bytes(Options.Plain.RIGHT_SHIFT, ElementType.INT8, new int[]{-128, -128, -128}, 3, 99, -1))
                .isEqualTo(ArithmeticTest.bytes(-16, -1, -128));
        assertThat(bytes(Options.Plain.RIGHT_SHIFT, ElementType.UINT8, new int[]{128, 128}, 3, 255))
                .isEqualTo(ArithmeticTest.bytes(16, 1));
        assertThat(ints(Options.Plain.RIGHT_SHIFT, ElementType.UINT32, new int[]{-1, -1}, 28, -1))
                .containsExactly(15, 1);
        assertThat(ints(Options.Plain.STABLEHLO_SHIFT_LEFT, ElementType.INT32, new int[]{3, 3, 3}, 4, 32, -1))
                .containsExactly(48, 0, 0);
    }

    @Test
    void logicTakesAnythingButZeroForTrue() {
        assertThat(bytes(Options.Plain.LOGICAL_AND, ElementType.BOOL, new int[]{1, 1, 0, 0}, 1, 0, 1, 0))
                .isEqualTo(ArithmeticTest.bytes(1, 0, 0, 0));
        assertThat(bytes(Options.Plain.LOGICAL_OR, ElementType.BOOL, new int[]{1, 1, 0, 0}, 1, 0, 1, 0))
                .isEqualTo(ArithmeticTest.bytes(1, 1, 1, 0));
        assertThat(bytes(Options.Plain.BITWISE_XOR, ElementType.UINT8, new int[]{0b1100}, 0b1010))
                .isEqualTo(ArithmeticTest.bytes(0b0110));
        assertThat(bytes(Options.Plain.STABLEHLO_AND, ElementType.INT8, new int[]{0b1100}, 0b1010))
                .isEqualTo(ArithmeticTest.bytes(0b1000));
        assertThat(OneOperator.of(Options.Plain.LOGICAL_NOT)
                .data(ElementType.BOOL, Shape.of(2), ArithmeticTest.bytes(1, 0)).output(ElementType.BOOL).run())
                .isEqualTo(ArithmeticTest.bytes(0, 1));
    }

    @Test
    void halvesAreRoundedOnceToEven() {
        // 1 and 1 + 2⁻⁷ in bfloat16; half a step over 2 is a tie, which goes to even.
        OneOperator sum = OneOperator.of(Options.Plain.STABLEHLO_ADD)
                .data(ElementType.BFLOAT16, Shape.of(2), ArithmeticTest.shorts(0x3f80, 0x3f81))
                .data(ElementType.BFLOAT16, Shape.of(1), ArithmeticTest.shorts(0x3f80)).output(ElementType.BFLOAT16);
        OneOperator product = OneOperator.of(Options.Plain.STABLEHLO_MULTIPLY)
                .data(ElementType.FLOAT16, Shape.of(1),
                        ArithmeticTest.shorts(Float.floatToFloat16(1.5f)))
                .data(ElementType.FLOAT16, Shape.of(1),
                        ArithmeticTest.shorts(Float.floatToFloat16(-2.5f)))
                .output(ElementType.FLOAT16);

        assertThat(sum.run()).isEqualTo(ArithmeticTest.shorts(0x4000, 0x4000));
        assertThat(Float.float16ToFloat(product.run().toShorts()[0])).isEqualTo(-3.75f);
        assertThat(HalfFloat.widen(ElementType.BFLOAT16, HalfFloat.narrow(ElementType.BFLOAT16, Float.NaN))).isNaN();
        assertThat(HalfFloat.narrow(ElementType.BFLOAT16, Float.MAX_VALUE)).isEqualTo((short) 0x7f80);
    }

    private static byte[] compare(Options options, ElementType type, Buffer a, Buffer b, int count) {
        return OneOperator.of(options).data(type, Shape.of(count), a).data(type, Shape.of(count), b)
                .output(ElementType.BOOL).run().toBytes();
    }

    @Test
    void nanIsUnequalAndInNoOrder() {
        Buffer a = Buffer.ofFloats(1, 2, 3, Float.NaN, -0f);
        Buffer b = Buffer.ofFloats(2, 2, 2, 2, 0f);

        assertThat(compare(Options.Plain.LESS, ElementType.FLOAT32, a, b, 5)).containsExactly(1, 0, 0, 0, 0);
        assertThat(compare(Options.Plain.LESS_EQUAL, ElementType.FLOAT32, a, b, 5)).containsExactly(1, 1, 0, 0, 1);
        assertThat(compare(Options.Plain.GREATER, ElementType.FLOAT32, a, b, 5)).containsExactly(0, 0, 1, 0, 0);
        assertThat(compare(Options.Plain.GREATER_EQUAL, ElementType.FLOAT32, a, b, 5))
                .containsExactly(0, 1, 1, 0, 1);
        assertThat(compare(Options.Plain.EQUAL, ElementType.FLOAT32, a, b, 5)).containsExactly(0, 1, 0, 0, 1);
        assertThat(compare(Options.Plain.NOT_EQUAL, ElementType.FLOAT32, a, b, 5)).containsExactly(1, 0, 1, 1, 0);
    }

    @Test
    void quantizedCodesAreComparedAsRealNumbers() {
        OneOperator less = OneOperator.of(Options.Plain.LESS)
                .data(ElementType.UINT8, Shape.of(3), QuantizationParameters.perTensor(0.5f, 100),
                        ArithmeticTest.bytes(104, 98, 200))
                .data(ElementType.UINT8, Shape.of(1), QuantizationParameters.perTensor(0.25f, 0),
                        ArithmeticTest.bytes(10))
                .output(ElementType.BOOL);
        OneOperator equal = OneOperator.of(Options.Plain.EQUAL)
                .data(ElementType.INT16, Shape.of(2), QuantizationParameters.perTensor(0.5f, 0),
                        ArithmeticTest.shorts(2, 4))
                .data(ElementType.INT16, Shape.of(1), QuantizationParameters.perTensor(0.25f, 0),
                        ArithmeticTest.shorts(4))
                .output(ElementType.BOOL);

        assertThat(less.run().toBytes()).containsExactly(1, 1, 0);
        assertThat(equal.run().toBytes()).containsExactly(1, 0);
    }

    @Test
    void scalesOnBooleansMeanNothing() {
        OneOperator equal = OneOperator.of(Options.Plain.EQUAL)
                .data(ElementType.BOOL, Shape.of(2), QuantizationParameters.perTensor(0.5f, 999),
                        ArithmeticTest.bytes(1, 0))
                .data(ElementType.BOOL, Shape.of(2), ArithmeticTest.bytes(1, 1)).output(ElementType.BOOL);

        assertThat(equal.run().toBytes()).containsExactly(1, 0);
    }

    @Test
    void stringsAreEqualByTheirBytes() {
        assertThat(compare(Options.Plain.EQUAL, ElementType.STRING, strings("ab", "", "ü"), strings("ab", "x", "ü"),
                3)).containsExactly(1, 0, 1);
        assertThat(compare(Options.Plain.NOT_EQUAL, ElementType.STRING, strings("ab"), strings("abc"), 1))
                .containsExactly(1);
    }

    private static Buffer strings(String... strings) {
        ByteBuffer bytes = ByteBuffer.allocate(100).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(strings.length);
        int end = Integer.BYTES * (strings.length + 2);
        bytes.putInt(end);
        for (String string : strings) {
            end += string.getBytes(StandardCharsets.UTF_8).length;
            bytes.putInt(end);
        }
        for (String string : strings) {
            bytes.put(string.getBytes(StandardCharsets.UTF_8));
        }
        return Buffer.wrap(bytes.flip());
    }

    @Test
    void anglesLieInTheirQuadrant() {
        OneOperator angle = OneOperator.of(Options.Plain.ATAN2).floats(Shape.of(4), 1, 1, -1, 0)
                .floats(Shape.of(4), 1, -1, -1, -1).output(ElementType.FLOAT32);

        assertThat(angle.run().toFloats()).containsExactly((float) (Math.PI / 4), (float) (3 * Math.PI / 4),
                (float) (-3 * Math.PI / 4), (float) Math.PI);
    }
}

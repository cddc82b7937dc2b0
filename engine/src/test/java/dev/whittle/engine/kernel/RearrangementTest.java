package dev.whittle.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.engine.plan.PlanOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The operators that cut, join, pad, turn and rearrange whole tensors.
class RearrangementTest {

    private static OneOperator counting(Options options, int... shape) {
        Shape of = Shape.of(shape);
        return OneOperator.of(options).data(ElementType.INT32, of,
                Buffer.ofInts(IntStream.range(0, of.elementCount()).toArray()));
    }

    private static int[] run(OneOperator operator) {
        return operator.output(ElementType.INT32).run().toInts();
    }

    private static Options.StridedSlice masks(int begin, int end, int ellipsis, int newAxis, int shrink) {
        return new Options.StridedSlice(begin, end, ellipsis, newAxis, shrink, false);
    }

    /// `bytes` of element i hold i in their lowest byte.
    private static Buffer numbered(ElementType type, int count) {
        int width = type == ElementType.STRING ? 1 : type.bits() / Byte.SIZE;
        if (type != ElementType.STRING) {
            byte[] bytes = new byte[count * width];
            for (int i = 0; i < count; i++) {
                bytes[i * width] = (byte) i;
            }
            return Buffer.of(bytes);
        }
        ByteBuffer packed = ByteBuffer.allocate(Integer.BYTES * (count + 2) + count).order(ByteOrder.LITTLE_ENDIAN);
        packed.putInt(count);
        for (int i = 0; i <= count; i++) {
            packed.putInt(Integer.BYTES * (count + 2) + i);
        }
        for (int i = 0; i < count; i++) {
            packed.put((byte) i);
        }
        return Buffer.wrap(packed.flip());
    }

    @Test
    void everyElementTypeIsMovedAlike() {
        for (ElementType type : ElementType.values()) {
            if (Movement.types().contains(type) && (type == ElementType.STRING || type.bits() >= Byte.SIZE)) {
                byte[] turned = OneOperator.of(Options.Plain.TRANSPOSE).data(type, Shape.of(2, 3), numbered(type, 6))
                        .constant(1, 0).output(type).run().toBytes();
                int width = type == ElementType.STRING ? 1 : type.bits() / Byte.SIZE;
                int start = type == ElementType.STRING ? Integer.BYTES * 8 : 0;

                for (int i = 0; i < 6; i++) {
                    assertThat(turned[start + i * width]).as("%s, element %s", type, i)
                            .isEqualTo((byte) (i % 2 * 3 + i / 2));
                }
            }
        }
    }

    @Test
    void stridedSliceFollowsItsMasks() {
        assertThat(run(counting(masks(0, 0, 0, 0, 0), 6).constant(-2).constant(-7).constant(-2)))
                .containsExactly(4, 2, 0);
        assertThat(run(counting(masks(1, 1, 0, 0, 0), 2, 3).constant(5, 1).constant(0, 3).constant(-1, 1)))
                .containsExactly(4, 5, 1, 2);
        assertThat(run(counting(masks(0, 0, 1, 0, 2), 2, 2, 3).constant(0, 1).constant(0, 0).constant(1, 1)))
                .containsExactly(1, 4, 7, 10);
        assertThat(counting(masks(0, 0, 0, 1, 2), 3, 2).constant(9, -1).constant(9, 9).constant(9, 1)
                .output(ElementType.INT32).outputShape()).isEqualTo(Shape.of(1, 2));
        assertThat(run(counting(new Options.StridedSlice(0, 0, 0, 0, 0, true), 8).constant(2).constant(3)
                .constant(1))).containsExactly(2, 3, 4);
        assertThat(run(counting(masks(0, 0, 0, 0, 0), 4).constant(3).constant(1).constant(1))).isEmpty();
    }

    @Test
    void stridedSliceThatCannotBeIsRefused() {
        assertThatThrownBy(() -> run(counting(masks(0, 0, 0, 0, 0), 4).constant(0).constant(4).constant(0)))
                .isInstanceOf(MalformedModelException.class)
                .hasMessage("[test.tflite] STRIDED_SLICE #0 \"out1\": stride of axis 0 is 0, must not be");
        assertThatThrownBy(() -> run(counting(masks(0, 0, 0, 0, 1), 4).constant(4).constant(5).constant(1)))
                .isInstanceOf(MalformedModelException.class)
                .hasMessage("[test.tflite] STRIDED_SLICE #0 \"out1\": takes element 4 of axis 0, which has 4");
        assertThatThrownBy(() -> run(counting(masks(0, 0, 0, 0, 0), 4).constant(0, 0).constant(1, 1)
                .constant(1, 1))).isInstanceOf(MalformedModelException.class).hasMessage("[test.tflite] "
                        + "STRIDED_SLICE #0 \"out1\": has 2 entries for an input of shape [4], must have up to 1");
    }

    @Test
    void sliceTakesSizesOrAllThatIsLeft() {
        assertThat(run(counting(Options.Plain.SLICE, 3, 4).constant(1, 2).constant(-1, 1))).containsExactly(6, 10);
        assertThatThrownBy(() -> run(counting(Options.Plain.SLICE, 3).constant(2).constant(2)))
                .isInstanceOf(MalformedModelException.class).hasMessage("[test.tflite] SLICE #0 \"out1\": takes 2 "
                        + "from 2 on along axis 0, must be -1 to 1");
    }

    @Test
    void partsAddUpToTheWhole() {
        List<Buffer> parts = counting(new Options.SplitV(3), 2, 5).constant(1, -1, 2).scalar(-1)
                .output(ElementType.INT32).output(ElementType.INT32).output(ElementType.INT32)
                .run(PlanOptions.defaults());

        assertThat(parts.stream().map(Buffer::toInts)).containsExactly(new int[]{0, 5}, new int[]{1, 2, 6, 7},
                new int[]{3, 4, 8, 9});
        assertThatThrownBy(() -> counting(new Options.SplitV(2), 5).constant(1, 3).scalar(0)
                .output(ElementType.INT32).output(ElementType.INT32).run(PlanOptions.defaults()))
                .isInstanceOf(MalformedModelException.class).hasMessage("[test.tflite] SPLIT_V #0 \"out1\": "
                        + "parts add up to 4 along axis 0, the input has 5");
    }

    @Test
    void packAndUnpackAreInverse() {
        Buffer first = Buffer.ofInts(1, 2);
        Buffer second = Buffer.ofInts(3, 4);
        Buffer packed = OneOperator.of(new Options.Pack(2, -1)).data(ElementType.INT32, Shape.of(2), first)
                .data(ElementType.INT32, Shape.of(2), second).output(ElementType.INT32).run();

        assertThat(packed).isEqualTo(Buffer.ofInts(1, 3, 2, 4));
        assertThat(OneOperator.of(new Options.Unpack(2, 1)).data(ElementType.INT32, Shape.of(2, 2), packed)
                .output(ElementType.INT32).output(ElementType.INT32).run(PlanOptions.defaults()))
                .containsExactly(first, second);
    }

    @Test
    void concatenatedUnsignedCodesTakeTheScaleOfTheOutput() {
        Buffer joined = OneOperator.of(new Options.Concatenation(1, Activation.NONE))
                .data(ElementType.UINT8, Shape.of(2, 2), QuantizationParameters.perTensor(0.5f, 10),
                        Buffer.of((byte) 10, (byte) 11, (byte) 9, (byte) 255))
                .data(ElementType.UINT8, Shape.of(2, 1), QuantizationParameters.perTensor(1, 20),
                        Buffer.of((byte) 3, (byte) 200))
                .output(ElementType.UINT8, QuantizationParameters.perTensor(1, 20)).run();

        // Halves go away from zero: 0.5 to 1 and -0.5 to -1.
        assertThat(joined).isEqualTo(Buffer.of((byte) 20, (byte) 21, (byte) 3, (byte) 19, (byte) 143, (byte) 200));
    }

    @Test
    void concatenatedSignedCodesMustHaveTheScaleOfTheOutput() {
        assertThatThrownBy(() -> OneOperator.of(new Options.Concatenation(0, Activation.NONE))
                .data(ElementType.INT8, Shape.of(1), QuantizationParameters.perTensor(0.5f, 0), Buffer.of((byte) 1))
                .output(ElementType.INT8, QuantizationParameters.perTensor(1, 0)).run())
                .isInstanceOf(UnsupportedModelException.class).hasMessage("[test.tflite] CONCATENATION #0 \"out1\": "
                        + "input 0 is quantized otherwise than the output, must be alike");
    }

    @Test
    void paddingIsRealZeroOrTheValue() {
        QuantizationParameters quantization = QuantizationParameters.perTensor(0.5f, -3);
        assertThat(OneOperator.of(Options.Plain.PAD)
                .data(ElementType.INT8, Shape.of(1, 2), quantization, Buffer.of((byte) 7, (byte) 8))
                .constant(ElementType.INT64, Shape.of(2, 2), Buffer.ofLongs(0, 1, 1, 0))
                .output(ElementType.INT8, quantization).run())
                .isEqualTo(Buffer.of((byte) -3, (byte) 7, (byte) 8, (byte) -3, (byte) -3, (byte) -3));
        assertThat(run(counting(Options.Plain.PADV2, 2)
                .constant(ElementType.INT32, Shape.of(1, 2), Buffer.ofInts(1, 2)).scalar(9)))
                .containsExactly(9, 0, 1, 9, 9);
    }

    @Test
    void interiorPaddingAndCropping() {
        // 0 _ _ 1 _ _ 2, of which two are cut off in front and one is added behind.
        assertThat(run(counting(new Options.StablehloPad(List.of(-2L), List.of(1L), List.of(2L)), 3).scalar(7)))
                .containsExactly(7, 1, 7, 7, 2, 7);
        assertThat(run(counting(Options.Plain.DILATE, 2, 2).constant(2, 3).scalar(-1)))
                .containsExactly(0, -1, -1, 1, -1, -1, -1, -1, 2, -1, -1, 3);
    }

    @Test
    void mirrorsRepeatTheEdgeOrNot() {
        OneOperator symmetric = counting(new Options.MirrorPad(true), 2, 3).constant(ElementType.INT32,
                Shape.of(2, 2), Buffer.ofInts(1, 1, 1, 2));
        OneOperator reflect = counting(new Options.MirrorPad(false), 2, 3).constant(ElementType.INT32,
                Shape.of(2, 2), Buffer.ofInts(1, 1, 1, 2));

        assertThat(run(symmetric)).containsExactly(0, 0, 1, 2, 2, 1, 0, 0, 1, 2, 2, 1, 3, 3, 4, 5, 5, 4, 3, 3, 4, 5,
                5, 4);
        assertThat(run(reflect)).containsExactly(4, 3, 4, 5, 4, 3, 1, 0, 1, 2, 1, 0, 4, 3, 4, 5, 4, 3, 1, 0, 1, 2, 1,
                0);
        assertThatThrownBy(() -> run(counting(new Options.MirrorPad(false), 3).constant(ElementType.INT32,
                Shape.of(1, 2), Buffer.ofInts(0, 3)))).isInstanceOf(MalformedModelException.class)
                .hasMessage("[test.tflite] MIRROR_PAD #0 \"out1\": paddings of axis 0 are 0 and 3, must be 0 to 2");
    }

    @Test
    void repetitions() {
        assertThat(run(counting(Options.Plain.TILE, 2, 2).constant(2, 2)))
                .containsExactly(0, 1, 0, 1, 2, 3, 2, 3, 0, 1, 0, 1, 2, 3, 2, 3);
        assertThat(run(counting(Options.Plain.BROADCAST_TO, 2, 1).constant(2, 2, 3)))
                .containsExactly(0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1);
        assertThatThrownBy(() -> run(counting(Options.Plain.BROADCAST_TO, 2).constant(3)))
                .isInstanceOf(MalformedModelException.class).hasMessage("[test.tflite] BROADCAST_TO #0 \"out1\": "
                        + "cannot broadcast [2] to [3], dimensions must be equal or 1");
    }

    @Test
    void reversals() {
        assertThat(run(counting(Options.Plain.REVERSE_V2, 2, 3).constant(0, -1))).containsExactly(5, 4, 3, 2, 1, 0);
        assertThat(run(counting(new Options.ReverseSequence(1, 0), 4, 3, 2).data(ElementType.INT64, Shape.of(4),
                Buffer.ofLongs(3, 2, 0, 1)))).containsExactly(4, 5, 2, 3, 0, 1, 8, 9, 6, 7, 10, 11, 12, 13, 14, 15,
                        16, 17, 18, 19, 20, 21, 22, 23);
        assertThat(run(counting(new Options.ReverseSequence(0, 2), 3, 1, 2).data(ElementType.INT32, Shape.of(2),
                Buffer.ofInts(3, 2)))).containsExactly(4, 3, 2, 1, 0, 5);
        assertThatThrownBy(() -> run(counting(new Options.ReverseSequence(1, 0), 1, 3).data(ElementType.INT32,
                Shape.of(1), Buffer.ofInts(4)))).isInstanceOf(MalformedModelException.class)
                .hasMessage("[test.tflite] REVERSE_SEQUENCE #0 \"out1\": sequence lengths[0] is 4, must be 0 to 3");
    }

    @Test
    void blocksGoToDepthAndBack() {
        int[] deep = run(counting(new Options.SpaceToDepth(2), 1, 2, 4, 1));
        assertThat(deep).containsExactly(0, 1, 4, 5, 2, 3, 6, 7);
        assertThat(OneOperator.of(new Options.DepthToSpace(2)).data(ElementType.INT32, Shape.of(1, 1, 2, 4),
                Buffer.ofInts(deep)).output(ElementType.INT32).run().toInts())
                .isEqualTo(IntStream.range(0, 8).toArray());
    }

    @Test
    void blocksGoToBatchesAndBack() {
        OneOperator toBatch = counting(Options.Plain.SPACE_TO_BATCH_ND, 2, 1, 3, 1).constant(2, 2).constant(
                ElementType.INT32, Shape.of(2, 2), Buffer.ofInts(1, 0, 0, 1));
        int[] batches = run(toBatch);
        // Rows of the padded images: 0 0 0 0 and 0 1 2 0; 0 0 0 0 and 3 4 5 0.
        assertThat(batches).containsExactly(0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 3, 5, 1, 0, 4, 0);

        int[] back = OneOperator.of(Options.Plain.BATCH_TO_SPACE_ND)
                .data(ElementType.INT32, Shape.of(8, 1, 2, 1), Buffer.ofInts(batches)).constant(2, 2)
                .constant(ElementType.INT32, Shape.of(2, 2), Buffer.ofInts(1, 0, 0, 1)).output(ElementType.INT32).run()
                .toInts();
        assertThat(back).isEqualTo(IntStream.range(0, 6).toArray());
        assertThat(run(counting(Options.Plain.SPACE_TO_BATCH_ND, 1, 4, 2).constant(2)
                .constant(ElementType.INT32, Shape.of(1, 2), Buffer.ofInts(0, 0))))
                .containsExactly(0, 1, 4, 5, 2, 3, 6, 7);
    }

    @Test
    void computedValuesMayChangeFromRunToRun() {
        OneOperator operator = counting(Options.Plain.SLICE, 6).data(ElementType.INT32, Shape.of(1), Buffer.ofInts(1))
                .data(ElementType.INT32, Shape.of(1), Buffer.ofInts(2)).output(ElementType.INT32);
        try (Interpreter interpreter = operator.ready(PlanOptions.defaults())) {
            interpreter.invoke();
            assertThat(Buffer.wrap(interpreter.output(0).toBytes()).toInts()).containsExactly(1, 2);

            interpreter.input(1).putBytes(Buffer.ofInts(3).bytes());
            interpreter.input(2).putBytes(Buffer.ofInts(-1).bytes());
            interpreter.invoke();
            assertThat(Buffer.wrap(interpreter.output(0).toBytes()).toInts()).containsExactly(3, 4, 5);

            interpreter.input(1).putBytes(Buffer.ofInts(7).bytes());
            assertThatThrownBy(interpreter::invoke).isInstanceOf(MalformedModelException.class)
                    .hasMessage("[test.tflite] SLICE #0 \"out1\": begins at 7 of axis 0, must be 0 to 6");
        }
    }

    @Test
    void tensorsWithoutElementsStayEmpty() {
        assertThat(counting(Options.Plain.TRANSPOSE, 0, 3).constant(1, 0).output(ElementType.INT32).outputShape())
                .isEqualTo(Shape.of(3, 0));
        assertThat(run(counting(Options.Plain.TILE, 2, 0).constant(3, 1 << 20))).isEmpty();
        assertThat(run(counting(new Options.Concatenation(0, Activation.NONE), 0).constant(4, 5)))
                .containsExactly(4, 5);
        assertThat(Arrays.stream(run(counting(Options.Plain.PAD, 0).constant(ElementType.INT32, Shape.of(1, 2),
                Buffer.ofInts(1, 1))))).containsExactly(0, 0);
    }

    @Test
    void densifyGivesWhatItIsGivenForReadingMakesConstantsDense() {
        assertThat(run(OneOperator.of(Options.Plain.DENSIFY).constant(4, 0, 0, 7))).containsExactly(4, 0, 0, 7);
        assertThat(run(counting(Options.Plain.DENSIFY, 2, 2))).containsExactly(0, 1, 2, 3);
    }

    @Test
    void shapesOfTheSameElements() {
        assertThat(counting(new Options.Squeeze(List.of()), 1, 2, 1).output(ElementType.INT32).outputShape())
                .isEqualTo(Shape.of(2));
        assertThat(counting(new Options.Squeeze(List.of(-1)), 1, 2, 1).output(ElementType.INT32).outputShape())
                .isEqualTo(Shape.of(1, 2));
        assertThat(counting(Options.Plain.EXPAND_DIMS, 2, 3).scalar(-1).output(ElementType.INT32).outputShape())
                .isEqualTo(Shape.of(2, 3, 1));
        assertThat(counting(new Options.Reshape(null), 0, 3).constant(0, -1).output(ElementType.INT32)
                .outputShape()).isEqualTo(Shape.of(0, 3));
        assertThatThrownBy(() -> run(counting(new Options.Squeeze(List.of(1)), 1, 2)))
                .isInstanceOf(MalformedModelException.class).hasMessage("[test.tflite] SQUEEZE #0 \"out1\": "
                        + "squeezes axis 1 of [1, 2], must be a dimension of 1");
    }
}

package dev.whittle.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.plan.PlanOptions;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The operators that pick, number or gather elements by their values.
class SelectionTest {

    @Test
    void firstOfEqualsIsTheExtreme() {
        for (ElementType indexType : List.of(ElementType.INT32, ElementType.INT64)) {
            Buffer max = OneOperator.of(new Options.ArgExtreme(OperatorCode.ARG_MAX, indexType))
                    .floats(Shape.of(2, 3), 1, 5, 5, -1, -3, -1).scalar(-1).output(indexType).run();
            Buffer min = OneOperator.of(new Options.ArgExtreme(OperatorCode.ARG_MIN, indexType))
                    .data(ElementType.UINT8, Shape.of(2, 2), Buffer.of((byte) 200, (byte) 3, (byte) 100, (byte) 3))
                    .scalar(0).output(indexType).run();

            assertThat(Integers.of(max, indexType, 2)).containsExactly(1, 0);
            assertThat(Integers.of(min, indexType, 2)).containsExactly(1, 0);
        }
    }

    @Test
    void extremeOfNothingIsRefused() {
        assertThatThrownBy(() -> OneOperator.of(new Options.ArgExtreme(OperatorCode.ARG_MAX, ElementType.INT32))
                .floats(Shape.of(2, 0)).scalar(1).output(ElementType.INT32).run())
                .isInstanceOf(MalformedModelException.class).hasMessage("[test.tflite] ARG_MAX #0 \"out1\": "
                        + "input has shape [2, 0], must have elements along axis 1");
    }

    @Test
    void topKIsASortCutOff() {
        Random random = new Random(77);
        for (int k : new int[]{0, 1, 2, 7, 30}) {
            int[] row = random.ints(30, -8, 8).toArray();
            List<Buffer> outputs = OneOperator.of(Options.Plain.TOPK_V2)
                    .data(ElementType.INT32, Shape.of(1, 30), Buffer.ofInts(row)).scalar(k).output(ElementType.INT32)
                    .output(ElementType.INT32).run(PlanOptions.defaults());
            int[] expected = IntStream.range(0, 30).boxed().sorted(Comparator.comparing(i -> -row[i])).limit(k)
                    .mapToInt(i -> i).toArray();

            assertThat(outputs.get(1).toInts()).as("seed 77, k %s", k).isEqualTo(expected);
            assertThat(outputs.get(0).toInts()).isEqualTo(Arrays.stream(expected).map(i -> row[i]).toArray());
        }
    }

    @Test
    void topKOrdersFloatsOfBothSigns() {
        List<Buffer> outputs = OneOperator.of(Options.Plain.TOPK_V2)
                .floats(Shape.of(6), -0f, -1, 0, Float.NEGATIVE_INFINITY, 2, 0).scalar(6).output(ElementType.FLOAT32)
                .output(ElementType.INT32).run(PlanOptions.defaults());

        assertThat(outputs.get(1).toInts()).containsExactly(4, 0, 2, 5, 1, 3);
    }

    @Test
    void moreThanThereAreIsRefused() {
        assertThatThrownBy(() -> OneOperator.of(Options.Plain.TOPK_V2).floats(Shape.of(2, 3), 1, 2, 3, 4, 5, 6)
                .scalar(4).output(ElementType.FLOAT32).output(ElementType.INT32).run())
                .isInstanceOf(MalformedModelException.class).hasMessage("[test.tflite] TOPK_V2 #0 \"out1\": k is 4, "
                        + "input of shape [2, 3] has 3 elements along its last dimension");
    }

    @Test
    void runningSumsGoEitherWayWithOrWithoutTheirOwnElement() {
        for (ElementType type : List.of(ElementType.INT32, ElementType.INT64, ElementType.FLOAT32)) {
            assertThat(cumsum(type, false, false)).containsExactly(1, 2, 4, 6, 9, 12);
            assertThat(cumsum(type, true, false)).containsExactly(0, 0, 1, 2, 4, 6);
            assertThat(cumsum(type, false, true)).containsExactly(9, 12, 8, 10, 5, 6);
            assertThat(cumsum(type, true, true)).containsExactly(8, 10, 5, 6, 0, 0);
        }
    }

    private static int[] cumsum(ElementType type, boolean exclusive, boolean reverse) {
        Buffer elements = switch (type) {
            case INT32 -> Buffer.ofInts(1, 2, 3, 4, 5, 6);
            case INT64 -> Buffer.ofLongs(1, 2, 3, 4, 5, 6);
            default -> Buffer.ofFloats(1, 2, 3, 4, 5, 6);
        };
        Buffer sums = OneOperator.of(new Options.Cumsum(exclusive, reverse)).data(type, Shape.of(3, 2), elements)
                .scalar(-2).output(type).run();
        int[] result = new int[6];
        for (int i = 0; i < result.length; i++) {
            result[i] = switch (type) {
                case INT32 -> sums.toInts()[i];
                case INT64 -> (int) sums.toLongs()[i];
                default -> (int) sums.toFloats()[i];
            };
        }
        return result;
    }

    @Test
    void slicesFoldIntoTheirSegments() {
        assertThat(OneOperator.of(Options.Plain.SEGMENT_SUM).floats(Shape.of(3, 2), 1, 2, 3, 4, 5, 6).constant(0, 0, 1)
                .output(ElementType.FLOAT32).run().toFloats()).containsExactly(4, 6, 5, 6);
        assertThat(OneOperator.of(Options.Plain.UNSORTED_SEGMENT_MAX)
                .data(ElementType.INT32, Shape.of(2, 2), Buffer.ofInts(1, 9, 3, 4))
                .constant(ElementType.INT32, Shape.of(2, 2), Buffer.ofInts(2, -1, 2, 0)).scalar(3)
                .output(ElementType.INT32).run().toInts()).containsExactly(4, Integer.MIN_VALUE, 3);
    }

    @Test
    void segmentsThatDoNotExistAreRefused() {
        assertThatThrownBy(() -> OneOperator.of(Options.Plain.SEGMENT_SUM).floats(Shape.of(2), 1, 2).constant(0, 2)
                .output(ElementType.FLOAT32).run()).isInstanceOf(MalformedModelException.class).hasMessage(
                        "[test.tflite] SEGMENT_SUM #0 \"out1\": segment id 2 after 0, must start at 0 and rise by at "
                                + "most 1");
        assertThatThrownBy(() -> OneOperator.of(Options.Plain.UNSORTED_SEGMENT_SUM).floats(Shape.of(2), 1, 2)
                .data(ElementType.INT32, Shape.of(2), Buffer.ofInts(0, 5)).scalar(5).output(ElementType.FLOAT32).run())
                .isInstanceOf(MalformedModelException.class).hasMessage(
                        "[test.tflite] UNSORTED_SEGMENT_SUM #0 \"out1\": segment id 5, must be below 5");
        // Found by fuzzing: the values themselves once filled megabytes of message.
        assertThatThrownBy(() -> OneOperator.of(Options.Plain.UNSORTED_SEGMENT_MIN).floats(Shape.of(2), 1, 2)
                .data(ElementType.INT32, Shape.of(2), Buffer.ofInts(0, 5)).constant(new int[9000])
                .output(ElementType.FLOAT32).run())
                .isInstanceOf(MalformedModelException.class).hasMessage(
                        "[test.tflite] UNSORTED_SEGMENT_MIN #0 \"out1\": number of segments has 9000 elements, "
                                + "must be one");
    }

    @Test
    void aBoundaryBelongsToTheBucketAboveIt() {
        assertThat(OneOperator.of(new Options.Bucketize(List.of(-1f, 0f, 0f, 2.5f)))
                .floats(Shape.of(6), -2, -1, -0f, 2, 2.5f, Float.NaN).output(ElementType.INT32).run().toInts())
                .containsExactly(0, 1, 3, 3, 4, 4);
        assertThatThrownBy(() -> OneOperator.of(new Options.Bucketize(List.of(1f, 0f))).floats(Shape.of(1), 1)
                .output(ElementType.INT32).run()).isInstanceOf(MalformedModelException.class).hasMessage(
                        "[test.tflite] BUCKETIZE #0 \"out1\": boundary 0.0 after 1.0, must not fall");
    }

    @Test
    void overlappingBoxesAreSuppressedAndTheRestIsZero() {
        List<Buffer> outputs = OneOperator.of(Options.Plain.NON_MAX_SUPPRESSION_V4)
                .floats(Shape.of(4, 4), 0, 0, 1, 1, 1, 1, 0, 0.1f, 2, 2, 3, 3, 5, 5, 6, 6)
                .floats(Shape.of(4), 0.8f, 0.9f, 0.7f, 0.1f).scalar(3).scalar(0.5f).scalar(0.2f)
                .output(ElementType.INT32).output(ElementType.INT32).run(PlanOptions.defaults());

        assertThat(outputs.get(0).toInts()).containsExactly(1, 2, 0);
        assertThat(outputs.get(1).toInts()).containsExactly(2);
    }

    @Test
    void softSuppressionLowersScores() {
        List<Buffer> outputs = OneOperator.of(Options.Plain.NON_MAX_SUPPRESSION_V5)
                .floats(Shape.of(3, 4), 0, 0, 1, 1, 0, 0, 1, 0.5f, 2, 2, 3, 3).floats(Shape.of(3), 0.9f, 0.8f, 0.6f)
                .scalar(3).scalar(1f).scalar(0f).scalar(0.25f).output(ElementType.INT32).output(ElementType.FLOAT32)
                .output(ElementType.INT32).run(PlanOptions.defaults());

        // The overlap of the first two is a half: 0.8 · exp(−0.25 / 0.5).
        assertThat(outputs.get(0).toInts()).containsExactly(0, 2, 1);
        assertThat(outputs.get(1).toFloats()).containsExactly(0.9f, 0.6f, 0.8f * (float) Math.exp(-0.5));
        assertThat(outputs.get(2).toInts()).containsExactly(3);
    }
}

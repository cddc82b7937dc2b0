package dev.whittle.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.plan.PlanOptions;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The operators that pick and place elements by indices that show at run time.
class PlacementTest {

    private static OneOperator counting(Options options, int... shape) {
        Shape of = Shape.of(shape);
        return OneOperator.of(options).data(ElementType.INT32, of,
                Buffer.ofInts(IntStream.range(0, of.elementCount()).toArray()));
    }

    private static OneOperator indexed(OneOperator operator, Shape shape, int... indices) {
        return operator.data(ElementType.INT32, shape, Buffer.ofInts(indices));
    }

    private static int[] run(OneOperator operator) {
        return operator.output(ElementType.INT32).run().toInts();
    }

    @Test
    void gatherKeepsTheAxesAround() {
        assertThat(run(indexed(counting(new Options.Gather(1, 0), 2, 3, 2), Shape.of(2), 2, 0)))
                .containsExactly(4, 5, 0, 1, 10, 11, 6, 7);
        OneOperator batched = indexed(counting(new Options.Gather(-1, 1), 2, 2, 3), Shape.of(2, 2), 0, 2, 1, 1);
        assertThat(run(batched)).containsExactly(0, 2, 3, 5, 7, 7, 10, 10);
        assertThat(batched.outputShape()).isEqualTo(Shape.of(2, 2, 2));
        assertThat(run(counting(new Options.Gather(0, 0), 3).data(ElementType.INT16, Shape.of(),
                Buffer.ofShorts((short) 2)))).containsExactly(2);
    }

    @Test
    void indexOutsideIsFoundWhereItStands() {
        assertThatThrownBy(() -> run(indexed(counting(new Options.Gather(0, 0), 3), Shape.of(2), 1, 3)))
                .isInstanceOf(MalformedModelException.class)
                .hasMessage("[test.tflite] GATHER #0 \"out1\": index[1] is 3, must be 0 to 2");
        assertThatThrownBy(() -> run(indexed(counting(Options.Plain.GATHER_ND, 2, 3), Shape.of(1, 2), -1, 0)))
                .isInstanceOf(MalformedModelException.class)
                .hasMessage("[test.tflite] GATHER_ND #0 \"out1\": index[0] is -1, must be 0 to 1");
        assertThatThrownBy(() -> run(indexed(counting(new Options.Gather(0, 0), 0), Shape.of(1), 0)))
                .isInstanceOf(MalformedModelException.class).hasMessage("[test.tflite] GATHER #0 \"out1\": index[0] "
                        + "is 0, must be absent, since there is nothing to index");
    }

    @Test
    void positionsNameElementsOrSlices() {
        assertThat(run(indexed(counting(Options.Plain.GATHER_ND, 2, 3), Shape.of(2, 2), 1, 2, 0, 1)))
                .containsExactly(5, 1);
        assertThat(run(indexed(counting(Options.Plain.GATHER_ND, 2, 3), Shape.of(2, 1), 1, 0)))
                .containsExactly(3, 4, 5, 0, 1, 2);
    }

    @Test
    void scatteredUpdatesAddUp() {
        OneOperator operator = indexed(OneOperator.of(Options.Plain.SCATTER_ND), Shape.of(3, 1), 2, 0, 2);
        assertThat(run(indexed(operator, Shape.of(3, 2), 1, 2, 3, 4, 5, 6).constant(4, 2)))
                .containsExactly(3, 4, 0, 0, 6, 8, 0, 0);
        OneOperator outside = indexed(OneOperator.of(Options.Plain.SCATTER_ND), Shape.of(1, 1), 4);
        assertThatThrownBy(() -> run(indexed(outside, Shape.of(1), 1).constant(4)))
                .isInstanceOf(MalformedModelException.class)
                .hasMessage("[test.tflite] SCATTER_ND #0 \"out1\": index[0] is 4, must be 0 to 3");
        OneOperator misshapen = indexed(OneOperator.of(Options.Plain.SCATTER_ND), Shape.of(1, 1), 4);
        assertThatThrownBy(() -> run(indexed(misshapen, Shape.of(2), 1, 1).constant(4)))
                .isInstanceOf(MalformedModelException.class)
                .hasMessage("[test.tflite] SCATTER_ND #0 \"out1\": updates has shape [2], must have [1]");
    }

    @Test
    void sparseValuesStandInADefault() {
        OneOperator plane = indexed(OneOperator.of(new Options.SparseToDense(true)), Shape.of(2, 2), 0, 1, 1, 0)
                .constant(2, 2);
        assertThat(run(indexed(plane, Shape.of(2), 7, 8).scalar(-1))).containsExactly(-1, 7, 8, -1);
        OneOperator line = indexed(OneOperator.of(new Options.SparseToDense(true)), Shape.of(2), 0, 3).constant(4);
        assertThat(run(line.scalar(5).scalar(0))).containsExactly(5, 0, 0, 5);
    }

    @Test
    void updatedSliceIsMovedBackInside() {
        OneOperator operator = indexed(counting(Options.Plain.DYNAMIC_UPDATE_SLICE, 3, 3), Shape.of(2, 1), 70, 80);
        assertThat(run(operator.data(ElementType.INT64, Shape.of(2), Buffer.ofLongs(Long.MAX_VALUE, -5))))
                .containsExactly(0, 1, 2, 70, 4, 5, 80, 7, 8);
    }

    @Test
    void selectionBroadcasts() {
        OneOperator all = OneOperator.of(Options.Plain.SELECT_V2)
                .data(ElementType.BOOL, Shape.of(2, 1), Buffer.of((byte) 1, (byte) 0))
                .data(ElementType.INT32, Shape.of(3), Buffer.ofInts(1, 2, 3))
                .data(ElementType.INT32, Shape.of(2, 1, 1), Buffer.ofInts(8, 9));
        assertThat(run(all)).containsExactly(1, 2, 3, 8, 8, 8, 1, 2, 3, 9, 9, 9);
        OneOperator rows = OneOperator.of(Options.Plain.SELECT)
                .data(ElementType.BOOL, Shape.of(2), Buffer.of((byte) 0, (byte) 1))
                .data(ElementType.INT32, Shape.of(2, 2), Buffer.ofInts(1, 2, 3, 4))
                .data(ElementType.INT32, Shape.of(2, 2), Buffer.ofInts(5, 6, 7, 8));
        assertThat(run(rows)).containsExactly(5, 6, 3, 4);
    }

    @Test
    void diagonals() {
        assertThat(run(counting(Options.Plain.MATRIX_DIAG, 2, 2))).containsExactly(0, 0, 0, 1, 2, 0, 0, 3);
        assertThat(run(indexed(counting(Options.Plain.MATRIX_SET_DIAG, 2, 3), Shape.of(2), 70, 80)))
                .containsExactly(70, 1, 2, 3, 80, 5);
    }

    @Test
    void oneHotVectorsStandAlongTheirAxis() {
        OneOperator last = indexed(OneOperator.of(new Options.OneHot(-1)), Shape.of(3), 1, -1, 2).scalar(3).scalar(5)
                .scalar(0);
        assertThat(run(last)).containsExactly(0, 5, 0, 0, 0, 0, 0, 0, 5);
        OneOperator first = indexed(OneOperator.of(new Options.OneHot(0)), Shape.of(2), 1, 0).scalar(2).scalar(5)
                .scalar(0);
        assertThat(run(first)).containsExactly(0, 5, 5, 0);
    }

    /// The example of LiteRT's own test.
    @Test
    void slicesAreGatheredAtComputedStarts() {
        OneOperator operator = counting(new Options.StablehloGather(List.of(2L, 3L), List.of(0L), List.of(1L, 0L), 2,
                List.of(1L, 2L, 2L), false), 3, 4, 2);
        assertThat(run(indexed(operator, Shape.of(2, 3, 2), 0, 0, 1, 0, 2, 1, 0, 1, 1, 1, 0, 9)))
                .containsExactly(0, 1, 2, 3, 2, 3, 4, 5, 12, 13, 14, 15, 8, 9, 10, 11, 10, 11, 12, 13, 16, 17, 18,
                        19);
    }

    @Test
    void collapsedAxisMustHoldWhatIsGathered() {
        OneOperator operator = counting(new Options.StablehloGather(List.of(1L), List.of(0L), List.of(0L), 1,
                List.of(0L, 2L), false), 0, 2);
        assertThatThrownBy(() -> run(indexed(operator, Shape.of(3, 1), 0, 0, 0)))
                .isInstanceOf(MalformedModelException.class).hasMessage("[test.tflite] STABLEHLO_GATHER #0 \"out1\": "
                        + "slice size of axis 0 is 0, must be 1 where the axis is collapsed and not empty");
    }

    @Test
    void embeddingsAreLookedUpWithTheScaleOfTheirRowOrBlock() {
        QuantizationParameters rows = QuantizationParameters.perChannel(new float[]{0.5f, 2}, new long[2], 0);
        Tensor table = Tensor.constant("table", ElementType.INT8, Shape.of(2, 2), rows, Buffer.of((byte) 1, (byte) -2,
                (byte) 3, (byte) 4));
        assertThat(indexed(OneOperator.of(Options.Plain.EMBEDDING_LOOKUP), Shape.of(3), 1, 0, 1).input(table)
                .output(ElementType.FLOAT32).run()).isEqualTo(Buffer.ofFloats(6, 8, 0.5f, -1, 6, 8));

        QuantizationParameters blocks = QuantizationParameters.perChannel(new float[]{1, 2, 3, 4}, new long[4], 0)
                .withBlockSize(2);
        // Four-bit codes, low half first: rows 1 2 3 4 and -1 -2 -3 -4.
        Tensor packed = Tensor.constant("table", ElementType.INT4, Shape.of(2, 4), blocks, Buffer.of((byte) 0x21,
                (byte) 0x43, (byte) 0xef, (byte) 0xcd));
        assertThat(indexed(OneOperator.of(Options.Plain.EMBEDDING_LOOKUP), Shape.of(2), 1, 0).input(packed)
                .output(ElementType.FLOAT32).run()).isEqualTo(Buffer.ofFloats(-3, -6, -12, -16, 1, 2, 6, 8));
        assertThatThrownBy(() -> indexed(OneOperator.of(Options.Plain.EMBEDDING_LOOKUP), Shape.of(1), 2)
                .input(table).output(ElementType.FLOAT32).run()).isInstanceOf(MalformedModelException.class)
                .hasMessage("[test.tflite] EMBEDDING_LOOKUP #0 \"out1\": row[0] is 2, must be 0 to 1");
    }

    /// The example of LiteRT's own test, with each combiner.
    @Test
    void sparseEmbeddingsAreCombined() {
        float[][] expected = {{1, 10, 0, 0, 6, 60}, {1, 10, 0, 0, 1, 10}, {1, 10, 0, 0, 6 / (float) Math.sqrt(20),
            60 / (float) Math.sqrt(20)}};
        for (int combiner = 0; combiner < 3; combiner++) {
            OneOperator operator = indexed(OneOperator.of(new Options.EmbeddingLookupSparse(combiner)), Shape.of(3), 1,
                    3, 0);
            assertThat(indexed(operator, Shape.of(3, 2), 0, 0, 2, 0, 2, 1).constant(3, 2)
                    .floats(Shape.of(3), 1, 2, 4).floats(Shape.of(4, 2), 0, 0, 1, 10, 2, 20, 3, 30)
                    .output(ElementType.FLOAT32).run()).as("combiner %s", combiner)
                    .isEqualTo(Buffer.ofFloats(expected[combiner]));
        }
    }

    @Test
    void rowsThatNothingIsLookedUpForStayZero() {
        OneOperator operator = indexed(OneOperator.of(new Options.EmbeddingLookupSparse(1)), Shape.of(1), 1);
        assertThat(indexed(operator, Shape.of(1, 2), 1, 0).constant(3, 1).floats(Shape.of(1), 2)
                .floats(Shape.of(2, 1), 5, 6).output(ElementType.FLOAT32).run()).isEqualTo(Buffer.ofFloats(0, 6, 0));
    }

    @Test
    void tableGivesZeroWhereThereIsNoKey() {
        OneOperator operator = indexed(OneOperator.of(Options.Plain.HASHTABLE_LOOKUP), Shape.of(3), 5, -2, 4)
                .constant(-2, 0, 5);
        List<Buffer> outputs = indexed(operator, Shape.of(3, 2), 1, 2, 3, 4, 5, 6).output(ElementType.INT32)
                .output(ElementType.UINT8).run(PlanOptions.defaults());

        assertThat(outputs).containsExactly(Buffer.ofInts(5, 6, 1, 2, 0, 0), Buffer.of((byte) 1, (byte) 1, (byte) 0));
    }
}

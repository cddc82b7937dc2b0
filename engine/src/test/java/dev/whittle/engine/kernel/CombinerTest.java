package dev.whittle.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.UnsupportedModelException;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The operators whose function is a subgraph: windows and scattered updates.
class CombinerTest {
    private static final Shape SQUARE = Shape.of(3, 3);
    private static final float[] NINE = {1, 2, 3, 4, 5, 6, 7, 8, 9};

    private static OneOperator windows(List<Long> window, List<Long> strides, List<Long> base, List<Long> dilations,
            List<Long> padding, Options body) {
        return OneOperator.of(new Options.StablehloReduceWindow(window, strides, base, dilations, padding, 1))
                .subgraph(ElementType.FLOAT32, body).floats(SQUARE, NINE).scalar(0f).output(ElementType.FLOAT32);
    }

    @Test
    void windowsSlideWithStridesAndDilations() {
        assertThat(windows(List.of(2L, 2L), List.of(), List.of(), List.of(), List.of(), Options.Plain.STABLEHLO_ADD)
                .run().toFloats()).containsExactly(12, 16, 24, 28);
        assertThat(windows(List.of(2L, 2L), List.of(1L, 1L), List.of(), List.of(2L, 2L), List.of(),
                Options.Plain.STABLEHLO_ADD).run().toFloats()).containsExactly(1 + 3 + 7 + 9);
        assertThat(windows(List.of(1L, 2L), List.of(2L, 1L), List.of(), List.of(), List.of(),
                Options.Plain.STABLEHLO_MAXIMUM).run().toFloats()).containsExactly(2, 3, 8, 9);
    }

    @Test
    void placesWithoutAnElementHoldTheInitialValue() {
        // 1 0 2 0 3 along each dimension, and one place more to the left.
        assertThat(windows(List.of(1L, 6L), List.of(), List.of(1L, 2L), List.of(), List.of(0L, 0L, 1L, 0L),
                Options.Plain.STABLEHLO_ADD).run().toFloats()).containsExactly(6, 15, 24);
        // Negative padding takes the first column away.
        assertThat(windows(List.of(1L, 2L), List.of(), List.of(), List.of(), List.of(0L, 0L, -1L, 0L),
                Options.Plain.STABLEHLO_ADD).run().toFloats()).containsExactly(5, 11, 17);
    }

    @Test
    void oldReduceWindowReadsItsSizesFromInputs() {
        OneOperator operator = OneOperator.of(new Options.ReduceWindow(4))
                .data(ElementType.INT32, SQUARE, Buffer.ofInts(1, 2, 3, 4, 5, 6, 7, 8, 9)).scalar(5);
        for (long[] values : new long[][]{{2, 2}, {1, 1}, {1, 1}}) {
            operator.constant(ElementType.INT64, Shape.of(2), Buffer.ofLongs(values));
        }
        assertThat(operator.output(ElementType.INT32).run().toInts()).containsExactly(5, 6, 8, 9);
    }

    @Test
    void otherBodiesAreRefused() {
        assertThatThrownBy(() -> windows(List.of(1L, 1L), List.of(), List.of(), List.of(), List.of(),
                Options.Plain.POW).run()).isInstanceOf(UnsupportedModelException.class).hasMessage(
                        "[test.tflite] STABLEHLO_REDUCE_WINDOW #0 \"out1\": subgraph 1 is POW, supported are sums, "
                                + "products, minimum, maximum, and, or");
        assertThatThrownBy(() -> windows(List.of(1L), List.of(), List.of(), List.of(), List.of(),
                Options.Plain.STABLEHLO_ADD).run()).isInstanceOf(MalformedModelException.class).hasMessage(
                        "[test.tflite] STABLEHLO_REDUCE_WINDOW #0 \"out1\": 1 window sizes, must have 2");
    }

    private static OneOperator scatter(ElementType type, Buffer input, Buffer updates, int[] indices, Options... body) {
        return OneOperator.of(new Options.StablehloScatter(false, List.of(1L), List.of(0L), List.of(0L), 1, false, 1))
                .subgraph(type, body).data(type, Shape.of(3, 2), input).constant(ElementType.INT32,
                        Shape.of(indices.length, 1), Buffer.ofInts(indices))
                .data(type, Shape.of(indices.length, 2), updates).output(type);
    }

    @Test
    void rowsAreScatteredAndThoseOutsideIgnored() {
        Buffer zeros = Buffer.ofInts(0, 0, 0, 0, 0, 1);
        Buffer updates = Buffer.ofInts(1, 2, 3, 4, 5, 6, 7, 8);

        assertThat(scatter(ElementType.INT32, zeros, updates, new int[]{2, 0, 2, 3}, Options.Plain.STABLEHLO_ADD).run()
                .toInts()).containsExactly(3, 4, 0, 0, 6, 9);
        assertThat(scatter(ElementType.INT32, zeros, updates, new int[]{2, 0, 2, -1}).run().toInts())
                .containsExactly(3, 4, 0, 0, 5, 6);
    }

    @Test
    void unsignedNumbersAreComparedWithoutSign() {
        assertThat(scatter(ElementType.UINT64, Buffer.ofLongs(1, -1, 1, -1, 1, -1), Buffer.ofLongs(-1, 1),
                new int[]{1}, Options.Plain.STABLEHLO_MAXIMUM).run().toLongs()).containsExactly(1, -1, -1, -1, 1, -1);
    }

    @Test
    void updatesThatDoNotFitAreRefused() {
        assertThatThrownBy(() -> OneOperator
                .of(new Options.StablehloScatter(false, List.of(), List.of(0L), List.of(0L), 1, false, 1))
                .subgraph(ElementType.FLOAT32).floats(Shape.of(3, 2), 1, 2, 3, 4, 5, 6).constant(ElementType.INT32,
                        Shape.of(1, 1), Buffer.ofInts(0))
                .floats(ONE_ROW, 1, 2).output(ElementType.FLOAT32).run()).isInstanceOf(MalformedModelException.class)
                .hasMessage("[test.tflite] STABLEHLO_SCATTER #0 \"out1\": input has shape [3, 2], indices [1, 1] and "
                        + "updates [1, 2], do not fit 0 window dimensions, 1 of them inserted");
    }

    private static final Shape ONE_ROW = Shape.of(1, 2);
}

package dev.whittle.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.engine.plan.PlanOptions;
import org.junit.jupiter.api.Test;

class ReduceTest {
    private static final Shape CUBE = Shape.of(2, 3, 2);

    private static OneOperator reduce(OperatorCode code, boolean keepDims) {
        return OneOperator.of(new Options.Reduce(code, keepDims));
    }

    private static OneOperator cube(OperatorCode code, boolean keepDims, int... axes) {
        return reduce(code, keepDims).floats(CUBE, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12).constant(axes)
                .output(ElementType.FLOAT32);
    }

    @Test
    void reducesOverAnyAxes() {
        assertThat(cube(OperatorCode.SUM, false, 0, 2).run().toFloats()).containsExactly(18, 26, 34);
        assertThat(cube(OperatorCode.MEAN, false, 1).run().toFloats()).containsExactly(3, 4, 9, 10);
        assertThat(cube(OperatorCode.REDUCE_MAX, false, -1, -3).run().toFloats()).containsExactly(8, 10, 12);
        assertThat(cube(OperatorCode.REDUCE_PROD, false, 2).run().toFloats()).containsExactly(2, 12, 30, 56, 90, 132);
        assertThat(cube(OperatorCode.REDUCE_MIN, false).run().toFloats()).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9,
                10, 11, 12);
    }

    @Test
    void keptDimensionsBecomeOne() {
        assertThat(cube(OperatorCode.SUM, true, 0, 2, 0).outputShape()).isEqualTo(Shape.of(1, 3, 1));
        assertThat(cube(OperatorCode.SUM, false, 0, 1, 2).outputShape()).isEqualTo(Shape.of());
    }

    @Test
    void aScalarHasNothingToReduce() {
        assertThat(reduce(OperatorCode.SUM, false).floats(Shape.of(), 7).constant(3).output(ElementType.FLOAT32).run()
                .toFloats()).containsExactly(7);
    }

    @Test
    void aReductionOfNothingIsNeutral() {
        Shape empty = Shape.of(0, 2);
        assertThat(reduce(OperatorCode.REDUCE_PROD, false).floats(empty).constant(0).output(ElementType.FLOAT32).run()
                .toFloats()).containsExactly(1, 1);
        assertThat(reduce(OperatorCode.MEAN, false).floats(empty).constant(0).output(ElementType.FLOAT32).run()
                .toFloats()).containsExactly(Float.NaN, Float.NaN);
        assertThat(reduce(OperatorCode.REDUCE_MAX, false).data(ElementType.INT32, empty, Buffer.ofInts()).constant(0)
                .output(ElementType.INT32).run().toInts()).containsExactly(Integer.MIN_VALUE, Integer.MIN_VALUE);
    }

    @Test
    void integersWrapAndMeansAreCutOff() {
        OneOperator product = reduce(OperatorCode.REDUCE_PROD, false)
                .data(ElementType.INT32, Shape.of(2), Buffer.ofInts(1 << 30, 6)).constant(0).output(ElementType.INT32);
        OneOperator mean = reduce(OperatorCode.MEAN, false)
                .data(ElementType.INT32, Shape.of(3), Buffer.ofInts(Integer.MIN_VALUE, Integer.MIN_VALUE, -1))
                .constant(0).output(ElementType.INT32);

        assertThat(product.run().toInts()).containsExactly(6 << 30);
        assertThat(mean.run().toInts()).containsExactly(-1431655765);
    }

    @Test
    void largestOfUnsignedCodesIsUnsigned() {
        QuantizationParameters half = QuantizationParameters.perTensor(0.5f, 3);
        Buffer codes = Buffer.of((byte) 200, (byte) 100, (byte) 7, (byte) 255);

        assertThat(reduce(OperatorCode.REDUCE_MAX, false).data(ElementType.UINT8, Shape.of(2, 2), half, codes)
                .constant(1).output(ElementType.UINT8, half).run()).isEqualTo(Buffer.of((byte) 200, (byte) 255));
        assertThat(reduce(OperatorCode.REDUCE_MIN, false).data(ElementType.UINT8, Shape.of(2, 2), half, codes)
                .constant(1).output(ElementType.UINT8, half).run()).isEqualTo(Buffer.of((byte) 100, (byte) 7));
    }

    @Test
    void imageMeanHasARuleOfItsOwnInTheOptimizedSet() {
        QuantizationParameters in = QuantizationParameters.perTensor(0.7f, 5);
        QuantizationParameters out = QuantizationParameters.perTensor(0.31f, -7);
        Buffer codes = Buffer.of((byte) 44, (byte) -81, (byte) -11, (byte) 64, (byte) -61, (byte) 123);
        OneOperator mean = reduce(OperatorCode.MEAN, true).data(ElementType.INT8, Shape.of(1, 3, 2, 1), in, codes)
                .constant(2, 1).output(ElementType.INT8, out);

        // The real mean is at 11.06; a bias that was rounded by itself brings it to 12.
        assertThat(mean.run()).isEqualTo(Buffer.of((byte) 11));
        assertThat(mean.run(PlanOptions.defaults().withReference(ReferenceKernels.OPTIMIZED)).getFirst())
                .isEqualTo(Buffer.of((byte) 12));
    }

    @Test
    void anyAndAllTakeEveryCodeButZeroForTrue() {
        Buffer flags = Buffer.of((byte) 0, (byte) 2, (byte) 1, (byte) 1, (byte) 0, (byte) 0);

        assertThat(reduce(OperatorCode.REDUCE_ANY, false).data(ElementType.BOOL, Shape.of(3, 2), flags).constant(1)
                .output(ElementType.BOOL).run()).isEqualTo(Buffer.of((byte) 1, (byte) 1, (byte) 0));
        assertThat(reduce(OperatorCode.REDUCE_ALL, false).data(ElementType.BOOL, Shape.of(3, 2), flags).constant(1)
                .output(ElementType.BOOL).run()).isEqualTo(Buffer.of((byte) 0, (byte) 1, (byte) 0));
    }

    @Test
    void whatCannotBeReducedIsRefused() {
        assertThatThrownBy(() -> cube(OperatorCode.SUM, false, 3).run()).isInstanceOf(MalformedModelException.class)
                .hasMessage("[test.tflite] SUM #0 \"out1\": axis 3, must be within -3 to 2");
        QuantizationParameters one = QuantizationParameters.perTensor(1, 0);
        QuantizationParameters two = QuantizationParameters.perTensor(2, 0);
        assertThatThrownBy(() -> reduce(OperatorCode.REDUCE_MAX, false)
                .data(ElementType.INT8, Shape.of(1), one, Buffer.of((byte) 1)).constant(0)
                .output(ElementType.INT8, two).run()).isInstanceOf(UnsupportedModelException.class).hasMessage(
                        "[test.tflite] REDUCE_MAX #0 \"out1\": input has scale 1.0 and zero point 0, output scale "
                                + "2.0 and zero point 0, must be the same");
    }
}

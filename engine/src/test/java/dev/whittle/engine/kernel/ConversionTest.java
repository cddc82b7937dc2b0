package dev.whittle.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.UnsupportedModelException;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Casts, complex numbers, the Fourier transform, and tensors made from a few numbers.
class ConversionTest {

    private static Buffer cast(ElementType from, int count, Buffer elements, ElementType to) {
        return OneOperator.of(Options.Plain.CAST).data(from, Shape.of(count), elements).output(to).run();
    }

    @Test
    void realNumbersSaturateAndNanIsTheLargest() {
        Buffer reals = Buffer.ofFloats(-1.9f, 300.7f, -4e9f, 1e20f, Float.NaN);

        assertThat(cast(ElementType.FLOAT32, 5, reals, ElementType.INT8)).isEqualTo(Buffer.of((byte) -1, (byte) 127,
                (byte) -128, (byte) 127, (byte) 127));
        assertThat(cast(ElementType.FLOAT32, 5, reals, ElementType.INT32)).isEqualTo(Buffer.ofInts(-1, 300,
                Integer.MIN_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE));
        assertThat(cast(ElementType.FLOAT32, 5, reals, ElementType.UINT32)).isEqualTo(Buffer.ofInts(0, 300, 0, -1,
                -1));
        assertThat(cast(ElementType.FLOAT32, 5, reals, ElementType.INT64)).isEqualTo(Buffer.ofLongs(-1, 300,
                -4_000_000_000L, Long.MAX_VALUE, Long.MAX_VALUE));
        assertThat(cast(ElementType.FLOAT32, 5, reals, ElementType.INT4)).isEqualTo(Buffer.of((byte) 0x7f,
                (byte) 0x78, (byte) 0x07));
    }

    @Test
    void integersKeepTheirLowBits() {
        assertThat(cast(ElementType.INT32, 2, Buffer.ofInts(0x12345, -1), ElementType.UINT16))
                .isEqualTo(Buffer.ofShorts((short) 0x2345, (short) -1));
        assertThat(cast(ElementType.UINT32, 1, Buffer.ofInts(-1), ElementType.INT64))
                .isEqualTo(Buffer.ofLongs(0xffff_ffffL));
        assertThat(cast(ElementType.INT64, 1, Buffer.ofLongs((1L << 53) + 1), ElementType.FLOAT32))
                .isEqualTo(Buffer.ofFloats(0x1p53f));
        assertThat(cast(ElementType.INT32, 2, Buffer.ofInts(256, 0), ElementType.BOOL)).isEqualTo(Buffer.of((byte) 1,
                (byte) 0));
    }

    @Test
    void halvesAreReachedToNearestEven() {
        assertThat(cast(ElementType.FLOAT32, 2, Buffer.ofFloats(2049, 2051), ElementType.FLOAT16))
                .isEqualTo(Buffer.ofShorts(Float.floatToFloat16(2048), Float.floatToFloat16(2052)));
        assertThat(cast(ElementType.FLOAT32, 2, Buffer.ofFloats(257, 259), ElementType.BFLOAT16))
                .isEqualTo(Buffer.ofShorts((short) 0x4380, (short) 0x4382));
        assertThat(cast(ElementType.BFLOAT16, 1, Buffer.ofShorts((short) 0xc040), ElementType.INT16))
                .isEqualTo(Buffer.ofShorts((short) -3));
    }

    @Test
    void complexNumbersHaveARealPart() {
        Buffer pair = Buffer.ofFloats(3, -4);

        assertThat(cast(ElementType.COMPLEX64, 1, pair, ElementType.INT32)).isEqualTo(Buffer.ofInts(3));
        assertThat(cast(ElementType.INT8, 1, Buffer.of((byte) -2), ElementType.COMPLEX64))
                .isEqualTo(Buffer.ofFloats(-2, 0));
        assertThat(OneOperator.of(Options.Plain.COMPLEX_ABS).data(ElementType.COMPLEX64, Shape.of(2),
                Buffer.ofFloats(3, -4, Float.NaN, Float.NEGATIVE_INFINITY)).output(ElementType.FLOAT32).run())
                .isEqualTo(Buffer.ofFloats(5, Float.POSITIVE_INFINITY));
        assertThat(OneOperator.of(Options.Plain.IMAG).data(ElementType.COMPLEX64, Shape.of(1), pair)
                .output(ElementType.FLOAT32).run()).isEqualTo(Buffer.ofFloats(-4));
    }

    @Test
    void packedTypesGoToFloatsOnly() {
        assertThat(cast(ElementType.UINT4, 2, Buffer.of((byte) 0xf1), ElementType.FLOAT32))
                .isEqualTo(Buffer.ofFloats(1, 15));
        assertThatThrownBy(() -> cast(ElementType.INT4, 2, Buffer.of((byte) 0), ElementType.INT32))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessage("[test.tflite] CAST #0 \"out1\": from INT4 to INT32 is not supported");
    }

    @Test
    void bytesAreTakenApartAndPutTogether() {
        Buffer bits = Buffer.ofInts(Float.floatToRawIntBits(-0.0f), 0x12345678);
        Buffer apart = OneOperator.of(Options.Plain.BITCAST).data(ElementType.FLOAT32, Shape.of(2), bits)
                .output(ElementType.UINT8).run();

        assertThat(apart).isEqualTo(bits);
        assertThat(OneOperator.of(Options.Plain.BITCAST).data(ElementType.UINT8, Shape.of(1, 8), apart)
                .output(ElementType.INT64).run().toLongs()).containsExactly(0x12345678_80000000L);
        assertThatThrownBy(() -> OneOperator.of(Options.Plain.BITCAST).data(ElementType.UINT8, Shape.of(8), apart)
                .output(ElementType.INT32).run()).isInstanceOf(MalformedModelException.class)
                .hasMessage("[test.tflite] BITCAST #0 \"out1\": input has shape [8], its last dimension must be 4 to "
                        + "make INT32 of UINT8");
    }

    @Test
    void fourierTransformIsTheSumThatItStandsFor() {
        Random random = new Random(31);
        for (int[] size : new int[][]{{1, 1}, {1, 8}, {2, 4}, {8, 2}, {4, 16}}) {
            int height = size[0];
            int width = size[1];
            // Cut along one axis, padded along the other.
            int inputHeight = height + 1;
            int inputWidth = Math.max(1, width - 1);
            float[] values = new float[inputHeight * inputWidth];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) random.nextGaussian();
            }
            float[] spectrum = OneOperator.of(Options.Plain.RFFT2D).floats(Shape.of(inputHeight, inputWidth), values)
                    .constant(height, width).output(ElementType.COMPLEX64).run().toFloats();

            int columns = width / 2 + 1;
            assertThat(spectrum).hasSize(2 * height * columns);
            for (int u = 0; u < height; u++) {
                for (int v = 0; v < columns; v++) {
                    double re = 0;
                    double im = 0;
                    for (int y = 0; y < height; y++) {
                        for (int x = 0; x < inputWidth; x++) {
                            double angle = -2 * Math.PI * ((double) y * u / height + (double) x * v / width);
                            re += values[y * inputWidth + x] * Math.cos(angle);
                            im += values[y * inputWidth + x] * Math.sin(angle);
                        }
                    }
                    int at = 2 * (u * columns + v);
                    // Sums of up to 64 numbers around 1, rounded once to float.
                    assertThat((double) spectrum[at]).as("seed 31, %s × %s", height, width).isCloseTo(re, within(4e-6));
                    assertThat((double) spectrum[at + 1]).isCloseTo(im, within(4e-6));
                }
            }
        }
    }

    @Test
    void fourierTransformTakesImagesOneByOne() {
        // [[a, b], [c, d]] becomes [[a + b + c + d, a - b + c - d], [a + b - c - d, a - b - c + d]].
        assertThat(OneOperator.of(Options.Plain.RFFT2D).floats(Shape.of(2, 2, 2), 1, 2, 3, 4, 1, 0, 0, 8)
                .constant(2, 2).output(ElementType.COMPLEX64).run().toFloats())
                .containsExactly(10, 0, -2, 0, -4, 0, 0, 0, 9, 0, -7, 0, -7, 0, 9, 0);
    }

    @Test
    void fourierTransformNeedsPowersOfTwo() {
        assertThatThrownBy(() -> OneOperator.of(Options.Plain.RFFT2D).floats(Shape.of(2, 2), 1, 2, 3, 4)
                .constant(2, 6).output(ElementType.COMPLEX64).run()).isInstanceOf(UnsupportedModelException.class)
                .hasMessage("[test.tflite] RFFT2D #0 \"out1\": fft_length is [2, 6], supported are powers of two");
    }

    @Test
    void rangesLeaveTheirLimitOut() {
        assertThat(OneOperator.of(Options.Plain.RANGE).scalar(5).scalar(-3).scalar(-4).output(ElementType.INT32).run())
                .isEqualTo(Buffer.ofInts(5, 1));
        assertThat(OneOperator.of(Options.Plain.RANGE).scalar(0f).scalar(0.5f).scalar(0.2f)
                .output(ElementType.FLOAT32).run()).isEqualTo(Buffer.ofFloats(0, 0.2f, 0.4f));
        assertThat(OneOperator.of(Options.Plain.RANGE).scalar(3).scalar(3).scalar(1).output(ElementType.INT32).run()
                .byteLength()).isZero();
        assertThatThrownBy(() -> OneOperator.of(Options.Plain.RANGE).scalar(0).scalar(3).scalar(0)
                .output(ElementType.INT32).run()).isInstanceOf(MalformedModelException.class)
                .hasMessage("[test.tflite] RANGE #0 \"out1\": steps of 0 from 0 to 3, must lead there");
        assertThatThrownBy(() -> OneOperator.of(Options.Plain.RANGE).data(ElementType.INT64, Shape.of(),
                Buffer.ofLongs(Long.MIN_VALUE)).data(ElementType.INT64, Shape.of(), Buffer.ofLongs(Long.MAX_VALUE))
                .data(ElementType.INT64, Shape.of(), Buffer.ofLongs(1)).output(ElementType.INT64).run())
                .isInstanceOf(UnsupportedModelException.class).hasMessage("[test.tflite] RANGE #0 \"out1\": makes "
                        + "18446744073709551615 numbers, supported are 2^31-1");
    }

    @Test
    void shapesAndFillings() {
        assertThat(OneOperator.of(new Options.ShapeOf(ElementType.INT64)).floats(Shape.of(2, 1), 0, 0)
                .output(ElementType.INT64).run()).isEqualTo(Buffer.ofLongs(2, 1));
        assertThat(OneOperator.of(Options.Plain.RANK).floats(Shape.of(2, 1), 0, 0).output(ElementType.INT32).run())
                .isEqualTo(Buffer.ofInts(2));
        assertThat(OneOperator.of(Options.Plain.FILL).constant(2, 1).data(ElementType.INT16, Shape.of(),
                Buffer.ofShorts((short) 9)).output(ElementType.INT16).run())
                .isEqualTo(Buffer.ofShorts((short) 9, (short) 9));
        assertThatThrownBy(() -> OneOperator.of(Options.Plain.FILL).constant(2, -1).scalar(1)
                .output(ElementType.INT32).run()).isInstanceOf(MalformedModelException.class)
                .hasMessage("[test.tflite] FILL #0 \"out1\": shape is [2, -1], dimensions must be 0 or more");
        assertThat(OneOperator.of(Options.Plain.BROADCAST_ARGS)
                .data(ElementType.INT32, Shape.of(2), Buffer.ofInts(1, 4))
                .data(ElementType.INT32, Shape.of(3), Buffer.ofInts(2, 3, 1)).output(ElementType.INT32).run())
                .isEqualTo(Buffer.ofInts(2, 3, 4));
        assertThatThrownBy(() -> OneOperator.of(Options.Plain.BROADCAST_ARGS)
                .data(ElementType.INT32, Shape.of(1), Buffer.ofInts(2))
                .data(ElementType.INT32, Shape.of(1), Buffer.ofInts(3)).output(ElementType.INT32).run())
                .isInstanceOf(MalformedModelException.class).hasMessage("[test.tflite] BROADCAST_ARGS #0 \"out1\": "
                        + "dimensions 2 and 3 of axis 0, must be equal or 1");
    }

    @Test
    void quantizedRangeCountsInRealNumbers() {
        QuantizationParameters quantization = QuantizationParameters.perTensor(0.5f, 1);
        Buffer codes = OneOperator.of(Options.Plain.RANGE)
                .data(ElementType.INT8, Shape.of(), quantization, Buffer.of((byte) 1))
                .data(ElementType.INT8, Shape.of(), quantization, Buffer.of((byte) 9))
                .data(ElementType.INT8, Shape.of(), quantization, Buffer.of((byte) 3))
                .output(ElementType.INT8, quantization).run();

        // From 0 to 4 by 1.
        assertThat(codes).isEqualTo(Buffer.of((byte) 1, (byte) 3, (byte) 5, (byte) 7));
    }
}

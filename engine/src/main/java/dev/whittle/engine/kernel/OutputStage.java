package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.QuantizationParameters;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/// What becomes of the sums of a convolution or matrix product, whose rows are output positions and whose columns are
/// output channels.
sealed interface OutputStage {

    /// The array that receives the sums.
    float[] sums(Memory memory);

    /// Where a worker ([DivisibleKernel]) puts the sums of the rows from `row` on.
    int sumsOffset(Memory memory, int row, int worker);

    /// Floats between the sums of two segments of the depth.
    int segmentStride();

    /// Floats between the sums of two parts of the input, see [RowSource#parts].
    default int partStride() {
        return 0;
    }

    /// Turns a worker's sums of `rows` rows from `row` on into output elements.
    void finish(Memory memory, int row, int rows, int worker);

    /// Real numbers: the sums are the output.
    record Reals(Slot output, int channels) implements OutputStage {
        @Override
        public float[] sums(Memory memory) {
            return memory.floats(output);
        }

        @Override
        public int sumsOffset(Memory memory, int row, int worker) {
            return memory.offset(output) + row * channels;
        }

        @Override
        public int segmentStride() {
            return 0;
        }

        @Override
        public void finish(Memory memory, int row, int rows, int worker) {
            // Bias and clamp went with the product.
        }
    }

    /// Codes of one scale: sums of codes are requantized.
    record Codes(Slot output, WorkerScratch scratch, int channels, int parts, int segments, int segmentStride,
            Requantizer requantizer) implements OutputStage {
        @Override
        public int partStride() {
            return segments * segmentStride;
        }

        @Override
        public float[] sums(Memory memory) {
            return memory.floats(scratch.slot());
        }

        @Override
        public int sumsOffset(Memory memory, int row, int worker) {
            return scratch.offset(memory, worker);
        }

        @Override
        public void finish(Memory memory, int row, int rows, int worker) {
            requantizer.apply(memory.floats(scratch.slot()), scratch.offset(memory, worker), parts, segments,
                    segmentStride, rows,
                    memory.array(output), memory.offset(output) + row * channels);
        }
    }

    /// Real numbers from a quantized input and quantized weights:
    /// `real = clamp((sum − zeroPoint · Σw) · inputScale · weightScale + bias)`, input scale and zero point those of the
    /// batch that the row belongs to.
    final class Hybrid implements OutputStage {
        private final Slot output;
        private final WorkerScratch scratch;
        private final HybridInput input;
        private final int rowsPerBatch;
        private final int segments;
        private final int segmentStride;
        private final float[] weightScale;
        private final int[] weightSum;
        private final float[] bias;
        private final Activation activation;
        private final boolean vector;

        Hybrid(Slot output, WorkerScratch scratch, HybridInput input, int rowsPerBatch, int segments, int segmentStride,
                float[] weightScale, int[] weightSum, float @Nullable [] bias, Activation activation,
                KernelTier tier) {
            this.output = output;
            this.scratch = scratch;
            this.input = input;
            this.rowsPerBatch = rowsPerBatch;
            this.segments = segments;
            this.segmentStride = segmentStride;
            this.weightScale = weightScale;
            this.weightSum = weightSum;
            // Adding -0 changes no float, so a missing bias needs no branch.
            this.bias = bias == null ? new float[weightScale.length] : bias;
            if (bias == null) {
                Arrays.fill(this.bias, -0f);
            }
            this.activation = activation;
            this.vector = tier == KernelTier.VECTOR && activation.isClamp();
        }

        @Override
        public int segmentStride() {
            return segmentStride;
        }

        @Override
        public float[] sums(Memory memory) {
            return memory.floats(scratch.slot());
        }

        @Override
        public int sumsOffset(Memory memory, int row, int worker) {
            return scratch.offset(memory, worker);
        }

        @Override
        public void finish(Memory memory, int row, int rows, int worker) {
            float[] sums = memory.floats(scratch.slot());
            float[] out = memory.floats(output);
            int channels = weightScale.length;
            int count;
            for (int i = 0; i < rows; i += count) {
                int batch = (row + i) / rowsPerBatch;
                count = Math.min(rows - i, (batch + 1) * rowsPerBatch - row - i);
                float inputScale = input.scale(memory, batch);
                int zeroPoint = input.zeroPoint(memory, batch);
                int from = scratch.offset(memory, worker) + i * channels;
                int to = memory.offset(output) + (row + i) * channels;
                // Not called for less than a vector: the compiler would take its loop for one that seldom runs, and every
                // vector would be an object.
                if (vector && channels >= Simd.LANES) {
                    Simd.rows(sums, from, segments, segmentStride, count, zeroPoint, weightSum, inputScale, weightScale,
                            bias, activation.minimum(), activation.maximum(), out, to);
                } else {
                    rows(sums, from, count, zeroPoint, inputScale, out, to);
                }
            }
        }

        private void rows(float[] sums, int from, int rows, int zeroPoint, float inputScale, float[] out, int to) {
            int channels = weightScale.length;
            for (int at = 0; at < rows * channels; at += channels) {
                for (int channel = 0; channel < channels; channel++) {
                    int sum = -zeroPoint * weightSum[channel];
                    for (int segment = 0; segment < segments; segment++) {
                        sum += (int) sums[from + at + channel + segment * segmentStride];
                    }
                    float real = sum * (inputScale * weightScale[channel]);
                    out[to + at + channel] = activate(activation, real + bias[channel]);
                }
            }
        }

        private static final class Simd {
            private static final VectorSpecies<Float> FLOATS = Lanes.FLOAT;
            private static final VectorSpecies<Integer> INTS = Lanes.INT;
            private static final int LANES = FLOATS.length();

            /// A vector of channels over all rows, then the next. The last one goes back over channels already done.
            static void rows(float[] sums, int from, int segments, int segmentStride, int rows, int zeroPoint,
                    int[] weightSum, float inputScale, float[] weightScale, float[] bias, float min, float max,
                    float[] out, int to) {
                int channels = weightScale.length;
                for (int i = 0; i < channels; i += LANES) {
                    int channel = Math.min(i, channels - LANES);
                    IntVector start = IntVector.fromArray(INTS, weightSum, channel).mul(-zeroPoint);
                    FloatVector scale = FloatVector.fromArray(FLOATS, weightScale, channel).mul(inputScale);
                    FloatVector biases = FloatVector.fromArray(FLOATS, bias, channel);
                    int at = channel;
                    for (int row = 0; row < rows; row++) {
                        IntVector sum = start;
                        for (int segment = 0; segment < segments; segment++) {
                            sum = sum.add(FloatVector.fromArray(FLOATS, sums, from + at + segment * segmentStride)
                                    .convert(VectorOperators.F2I, 0));
                        }
                        FloatVector real = ((FloatVector) sum.convert(VectorOperators.I2F, 0)).mul(scale).add(biases);
                        real = real.blend(min, real.lt(min));
                        real.blend(max, real.compare(VectorOperators.GT, max)).intoArray(out, to + at);
                        at += channels;
                    }
                }
            }
        }
    }

    /// Real numbers from a quantized input and weights with a scale for each segment of the depth:
    /// `real = clamp((Σ sum[s] · scale[s] − zeroPoint · Σ scale[s] · Σw[s]) · inputScale + bias)`, in this order (LiteRT
    /// `kernels/fully_connected.cc`, `EvalBlockwise4Bit`).
    final class Blockwise implements OutputStage {
        private final Slot output;
        private final WorkerScratch scratch;
        private final HybridInput input;
        private final int segments;
        private final int segmentStride;
        /// `[channel][segment]`
        private final float[] scales;
        /// For each channel the sum of its weights, as real numbers.
        private final float[] weightSums;
        private final float @Nullable [] bias;
        private final Activation activation;

        private Blockwise(Slot output, WorkerScratch scratch, HybridInput input, int segments, int segmentStride,
                float[] scales, float[] weightSums, float @Nullable [] bias, Activation activation) {
            this.output = output;
            this.scratch = scratch;
            this.input = input;
            this.segments = segments;
            this.segmentStride = segmentStride;
            this.scales = scales;
            this.weightSums = weightSums;
            this.bias = bias;
            this.activation = activation;
        }

        /// @param weights `[channel][segment][blockSize]`
        static Blockwise of(Slot output, WorkerScratch scratch, HybridInput input, int segments, int segmentStride,
                float[] weights, QuantizationParameters parameters, float @Nullable [] bias, Activation activation) {
            int blockSize = parameters.blockSize();
            float[] scales = new float[parameters.scale().size()];
            float[] weightSums = new float[segments == 0 ? 0 : scales.length / segments];
            for (int block = 0; block < scales.length; block++) {
                scales[block] = parameters.scale().get(block);
                int sum = 0;
                for (int i = block * blockSize; i < (block + 1) * blockSize; i++) {
                    sum += (int) weights[i];
                }
                weightSums[block / segments] += scales[block] * sum;
            }
            return new Blockwise(output, scratch, input, segments, segmentStride, scales, weightSums, bias, activation);
        }

        @Override
        public int segmentStride() {
            return segmentStride;
        }

        @Override
        public float[] sums(Memory memory) {
            return memory.floats(scratch.slot());
        }

        @Override
        public int sumsOffset(Memory memory, int row, int worker) {
            return scratch.offset(memory, worker);
        }

        @Override
        public void finish(Memory memory, int row, int rows, int worker) {
            float[] sums = memory.floats(scratch.slot());
            float[] out = memory.floats(output);
            int channels = weightSums.length;
            for (int i = 0; i < rows; i++) {
                float inputScale = input.scale(memory, row + i);
                int zeroPoint = input.zeroPoint(memory, row + i);
                int from = scratch.offset(memory, worker) + i * channels;
                int to = memory.offset(output) + (row + i) * channels;
                for (int channel = 0; channel < channels; channel++) {
                    float real = 0;
                    for (int segment = 0; segment < segments; segment++) {
                        real += sums[from + channel + segment * segmentStride] * scales[channel * segments + segment];
                    }
                    real -= zeroPoint * weightSums[channel];
                    real *= inputScale;
                    out[to + channel] = activate(activation, bias == null ? real : real + bias[channel]);
                }
            }
        }
    }

    /// Hybrid kernels know the activations that are no clamp as well.
    private static float activate(Activation activation, float real) {
        return switch (activation) {
            case NONE, RELU, RELU_N1_TO_1, RELU6 -> Gemm.clamp(real, activation.minimum(), activation.maximum());
            case TANH -> (float) StrictMath.tanh(real);
            case SIGN_BIT -> Float.floatToRawIntBits(real) < 0 ? 1 : 0;
        };
    }
}

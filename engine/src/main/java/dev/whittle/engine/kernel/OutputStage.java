package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Activation;
import org.jspecify.annotations.Nullable;

/// What becomes of the sums of a convolution or matrix product, whose rows are output positions and whose columns are
/// output channels.
sealed interface OutputStage {

    /// The array that receives the sums.
    float[] sums(Memory memory);

    /// Where the sums of the rows from `row` on start.
    int sumsOffset(Memory memory, int row);

    /// Floats between the sums of two segments of the depth.
    int segmentStride();

    /// Turns the sums of `rows` rows from `row` on into output elements.
    void finish(Memory memory, int row, int rows);

    /// Real numbers: the sums are the output.
    record Reals(Slot output, int channels) implements OutputStage {
        @Override
        public float[] sums(Memory memory) {
            return memory.floats(output);
        }

        @Override
        public int sumsOffset(Memory memory, int row) {
            return memory.offset(output) + row * channels;
        }

        @Override
        public int segmentStride() {
            return 0;
        }

        @Override
        public void finish(Memory memory, int row, int rows) {
            // Bias and clamp went with the product.
        }
    }

    /// Codes of one scale: sums of codes are requantized.
    record Codes(Slot output, Slot scratch, int channels, int segments, int segmentStride, Requantizer requantizer)
            implements
            OutputStage {
        @Override
        public float[] sums(Memory memory) {
            return memory.floats(scratch);
        }

        @Override
        public int sumsOffset(Memory memory, int row) {
            return memory.offset(scratch);
        }

        @Override
        public void finish(Memory memory, int row, int rows) {
            requantizer.apply(memory.floats(scratch), memory.offset(scratch), segments, segmentStride, rows,
                    memory.bytes(output), memory.offset(output) + row * channels);
        }
    }

    /// Real numbers from a quantized input and quantized weights:
    /// `real = clamp((sum − zeroPoint · Σw) · inputScale · weightScale + bias)`, input scale and zero point those of the
    /// batch that the row belongs to.
    final class Hybrid implements OutputStage {
        private final Slot output;
        private final Slot scratch;
        private final HybridInput input;
        private final int rowsPerBatch;
        private final int segments;
        private final int segmentStride;
        private final float[] weightScale;
        private final int[] weightSum;
        private final float @Nullable [] bias;
        private final Activation activation;

        Hybrid(Slot output, Slot scratch, HybridInput input, int rowsPerBatch, int segments, int segmentStride,
                float[] weightScale, int[] weightSum, float @Nullable [] bias, Activation activation) {
            this.output = output;
            this.scratch = scratch;
            this.input = input;
            this.rowsPerBatch = rowsPerBatch;
            this.segments = segments;
            this.segmentStride = segmentStride;
            this.weightScale = weightScale;
            this.weightSum = weightSum;
            this.bias = bias;
            this.activation = activation;
        }

        @Override
        public int segmentStride() {
            return segmentStride;
        }

        @Override
        public float[] sums(Memory memory) {
            return memory.floats(scratch);
        }

        @Override
        public int sumsOffset(Memory memory, int row) {
            return memory.offset(scratch);
        }

        @Override
        public void finish(Memory memory, int row, int rows) {
            float[] sums = memory.floats(scratch);
            float[] out = memory.floats(output);
            int channels = weightScale.length;
            for (int i = 0; i < rows; i++) {
                int batch = (row + i) / rowsPerBatch;
                float inputScale = input.scale(memory, batch);
                int zeroPoint = input.zeroPoint(memory, batch);
                int from = memory.offset(scratch) + i * channels;
                int to = memory.offset(output) + (row + i) * channels;
                for (int channel = 0; channel < channels; channel++) {
                    int sum = -zeroPoint * weightSum[channel];
                    for (int segment = 0; segment < segments; segment++) {
                        sum += (int) sums[from + channel + segment * segmentStride];
                    }
                    float real = sum * (inputScale * weightScale[channel]);
                    out[to + channel] = Gemm.clamp(bias == null ? real : real + bias[channel],
                            activation.minimum(), activation.maximum());
                }
            }
        }
    }
}

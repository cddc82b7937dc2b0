package dev.whittle.engine.kernel;

import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Tensor;

/// A quantized tensor as runs of elements that share a scale and a zero point: the whole tensor, what lies under one index
/// of the quantized dimension, or a block.
///
/// @param scale run `i` has number `i` modulo their count
/// @param zeroPoint as many
/// @param runCount 0 where there are no elements
record ChannelRuns(float[] scale, int[] zeroPoint, int runLength, int runCount) {

    static ChannelRuns of(Preparation p, String role, Tensor tensor) {
        QuantizationParameters parameters = TensorChecks.quantized(p, role, tensor);
        int count = parameters.scale().size();
        float[] scale = new float[count];
        int[] zeroPoint = new int[count];
        for (int i = 0; i < count; i++) {
            scale[i] = parameters.scale().get(i);
            zeroPoint[i] = Math.toIntExact(parameters.zeroPoint().get(i));
        }
        int elements = tensor.shape().elementCount();
        int runLength = elements;
        if (parameters.blockSize() > 0) {
            runLength = parameters.blockSize();
            if ((long) runLength * count != elements) {
                throw p.malformed(role + " has " + count + " scales for blocks of " + runLength + ", must have "
                        + "one for each block of " + elements + " elements");
            }
        } else if (count > 1) {
            int axis = parameters.quantizedDimension();
            if (axis >= tensor.shape().rank() || tensor.shape().dimension(axis) != count) {
                throw p.malformed(role + " has " + count + " scales along dimension " + axis + ", its shape is "
                        + tensor.shape());
            }
            runLength = 1;
            for (int inner = axis + 1; inner < tensor.shape().rank(); inner++) {
                runLength *= tensor.shape().dimension(inner);
            }
        }
        return new ChannelRuns(scale, zeroPoint, runLength, elements == 0 ? 0 : elements / runLength);
    }

    /// Computes the elements from `first` up to `end` of one run.
    @FunctionalInterface
    interface Piece {
        void compute(Memory memory, int run, int first, int end);
    }

    /// A kernel that goes through all elements; threads share the runs, or the elements of the only one.
    ///
    /// @param nanoseconds that one element takes, roughly
    Kernel kernel(double nanoseconds, Piece piece) {
        long all = (long) ((double) runLength * runCount * nanoseconds);
        if (runCount == 1) {
            return DivisibleKernel.of(Math.ceilDiv(runLength, UnaryRun.PIECE), all,
                    (memory, first, end, worker) -> piece.compute(memory, 0, first * UnaryRun.PIECE,
                            (int) Math.min(runLength, (long) end * UnaryRun.PIECE)));
        }
        return DivisibleKernel.of(runCount, all, (memory, first, end, worker) -> {
            for (int run = first; run < end; run++) {
                piece.compute(memory, run, 0, runLength);
            }
        });
    }
}

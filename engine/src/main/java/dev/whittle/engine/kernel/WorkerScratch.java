package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;

/// Scratch of a [DivisibleKernel]: a piece for each worker, in one array.
///
/// @param stride elements from the piece of one worker to that of the next
record WorkerScratch(Slot slot, int stride) {
    /// Floats in a cache line.
    private static final int ALIGNMENT = 16;
    /// Cache lines between the pieces of two workers, who would slow each other down in a line that both write to (a
    /// convolution on two threads was as slow as on one): arrays do not start with a line, and processors fetch lines in
    /// pairs.
    private static final int LINES_APART = 2;

    /// @param elementCount of each piece
    static WorkerScratch of(Preparation p, ElementType type, int elementCount) {
        int stride = p.threads() == 1
                ? elementCount
                : TensorChecks.scratchLength(p, Math.ceilDiv(elementCount, ALIGNMENT) + LINES_APART, ALIGNMENT);
        return new WorkerScratch(p.scratch(type, TensorChecks.scratchLength(p, stride, p.threads())), stride);
    }

    /// Where the piece of a worker starts in its array.
    int offset(Memory memory, int worker) {
        return memory.offset(slot) + worker * stride;
    }
}

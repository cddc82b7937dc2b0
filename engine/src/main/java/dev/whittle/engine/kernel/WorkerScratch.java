package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;

/// Scratch of a [DivisibleKernel]: a piece for each worker, in one array.
///
/// @param stride elements from the piece of one worker to that of the next
record WorkerScratch(Slot slot, int stride) {
    /// Floats in a cache line.
    private static final int ALIGNMENT = 16;
    /// Cache lines behind each worker's piece, 4 KiB. Two workers slow each other down in a line that both write to (a
    /// convolution on two threads was as slow as on one), and a processor that reads a piece to its end fetches what lies
    /// behind it, up to the end of the page: lines that the other worker is about to write to.
    private static final int LINES_APART = 64;

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

package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;

/// Scratch of a [DivisibleKernel]: a piece for each worker, in one array.
///
/// @param stride elements from the piece of one worker to that of the next
record WorkerScratch(Slot slot, int stride) {
    /// Floats in a cache line: workers that share one slow each other down.
    private static final int ALIGNMENT = 16;

    /// @param elementCount of each piece
    static WorkerScratch of(Preparation p, ElementType type, int elementCount) {
        int stride = p.threads() == 1
                ? elementCount
                : TensorChecks.scratchLength(p, Math.ceilDiv(elementCount, ALIGNMENT), ALIGNMENT);
        return new WorkerScratch(p.scratch(type, TensorChecks.scratchLength(p, stride, p.threads())), stride);
    }

    /// Where the piece of a worker starts in its array.
    int offset(Memory memory, int worker) {
        return memory.offset(slot) + worker * stride;
    }
}

package dev.whittle.engine.kernel;

/// Computes the output rows of all images in blocks, which share what they read of the input; the units are rows.
final class OutputRows {

    /// Computes output rows of one image.
    @FunctionalInterface
    interface Block {
        /// @param rows how many from `outY` on
        void compute(Memory memory, int batch, int outY, int rows, int worker);
    }

    private OutputRows() {}

    /// @param blockRows the most rows of a block
    static DivisibleKernel of(int batches, int outHeight, int blockRows, long estimatedNanoseconds, Block block) {
        return DivisibleKernel.of(batches * outHeight, estimatedNanoseconds,
                (memory, first, end, worker) -> {
                    int row = first;
                    while (row < end) {
                        int outY = row % outHeight;
                        int rows = Math.min(Math.min(blockRows, end - row), outHeight - outY);
                        block.compute(memory, row / outHeight, outY, rows, worker);
                        row += rows;
                    }
                });
    }
}

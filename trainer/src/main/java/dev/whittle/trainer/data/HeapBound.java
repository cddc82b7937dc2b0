package dev.whittle.trainer.data;

import java.util.Arrays;

/// The check that an array which a file asks for fits into memory.
final class HeapBound {
    /// An array may take one part in so many of the heap: it is copied once on its way.
    private static final int SHARE = 3;

    private HeapBound() {}

    /// The number of elements of a shape, one byte each.
    ///
    /// @param where what an error names
    /// @throws DataException if a dimension is not positive or the elements take more than a third of the heap
    static int elements(String where, int... shape) {
        long count = 1;
        for (int dimension : shape) {
            if (dimension < 1) {
                throw new DataException("[%s] has the shape %s, dimensions must be 1 or more".formatted(where,
                        Arrays.toString(shape)));
            }
            // A product that no longer fits an int is not multiplied on.
            count = count > Integer.MAX_VALUE ? count : count * dimension;
        }
        return bytes(where, count, Arrays.toString(shape));
    }

    static int bytes(String where, long count, String what) {
        long most = Math.min(Integer.MAX_VALUE - 8, Runtime.getRuntime().maxMemory() / SHARE);
        if (count > most) {
            throw new DataException("[%s] %s takes %d bytes or more, at most %d fit; a larger heap (-Xmx) may help"
                    .formatted(where, what, count, most));
        }
        return (int) count;
    }
}

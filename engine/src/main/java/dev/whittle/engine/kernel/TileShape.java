package dev.whittle.engine.kernel;

import org.jspecify.annotations.Nullable;

/// What is fixed about a [Tile]. Strides that are constants make its addresses constants too, which is worth 10 to 15 % to
/// compiled vector code.
///
/// @param columns as many as come out; at most `panelColumns`
/// @param panelColumns floats of B from one step of the reduction to the next
/// @param lines pieces of the reduction that are contiguous in A; [#LOOSE] where each step has an offset of its own: as many
///        steps as a call gives for the depth
/// @param aDepthStride floats of A from one step of a line to the next
/// @param fromC sums go on from what is in C
/// @param scalingStride where it is not 0, sums of codes become real before the bias is added:
///        `(sum + bias[biasIndex + scalingStride + j]) · bias[biasIndex + 2 · scalingStride + j]`
/// @param pool where a row is the largest of several, else null; then the reduction is in one piece
record TileShape(int rows, int columns, int panelColumns, int lines, int aRowStride, int aDepthStride, int cRowStride,
        boolean fromC, Finish finish, int scalingStride, @Nullable Pool pool) {

    /// For short lines: a loop for each would be started more often than it turns.
    static final int LOOSE = 0;

    /// A row is the largest of 2 × 2 that lie side by side in A, each finished before, with the rules of MAX_POOL_2D; where
    /// nothing is finished they are sums of codes, and the largest is that.
    ///
    /// @param columnStride floats from a row's left part to its right one
    /// @param rowStride floats from its upper part to its lower one
    record Pool(int columnStride, int rowStride) {
        /// Parts of a row.
        static final int PARTS = 4;

        int offset(int part) {
            return part / 2 * rowStride + part % 2 * columnStride;
        }
    }

    TileShape withRows(int count) {
        return new TileShape(count, columns, panelColumns, lines, aRowStride, aDepthStride, cRowStride, fromC, finish,
                scalingStride, pool);
    }

    /// What becomes of a sum.
    enum Finish {
        /// It is stored.
        NONE,
        /// The bias is added.
        BIAS,
        /// The bias is added and what is below the minimum raised to it.
        MINIMUM,
        /// The bias is added and what is out of the range brought into it.
        CLAMP;

        static Finish of(float min, float max) {
            if (max != Float.POSITIVE_INFINITY) {
                return CLAMP;
            }
            return min == Float.NEGATIVE_INFINITY ? BIAS : MINIMUM;
        }
    }
}

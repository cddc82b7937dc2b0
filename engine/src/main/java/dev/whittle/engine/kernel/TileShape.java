package dev.whittle.engine.kernel;

/// What is fixed about a [Tile]. Strides that are constants make its addresses constants too, which is worth 10 to 15 % to
/// compiled vector code.
///
/// @param columns as many as come out; at most `panelColumns`
/// @param panelColumns floats of B from one step of the reduction to the next
/// @param lines pieces of the reduction that are contiguous in A
/// @param fromC sums go on from what is in C
record TileShape(int rows, int columns, int panelColumns, int lines, int aRowStride, int cRowStride, boolean fromC,
        Finish finish) {

    TileShape withRows(int count) {
        return new TileShape(count, columns, panelColumns, lines, aRowStride, cRowStride, fromC, finish);
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

package dev.whittle.engine.kernel;

/// What is fixed about a depthwise [Tile], in which column `j` of B meets column `j` of A:
///
/// ```
/// for line in 0 … lines, tap in 0 … taps:
///     sum = fma(a[aIndex + i · aRowStride + lineOffsets[firstLine + line] + tap · tapStride + j],
///               b[bIndex + (line · taps + tap) · panelColumns + j], sum)
/// ```
///
/// The depth that a call gives is not looked at.
///
/// @param isAcross the `count` of a call is of panels side by side, `columns` each, not of rows; the weights and biases of
///        each follow those of the one before
/// @param bPanelStride floats of B from one panel to the next
/// @param firstInside what lies less floats from where the first row starts is left of the image and takes no part
/// @param endInside what lies so far or further is right of it
/// @param columns channels, at most a vector
/// @param panelColumns floats of B from one tap to the next
record DepthwiseShape(int rows, int columns, int panelColumns, int lines, int taps, boolean isAcross, int tapStride,
        int aRowStride,
        int cRowStride, int bPanelStride, int firstInside, int endInside, boolean fromC, TileShape.Finish finish) {

    boolean isInside(int row, int tap) {
        int offset = row * aRowStride + tap * tapStride;
        return offset >= firstInside && offset < endInside;
    }
}

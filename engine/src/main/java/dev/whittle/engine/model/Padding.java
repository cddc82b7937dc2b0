package dev.whittle.engine.model;

/// How a window meets the borders, in schema order. With SAME the output has `ceil(input / stride)` positions and the
/// padding is split with the larger half after; with VALID the window never leaves the input.
public enum Padding {
    SAME, VALID;

    /// Output positions along one axis.
    ///
    /// @param input elements along the axis
    /// @param filter taps of the window
    /// @param stride elements between windows, at least 1
    /// @param dilation elements between taps, at least 1
    /// @return 0 or less where a VALID window does not fit
    public int outputSize(int input, int filter, int stride, int dilation) {
        long effectiveFilter = (long) (filter - 1) * dilation + 1;
        return switch (this) {
            case SAME -> Math.ceilDiv(input, stride);
            case VALID -> (int) Math.max(0, Math.floorDiv(input - effectiveFilter + stride, (long) stride));
        };
    }

    /// Elements of padding before the first input element along one axis; what is needed after it may be one more.
    public int before(int input, int filter, int stride, int dilation) {
        long effectiveFilter = (long) (filter - 1) * dilation + 1;
        long needed = (outputSize(input, filter, stride, dilation) - 1L) * stride + effectiveFilter - input;
        return switch (this) {
            case SAME -> (int) Math.max(0, needed) / 2;
            case VALID -> 0;
        };
    }
}

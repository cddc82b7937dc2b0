package dev.whittle.engine.kernel;

/// Codes of eight bits, `round(value / scale) + zeroPoint` within their type, for floats, one by one: what [MachineCode] makes a
/// kernel of. NaN becomes the zero point.
///
/// @param isSigned for INT8, else UINT8
/// @param isToEven whether values are multiplied with `1 / scale` and halves go to even, for all but the elements after the
///                 last whole eight; else they go away from zero
/// @param input    FLOAT32
public record CodesOfReals(boolean isSigned, boolean isToEven, float scale, int zeroPoint, Slot input, Slot output) {}

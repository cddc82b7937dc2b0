package dev.whittle.engine.kernel;

/// `scale · (code − zeroPoint)` for codes of eight bits, one by one: what [MachineCode] makes a kernel of.
///
/// @param isSigned for INT8, else UINT8
/// @param output   FLOAT32
public record RealsOfCodes(boolean isSigned, float scale, int zeroPoint, Slot input, Slot output) {}

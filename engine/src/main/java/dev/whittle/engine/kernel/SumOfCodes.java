package dev.whittle.engine.kernel;

/// A sum of two tensors of codes of eight bits, element by element: what [MachineCode] makes a kernel of. The input of the larger
/// scale weighs one half, the other `toCommon`, the sum of both, 20 bits to the left, `toOutput`; each scaling rounds twice,
/// ties away from zero.
///
/// @param isSigned        for INT8, else UINT8
/// @param coarse          the input of the larger scale
/// @param fine            the other
/// @param toCommon        at most one half
/// @param toOutput        what makes output steps of the sum
/// @param outputZeroPoint of the output
/// @param min             the least code of the activation
/// @param max             the largest
public record SumOfCodes(boolean isSigned, Slot coarse, int coarseZeroPoint, Slot fine, int fineZeroPoint,
        Multiplier toCommon, Multiplier toOutput, Slot output, int outputZeroPoint, int min, int max) {}

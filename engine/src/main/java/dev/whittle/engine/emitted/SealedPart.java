package dev.whittle.engine.emitted;

import dev.whittle.engine.emitted.x86.ConvolutionCode;
import dev.whittle.engine.emitted.x86.ConvolutionShape;
import dev.whittle.engine.kernel.Convolution;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A part that can be called.
///
/// @param code      that runs
/// @param constants that it reads
record SealedPart(ConvolutionPart part, MemorySegment code, MemorySegment constants) {

    /// Writes the code of all parts, one for each shape among them, and packs their numbers.
    static List<SealedPart> of(List<ConvolutionPart> parts, Convolution convolution) {
        Map<ConvolutionShape, MemorySegment> codes = new HashMap<>();
        List<SealedPart> sealed = new ArrayList<>();
        for (ConvolutionPart part : parts) {
            MemorySegment code = codes.computeIfAbsent(part.layout().shape(),
                    shape -> ExecutableMemory.seal(ConvolutionCode.write(part.layout()).code()));
            sealed.add(
                    new SealedPart(part, code, PackedConvolution.pack(part.of(convolution), part.layout())));
        }
        return sealed;
    }
}

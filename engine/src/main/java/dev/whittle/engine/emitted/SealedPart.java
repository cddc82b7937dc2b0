package dev.whittle.engine.emitted;

import dev.whittle.engine.emitted.x86.ConvolutionCode;
import dev.whittle.engine.kernel.Convolution;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A part that can be called.
///
/// @param code      that runs
/// @param constants that it reads
record SealedPart(ConvolutionPart part, MemorySegment code, MemorySegment constants) {

    /// Writes the code of all parts, one for each shape among them, packs their numbers and tests each code.
    ///
    /// @param operator file and operator, to be named where the code is shown
    /// @throws IllegalStateException when the system refuses to run the code, or it does not do what it should
    static List<SealedPart> of(List<ConvolutionPart> parts, Convolution convolution, String operator) {
        List<SealedPart> sealed = new ArrayList<>();
        for (ConvolutionPart part : parts) {
            Convolution ofPart = part.of(convolution);
            MemorySegment constants = PackedConvolution.pack(ofPart, part.layout());
            MemorySegment code = find(sealed, part);
            if (code == null) {
                code = SelfTest.seal(ConvolutionCode.write(part.layout()), operator,
                        made -> ConvolutionSelfTest.passes(made, constants, ofPart, part.layout()));
            }
            sealed.add(new SealedPart(part, code, constants));
        }
        return sealed;
    }

    /// The code of another part of the same shape, or null.
    private static @Nullable MemorySegment find(List<SealedPart> sealed, ConvolutionPart part) {
        for (SealedPart other : sealed) {
            if (other.part.layout().equals(part.layout())) {
                return other.code;
            }
        }
        return null;
    }
}

package dev.whittle.engine.kernel;

import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/// What writes machine code for operators of given shapes: the tier EMITTED. Found as a service, so that nothing here depends
/// on it.
public interface MachineCode {

    /// Whether this machine and this JVM can run the code. Where not, a line in the log says why.
    boolean isUsable();

    /// Bits of the vector registers that the code computes with.
    int vectorBits();

    /// A kernel for a convolution, the same bits as the scalar one; null where there is none for it.
    @Nullable
    Kernel convolution(Preparation p, Convolution convolution);

    /// A kernel that looks codes of eight bits up in a table; null where there is none.
    ///
    /// @param table 256 codes, by code without sign
    @Nullable
    Kernel map(Preparation p, byte[] table, Slot input, Slot output);

    /// A kernel for the sum of two tensors of codes of one shape; null where there is none for it.
    @Nullable
    Kernel sum(Preparation p, SumOfCodes sum);

    /// A kernel for an operation on floats one by one; null where there is none for it.
    @Nullable
    Kernel arithmetic(Preparation p, ArithmeticOfReals arithmetic);

    /// A kernel that makes floats of codes of eight bits; null where there is none for it.
    @Nullable
    Kernel dequantize(Preparation p, RealsOfCodes reals);

    /// A kernel that makes codes of eight bits of floats; null where there is none for it.
    @Nullable
    Kernel quantize(Preparation p, CodesOfReals codes);

    /// As [#convolution], where each channel of the output sees the channel of the input that has its number, and weights are
    /// `[channels][filterY][filterX]`. Where sums are scaled, a row of padding for each image follows the input.
    @Nullable
    Kernel depthwise(Preparation p, Convolution convolution);

    /// The one that is there and usable, or null.
    static @Nullable MachineCode installed() {
        return Installed.CODE;
    }

    /// Looked for once, when first asked for.
    final class Installed {
        private static final @Nullable MachineCode CODE = ServiceLoader
                .load(MachineCode.class, MachineCode.class.getClassLoader()).findFirst()
                .filter(MachineCode::isUsable).orElse(null);

        private Installed() {}
    }
}

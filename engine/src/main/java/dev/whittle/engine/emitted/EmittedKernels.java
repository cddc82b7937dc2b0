package dev.whittle.engine.emitted;

import dev.whittle.engine.emitted.CpuFeatures.Feature;
import dev.whittle.engine.emitted.x86.ConvolutionCode;
import dev.whittle.engine.emitted.x86.ConvolutionLayout;
import dev.whittle.engine.emitted.x86.ConvolutionShape;
import dev.whittle.engine.emitted.x86.ConvolutionShape.Numbers;
import dev.whittle.engine.emitted.x86.DepthwiseCode;
import dev.whittle.engine.emitted.x86.DepthwiseLayout;
import dev.whittle.engine.kernel.Convolution;
import dev.whittle.engine.kernel.Kernel;
import dev.whittle.engine.kernel.MachineCode;
import dev.whittle.engine.kernel.Preparation;
import dev.whittle.engine.kernel.Window;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Kernels of emitted code: for Linux on x86-64 with AVX-512.
public final class EmittedKernels implements MachineCode {
    private static final Logger LOG = System.getLogger(EmittedKernels.class.getName());
    private static final int VECTOR_BITS = 512;
    /// Positions of a row, where that is free to choose: few calls, and still enough rows for several threads.
    private static final int WIDEST = 56;

    private final Set<Feature> features;

    /// Looks at the machine.
    public EmittedKernels() {
        this.features = features();
    }

    private static Set<Feature> features() {
        String system = System.getProperty("os.name") + " on " + System.getProperty("os.arch");
        if (!system.equals("Linux on amd64")) {
            refuse("is written for Linux on x86-64, this is " + system);
            return Set.of();
        }
        try {
            Set<Feature> features = CpuFeatures.detect();
            if (!features.contains(Feature.AVX512)) {
                refuse("needs AVX-512, which this processor or system does not have");
            }
            return features;
        } catch (IllegalStateException | IllegalCallerException | UnsatisfiedLinkError e) {
            refuse("cannot run here: " + e.getMessage());
            return Set.of();
        }
    }

    private static void refuse(String reason) {
        LOG.log(Level.INFO, "machine code " + reason + "; the other kernels serve");
    }

    @Override
    public boolean isUsable() {
        return features.contains(Feature.AVX512);
    }

    @Override
    public int vectorBits() {
        return VECTOR_BITS;
    }

    @Override
    public @Nullable Kernel convolution(Preparation p, Convolution asked) {
        Convolution convolution = asked.withWindow(inRows(asked.window(), asked.isPooled()));
        ConvolutionShape shape = PackedConvolution.shape(convolution);
        if (shape == null || shape.numbers() != Numbers.FLOAT32 && !features.contains(Feature.AVX512_VNNI)) {
            return null;
        }
        ConvolutionLayout layout = ConvolutionLayout.of(shape);
        if (layout == null) {
            return null;
        }
        p.requireBytes(layout.bytes());
        p.keepBytes(layout.bytes());
        MemorySegment code = ExecutableMemory.seal(ConvolutionCode.write(layout).code());
        return new EmittedConvolution(code, PackedConvolution.pack(convolution, layout), layout, shape, convolution);
    }

    @Override
    public @Nullable Kernel depthwise(Preparation p, Convolution convolution) {
        DepthwiseLayout layout = PackedDepthwise.layout(convolution);
        if (layout == null || layout.numbers() != Numbers.FLOAT32 && !features.contains(Feature.AVX512_VNNI)) {
            return null;
        }
        p.requireBytes(layout.bytes());
        p.keepBytes(layout.bytes());
        MemorySegment code = ExecutableMemory.seal(DepthwiseCode.write(layout).code());
        return new EmittedDepthwise(code, PackedDepthwise.pack(convolution, layout), layout, convolution);
    }

    /// A filter of one tap sees no rows, so they may be as wide as the code likes.
    private static Window inRows(Window window, boolean isPooled) {
        if (!window.isPointwise() || isPooled) {
            return window;
        }
        int positions = window.positions();
        int width = Math.min(positions, WIDEST);
        while (positions % width != 0) {
            width--;
        }
        return window.inRowsOf(width);
    }
}

package dev.whittle.engine.emitted;

import dev.whittle.engine.emitted.CpuFeatures.Feature;
import dev.whittle.engine.emitted.x86.ConvolutionShape;
import dev.whittle.engine.emitted.x86.DepthwiseCode;
import dev.whittle.engine.emitted.x86.DepthwiseLayout;
import dev.whittle.engine.emitted.x86.MapCode;
import dev.whittle.engine.emitted.x86.SumCode;
import dev.whittle.engine.emitted.x86.VectorUnit;
import dev.whittle.engine.kernel.Convolution;
import dev.whittle.engine.kernel.Kernel;
import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.kernel.MachineCode;
import dev.whittle.engine.kernel.Preparation;
import dev.whittle.engine.kernel.Slot;
import dev.whittle.engine.kernel.SumOfCodes;
import dev.whittle.engine.kernel.Window;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.UnsupportedModelException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Kernels of emitted code for Linux on x86-64: convolutions in AVX-512 where that is, else in AVX2 (depthwise ones of real numbers only), and all else in AVX-512.
public final class EmittedKernels implements MachineCode {
    private static final Logger LOG = System.getLogger(EmittedKernels.class.getName());
    private static final String SERVED = "; the other kernels serve";
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
            // No news where nobody asked.
            LOG.log(KernelTier.isAutomatic() ? Level.DEBUG : Level.INFO,
                    "machine code is written for Linux on x86-64, this is " + system + SERVED);
            return Set.of();
        }
        try {
            Set<Feature> features = CpuFeatures.detect();
            if (unit(features, true) == null) {
                LOG.log(KernelTier.isAutomatic() ? Level.DEBUG : Level.INFO,
                        "machine code needs AVX2 and FMA, which this processor or system does not have" + SERVED);
            }
            return masked(features);
        } catch (RuntimeException | LinkageError e) {
            refuse("machine code cannot run here: " + reason(e));
            return Set.of();
        }
    }

    /// The features that [CpuFeatures#PROPERTY] leaves.
    private static Set<Feature> masked(Set<Feature> features) {
        String names = System.getProperty(CpuFeatures.PROPERTY);
        if (names == null) {
            return features;
        }
        Set<Feature> left = CpuFeatures.named(names);
        left.retainAll(features);
        if (!left.equals(features)) {
            refuse("-D" + CpuFeatures.PROPERTY + "=" + names + " leaves " + left + " of " + features
                    + " to machine code");
        }
        return left;
    }

    /// What an initializer threw is wrapped the first time.
    private static String reason(Throwable thrown) {
        Throwable cause = thrown.getCause() == null ? thrown : thrown.getCause();
        return String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
    }

    private static void refuse(String reason) {
        LOG.log(Level.INFO, reason + SERVED);
    }

    @Override
    public boolean isUsable() {
        return unit(features, true) != null;
    }

    /// The widest registers that there are products of such numbers in, or null.
    ///
    /// @param isReal whether numbers are real, or codes
    private static @Nullable VectorUnit unit(Set<Feature> features, boolean isReal) {
        if (features.contains(Feature.AVX512) && (isReal || features.contains(Feature.AVX512_VNNI))) {
            return VectorUnit.AVX512;
        }
        return features.contains(Feature.AVX2) && (isReal || features.contains(Feature.AVX_VNNI))
                ? VectorUnit.AVX2
                : null;
    }

    @Override
    public int vectorBits() {
        VectorUnit unit = unit(features, true);
        return unit == null ? 0 : unit.bits();
    }

    /// What all kernels are made in. Whatever is thrown becomes a line in the log, and null, so that another kernel serves;
    /// but a limit of the plan holds for all kernels.
    private static @Nullable Kernel made(Preparation p, Supplier<? extends @Nullable Kernel> maker) {
        try {
            return maker.get();
        } catch (UnsupportedModelException e) {
            throw e;
        } catch (RuntimeException | Error e) {
            // Memory outside of the heap has a limit of its own.
            refuse(p.where() + "machine code cannot run here: " + reason(e));
            return null;
        }
    }

    @Override
    public @Nullable Kernel convolution(Preparation p, Convolution asked) {
        return made(p, () -> {
            Convolution convolution = asked.withWindow(inRows(asked.window(), asked.isPooled()));
            ConvolutionShape shape = PackedConvolution.shape(convolution);
            VectorUnit unit = unit(features, convolution.type() == ElementType.FLOAT32);
            if (shape == null || unit == null) {
                return null;
            }
            List<ConvolutionPart> parts = ConvolutionPart.of(shape, unit, p.threads());
            if (parts == null) {
                return null;
            }
            long bytes = 0;
            for (ConvolutionPart part : parts) {
                bytes += part.layout().bytes();
            }
            p.requireBytes(bytes);
            Kernel kernel = new EmittedConvolution(SealedPart.of(parts, convolution, p.where()), shape, convolution);
            p.keepBytes(bytes);
            return kernel;
        });
    }

    @Override
    public @Nullable Kernel map(Preparation p, byte[] table, Slot input, Slot output) {
        return made(p, () -> {
            if (!features.containsAll(List.of(Feature.AVX512, Feature.AVX512_VBMI))) {
                return null;
            }
            MemorySegment constants =
                    Arena.ofAuto().allocate(table.length, MapCode.STEP).copyFrom(MemorySegment.ofArray(table));
            MemorySegment code = SelfTest.seal(MapCode.write(), p.where(),
                    made -> SpanSelfTest.passesMap(made, constants, table));
            return new EmittedSpan(code, constants, input, input, output, EmittedSpan.MAP);
        });
    }

    @Override
    public @Nullable Kernel sum(Preparation p, SumOfCodes sum) {
        return made(p, () -> {
            if (!features.contains(Feature.AVX512)) {
                return null;
            }
            MemorySegment constants = PackedSum.pack(sum);
            MemorySegment code = SelfTest.seal(SumCode.write(sum.isSigned()), p.where(),
                    made -> SpanSelfTest.passesSum(made, constants, sum));
            return new EmittedSpan(code, constants, sum.coarse(), sum.fine(), sum.output(), EmittedSpan.SUM);
        });
    }

    @Override
    public @Nullable Kernel depthwise(Preparation p, Convolution convolution) {
        return made(p, () -> {
            VectorUnit unit = unit(features, convolution.type() == ElementType.FLOAT32);
            DepthwiseLayout layout = unit == null ? null : PackedDepthwise.layout(convolution, unit);
            if (layout == null) {
                return null;
            }
            p.requireBytes(layout.bytes());
            MemorySegment constants = PackedDepthwise.pack(convolution, layout);
            MemorySegment code = SelfTest.seal(DepthwiseCode.write(layout), p.where(),
                    made -> DepthwiseSelfTest.passes(made, constants, convolution, layout));
            Kernel kernel = new EmittedDepthwise(code, constants, layout, convolution);
            p.keepBytes(layout.bytes());
            return kernel;
        });
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

package dev.whittle.engine.emitted;

import dev.whittle.engine.emitted.CpuFeatures.Feature;
import dev.whittle.engine.emitted.x86.ArithmeticCode;
import dev.whittle.engine.emitted.x86.Assembler;
import dev.whittle.engine.emitted.x86.ConvolutionShape;
import dev.whittle.engine.emitted.x86.DepthwiseCode;
import dev.whittle.engine.emitted.x86.DepthwiseLayout;
import dev.whittle.engine.emitted.x86.DequantizeCode;
import dev.whittle.engine.emitted.x86.MapCode;
import dev.whittle.engine.emitted.x86.QuantizeCode;
import dev.whittle.engine.emitted.x86.SumCode;
import dev.whittle.engine.emitted.x86.VectorUnit;
import dev.whittle.engine.kernel.ArithmeticOfReals;
import dev.whittle.engine.kernel.CodesOfReals;
import dev.whittle.engine.kernel.Convolution;
import dev.whittle.engine.kernel.Kernel;
import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.kernel.MachineCode;
import dev.whittle.engine.kernel.Preparation;
import dev.whittle.engine.kernel.RealsOfCodes;
import dev.whittle.engine.kernel.Slot;
import dev.whittle.engine.kernel.SumOfCodes;
import dev.whittle.engine.kernel.Window;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.UnsupportedModelException;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Kernels of emitted code for Linux on x86-64: convolutions in AVX-512 where that is, else in AVX2 (depthwise ones of real numbers only), and all else in AVX-512.
public final class EmittedKernels implements MachineCode {
    private static final String SERVED = "; the other kernels serve";
    private static final Set<Feature> WIDE = Set.of(Feature.AVX512);
    private static final Set<Feature> WIDE_WITH_TABLES = Set.of(Feature.AVX512, Feature.AVX512_VBMI);
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
            log(KernelTier.isAutomatic() ? Level.DEBUG : Level.INFO,
                    "machine code is written for Linux on x86-64, this is " + system + SERVED);
            return Set.of();
        }
        try {
            Set<Feature> features = CpuFeatures.detect();
            if (units(features, true).isEmpty()) {
                log(KernelTier.isAutomatic() ? Level.DEBUG : Level.INFO,
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
        log(Level.INFO, reason + SERVED);
    }

    /// The logger is made where there is something to say, which takes a JVM that has just started some milliseconds.
    private static void log(Level level, String message) {
        System.getLogger(EmittedKernels.class.getName()).log(level, message);
    }

    @Override
    public boolean isUsable() {
        return !units(features, true).isEmpty();
    }

    /// The registers that there are products in, the widest first.
    ///
    /// @param isReal whether of real numbers, else of codes
    private static List<VectorUnit> units(Set<Feature> features, boolean isReal) {
        List<VectorUnit> units = new ArrayList<>();
        if (features.contains(Feature.AVX512) && (isReal || features.contains(Feature.AVX512_VNNI))) {
            units.add(VectorUnit.AVX512);
        }
        if (features.contains(Feature.AVX2) && (isReal || features.contains(Feature.AVX_VNNI))) {
            units.add(VectorUnit.AVX2);
        }
        return units;
    }

    @Override
    public int vectorBits() {
        return units(features, true).getFirst().bits();
    }

    /// What all kernels are made in; null without the features. Whatever is thrown becomes a line in the log, and null, so that
    /// another kernel serves; but a limit of the plan holds for all kernels.
    private @Nullable Kernel made(Preparation p, Set<Feature> needed, Supplier<? extends @Nullable Kernel> maker) {
        if (!features.containsAll(needed)) {
            return null;
        }
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
        return made(p, Set.of(), () -> {
            Convolution convolution = asked.withWindow(inRows(asked.window(), asked.isPooled()));
            ConvolutionShape shape = PackedConvolution.shape(convolution);
            List<ConvolutionPart> parts =
                    shape == null ? null : parts(p, shape, convolution.type() == ElementType.FLOAT32);
            if (shape == null || parts == null) {
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

    /// In the widest registers; where their calls would be too long, in narrower ones, a vector of which has fewer weights. That
    /// is slower than the vector kernels, where those serve, since one sum waits for the other.
    private @Nullable List<ConvolutionPart> parts(Preparation p, ConvolutionShape shape, boolean isReal) {
        for (VectorUnit unit : units(features, isReal)) {
            List<ConvolutionPart> parts = ConvolutionPart.of(shape, unit, p.threads());
            if (parts != null || p.tier() == KernelTier.VECTOR) {
                return parts;
            }
        }
        return null;
    }

    @Override
    public @Nullable Kernel map(Preparation p, byte[] table, Slot input, Slot output) {
        return made(p, WIDE_WITH_TABLES, () -> {
            MemorySegment constants =
                    Arena.ofAuto().allocate(table.length, MapCode.STEP).copyFrom(MemorySegment.ofArray(table));
            return span(p, MapCode.write(), constants, input, input, output, EmittedSpan.MAP,
                    code -> SpanSelfTest.passesMap(code, constants, table));
        });
    }

    @Override
    public @Nullable Kernel sum(Preparation p, SumOfCodes sum) {
        return made(p, WIDE, () -> {
            MemorySegment constants = PackedSum.pack(sum);
            return span(p, SumCode.write(sum.isSigned()), constants, sum.coarse(), sum.fine(), sum.output(),
                    EmittedSpan.SUM, code -> SpanSelfTest.passesSum(code, constants, sum));
        });
    }

    @Override
    public @Nullable Kernel arithmetic(Preparation p, ArithmeticOfReals arithmetic) {
        return made(p, WIDE, () -> {
            MemorySegment constants = PackedSpan.pack(arithmetic);
            Assembler written = ArithmeticCode.write(arithmetic.operation(), arithmetic.repeatsFirst(),
                    arithmetic.repeatsSecond());
            return span(p, written, constants, arithmetic.first(), arithmetic.second(), arithmetic.output(),
                    EmittedSpan.LOOP, code -> SpanSelfTest.passesArithmetic(code, constants, arithmetic));
        });
    }

    @Override
    public @Nullable Kernel dequantize(Preparation p, RealsOfCodes reals) {
        return made(p, WIDE, () -> {
            MemorySegment constants = PackedSpan.pack(reals);
            return span(p, DequantizeCode.write(reals.isSigned()), constants, reals.input(), reals.input(),
                    reals.output(), EmittedSpan.LOOP,
                    code -> SpanSelfTest.passesDequantize(code, constants, reals));
        });
    }

    @Override
    public @Nullable Kernel quantize(Preparation p, CodesOfReals codes) {
        return made(p, WIDE, () -> {
            MemorySegment constants = PackedSpan.pack(codes);
            return span(p, QuantizeCode.write(codes.isToEven()), constants, codes.input(), codes.input(),
                    codes.output(), EmittedSpan.LOOP, code -> SpanSelfTest.passesQuantize(code, constants, codes));
        });
    }

    private static Kernel span(Preparation p, Assembler written, MemorySegment constants, Slot first, Slot second,
            Slot output, EmittedSpan.Call call, Predicate<MemorySegment> passes) {
        return new EmittedSpan(SelfTest.seal(written, p.where(), passes), constants, first, second, output, call);
    }

    @Override
    public @Nullable Kernel depthwise(Preparation p, Convolution convolution) {
        return made(p, Set.of(), () -> {
            DepthwiseLayout layout = units(features, convolution.type() == ElementType.FLOAT32).stream()
                    .map(unit -> PackedDepthwise.layout(convolution, unit)).filter(Objects::nonNull).findFirst()
                    .orElse(null);
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

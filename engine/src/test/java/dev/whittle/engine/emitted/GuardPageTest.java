package dev.whittle.engine.emitted;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.whittle.engine.emitted.RandomConvolution.Planned;
import dev.whittle.engine.emitted.x86.ArithmeticCode;
import dev.whittle.engine.emitted.x86.Assembler;
import dev.whittle.engine.emitted.x86.ConvolutionCode;
import dev.whittle.engine.emitted.x86.ConvolutionLayout;
import dev.whittle.engine.emitted.x86.ConvolutionShape;
import dev.whittle.engine.emitted.x86.DepthwiseCode;
import dev.whittle.engine.emitted.x86.DepthwiseLayout;
import dev.whittle.engine.emitted.x86.DequantizeCode;
import dev.whittle.engine.emitted.x86.MapCode;
import dev.whittle.engine.emitted.x86.QuantizeCode;
import dev.whittle.engine.emitted.x86.SumCode;
import dev.whittle.engine.emitted.x86.VectorUnit;
import dev.whittle.engine.kernel.ArithmeticOfReals.Operation;
import dev.whittle.engine.kernel.Convolution;
import dev.whittle.engine.kernel.MachineCode;
import dev.whittle.engine.kernel.Window;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Emitted code reads and writes nothing outside of its buffers: each lies between two pages that nobody may touch, once
/// ending where the second begins and once beginning where the first ends. A touch kills the JVM that tries it.
class GuardPageTest {
    private static final int SHAPES = 1500;
    /// Lengths of those that take elements one by one: twice the longest vector, and more.
    private static final int SPANS = 150;
    private static final long PAGE = 4096;
    private static final int NONE = 0;
    private static final int READ_WRITE = 3;
    private static final int PRIVATE_ANONYMOUS = 0x22;

    @Test
    void kernelsStayWithinTheirBuffers() throws IOException, InterruptedException {
        assumeThat(MachineCode.installed()).as("machine code for this system and processor").isNotNull();

        List<String> lines = ForkedJvm.run(GuardPageTest.class, List.of("--enable-native-access=ALL-UNNAMED"));

        int units = (int) Stream.of(VectorUnit.values()).filter(Units::has).count();
        assertThat(lines).hasSize(2 * units).allSatisfy(
                line -> assertThat(Integer.parseInt(line)).isGreaterThan(SHAPES / 4));
    }

    /// A touch of a guard page does kill.
    @Test
    void guardsAreArmed() {
        assumeThat(MachineCode.installed()).as("machine code for this system and processor").isNotNull();

        assertThatThrownBy(() -> ForkedJvm.run(Trespass.class,
                List.of("--enable-native-access=ALL-UNNAMED", "-XX:-CreateCoredumpOnCrash", "-XX:ErrorFile=/dev/null")))
                .isInstanceOf(AssertionError.class).hasMessageContaining("SIGSEGV");
    }

    /// Runs a kernel on an input of which the last byte is missing.
    static final class Trespass {
        private Trespass() {}

        public static void main(String[] none) {
            VectorUnit unit = Units.has(VectorUnit.AVX512) ? VectorUnit.AVX512 : VectorUnit.AVX2;
            Planned planned = RandomConvolution.planned(1, unit).getFirst();
            run(planned, true, 1);
        }
    }

    /// Prints how many convolutions it has run in registers of each width, and how many depthwise ones, of which a third is of real numbers.
    public static void main(String[] none) {
        for (VectorUnit unit : VectorUnit.values()) {
            if (Units.has(unit)) {
                List<Planned> all = RandomConvolution.planned(SHAPES, unit);
                for (Planned planned : all) {
                    run(planned, true, 0);
                    run(planned, false, 0);
                }
                System.out.println(all.size());
            }
        }
        for (VectorUnit unit : VectorUnit.values()) {
            if (Units.has(unit)) {
                System.out.println(depthwise(unit));
            }
        }
        if (Units.has(VectorUnit.AVX512)) {
            spans();
        }
    }

    private static int depthwise(VectorUnit unit) {
        int depthwise = 0;
        for (int seed = 0; seed < SHAPES; seed++) {
            Convolution convolution = RandomConvolution.depthwise(new Random(seed));
            DepthwiseLayout layout = PackedDepthwise.layout(convolution, unit);
            if (layout != null) {
                depthwise++;
                run(convolution, layout, new Random(seed), true);
                run(convolution, layout, new Random(seed), false);
            }
        }
        return depthwise;
    }

    private static void spans() {
        for (int count = 0; count < SPANS; count++) {
            span(MapCode.write(), EmittedSpan.MAP, 256, count, count, count, count);
            span(SumCode.write(true), EmittedSpan.SUM, SumCode.CONSTANT_BYTES, count, count, count, count);
            span(SumCode.write(false), EmittedSpan.SUM, SumCode.CONSTANT_BYTES, count, count, count, count);
            int bytes = count * Float.BYTES;
            span(ArithmeticCode.write(Operation.ADD, false, false), EmittedSpan.LOOP,
                    ArithmeticCode.CONSTANT_BYTES, bytes, bytes, bytes, count);
            span(ArithmeticCode.write(Operation.SUB, true, false), EmittedSpan.LOOP,
                    ArithmeticCode.CONSTANT_BYTES, Float.BYTES, bytes, bytes, count);
            span(ArithmeticCode.write(Operation.MUL, false, true), EmittedSpan.LOOP,
                    ArithmeticCode.CONSTANT_BYTES, bytes, Float.BYTES, bytes, count);
            span(DequantizeCode.write(true), EmittedSpan.LOOP, DequantizeCode.CONSTANT_BYTES, count, count, bytes,
                    count);
            span(DequantizeCode.write(false), EmittedSpan.LOOP, DequantizeCode.CONSTANT_BYTES, count, count, bytes,
                    count);
            span(QuantizeCode.write(true), EmittedSpan.LOOP, QuantizeCode.CONSTANT_BYTES, bytes, bytes, count, count);
            span(QuantizeCode.write(false), EmittedSpan.LOOP, QuantizeCode.CONSTANT_BYTES, bytes, bytes, count,
                    count);
        }
    }

    private static void run(Convolution convolution, DepthwiseLayout layout, Random random, boolean isAtEnd) {
        Window window = convolution.window();
        boolean isScaled = convolution.scaling() != null;
        int bytes = layout.numbers().bytes();
        int rowBytes = window.inWidth() * window.inChannels() * bytes;
        int imageBytes = window.inHeight() * rowBytes;
        byte[] image = new byte[imageBytes + (isScaled ? rowBytes : 0)];
        random.nextBytes(image);
        byte[] constants = PackedDepthwise.pack(convolution, layout).toArray(ValueLayout.JAVA_BYTE);
        byte[] nothing = new byte[window.positions() * convolution.channels() * layout.outBytes()];
        MemorySegment code = ExecutableMemory.seal(DepthwiseCode.write(layout).code());
        try (Arena arena = Arena.ofConfined()) {
            NativeCall.call(code, guarded(arena, image, isAtEnd), guarded(arena, nothing, isAtEnd),
                    guarded(arena, constants, isAtEnd),
                    guarded(arena, new byte[isScaled ? 3 * Float.BYTES * convolution.channels() : 0], isAtEnd), 0, 0,
                    DepthwiseCode.rows(0, window.outHeight()), DepthwiseCode.run(imageBytes, 0));
        }
    }

    /// Whatever the numbers are, the same bytes are touched.
    private static void span(Assembler written, EmittedSpan.Call call, int constants, int first, int second,
            int output, int count) {
        MemorySegment code = ExecutableMemory.seal(written.code());
        for (boolean isAtEnd : new boolean[]{true, false}) {
            try (Arena arena = Arena.ofConfined()) {
                call.call(code, guarded(arena, new byte[first], isAtEnd), guarded(arena, new byte[second], isAtEnd),
                        guarded(arena, new byte[output], isAtEnd), guarded(arena, new byte[constants], isAtEnd), 0, 0,
                        0, count);
            }
        }
    }

    private static void run(Planned planned, boolean isAtEnd, int missing) {
        Convolution whole = planned.convolution();
        ConvolutionShape shape = planned.shape();
        Window window = whole.window();
        long in = (long) window.inHeight() * window.inWidth() * window.inChannels() * shape.numbers().bytes();
        Random random = new Random(planned.seed());
        byte[] image = new byte[(int) in - missing];
        random.nextBytes(image);
        byte[] factors = new byte[whole.scaling() == null ? 0 : 3 * Float.BYTES * whole.channels()];
        for (ConvolutionPart part : planned.parts()) {
            ConvolutionLayout layout = part.layout();
            byte[] constants = PackedConvolution.pack(part.of(whole), layout)
                    .toArray(ValueLayout.JAVA_BYTE);
            byte[] nothing = new byte[layout.outHeight() * shape.outWidth() * shape.channels() * shape.outBytes()];
            MemorySegment code = ExecutableMemory.seal(ConvolutionCode.write(layout).code());
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment input = guarded(arena, image, isAtEnd);
                MemorySegment output = guarded(arena, nothing, isAtEnd);
                MemorySegment numbers = guarded(arena, constants, isAtEnd);
                MemorySegment scaling = guarded(arena, factors, isAtEnd);
                for (int y = 0; y < layout.outHeight(); y++) {
                    NativeCall.call(code, input, output, numbers, scaling, layout.inputOffset(y),
                            (long) y * shape.outWidth() * shape.channels() * shape.outBytes() + part.outOffset(),
                            ConvolutionLayout.rows(layout.row(y), 1), (long) part.firstChannel() * Float.BYTES);
                }
            }
        }
    }

    private static MemorySegment guarded(Arena arena, byte[] content, boolean isAtEnd) {
        long length = Math.ceilDiv(content.length, PAGE) * PAGE;
        long mapped = NativeCall.call(function("mmap"), 0, length + 2 * PAGE, NONE, PRIVATE_ANONYMOUS, -1, 0);
        if (length > 0 && NativeCall.call(function("mprotect"), mapped + PAGE, length, READ_WRITE, 0, 0, 0) != 0) {
            throw new IllegalStateException("mprotect");
        }
        long address = mapped + PAGE + (isAtEnd ? length - content.length : 0);
        MemorySegment buffer = MemorySegment.ofAddress(address).reinterpret(content.length, arena,
                _ -> NativeCall.call(function("munmap"), mapped, length + 2 * PAGE, 0, 0, 0, 0));
        return buffer.copyFrom(MemorySegment.ofArray(content));
    }

    private static MemorySegment function(String name) {
        return Linker.nativeLinker().defaultLookup().findOrThrow(name);
    }
}

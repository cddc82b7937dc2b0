package dev.whittle.engine.emitted;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.engine.emitted.EmittedConvolutionTest.Case;
import dev.whittle.engine.emitted.x86.VectorUnit;
import dev.whittle.engine.kernel.ArithmeticOfReals.Operation;
import dev.whittle.engine.kernel.Kernel;
import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.plan.Plan;
import dev.whittle.engine.plan.PlanOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Where machine code is refused, one line says why, and the other kernels yield the same bits.
class RefusalTest {
    private static final String GRANTED = "--enable-native-access=ALL-UNNAMED";
    private static final String ASKED_FOR = "-Dwhittle.kernels=emitted";
    private static final String SERVED = "; the other kernels serve";
    private static final int MODELS = 6;

    @BeforeEach
    void needsTheTier() {
        Units.assume(VectorUnit.AVX512);
    }

    /// Prints how many convolutions of real numbers and of codes are emitted, by the plans that the JVM's flags ask for, and
    /// checks outputs.
    public static void main(String[] none) {
        System.out.println("reals " + emitted(ElementType.FLOAT32) + ", codes " + emitted(ElementType.INT8));
    }

    private static int emitted(ElementType type) {
        Random random = new Random(7);
        int emitted = 0;
        for (int i = 0; i < MODELS; i++) {
            Case made = Case.random(random, type);
            byte[] input = made.input(random);
            PlanOptions options = PlanOptions.defaults();
            Plan plan = Plan.of(made.model(), options);
            byte[] expected = EmittedConvolutionTest.run(Plan.of(made.model(), options.withTier(KernelTier.REFERENCE)),
                    input);
            if (!Arrays.equals(expected, EmittedConvolutionTest.run(plan, input))) {
                throw new IllegalStateException(made + " has other output");
            }
            emitted += plan.operators().getFirst().kernel() instanceof EmittedConvolution ? 1 : 0;
        }
        return emitted;
    }

    private static Arguments refused(List<String> flags, String reals, String codes, String... lines) {
        return Arguments.of(flags, "reals " + reals + ", codes " + codes, List.of(lines));
    }

    static Stream<Arguments> refusals() {
        return Stream.of(
                // By name, or for want of native access: what everybody meets, and no news.
                refused(List.of(GRANTED, "-Dwhittle.kernels=scalar"), "0", "0"),
                refused(List.of(GRANTED, "-Dwhittle.kernels=vector", "--add-modules", "jdk.incubator.vector"), "0",
                        "0"),
                refused(List.of(), "0", "0"),
                refused(List.of("--illegal-native-access=deny"), "0", "0"),
                refused(List.of(ASKED_FOR, "--illegal-native-access=deny"), "0", "0",
                        "machine code cannot run here: Illegal native access"),
                refused(List.of(GRANTED, "-Dos.arch=riscv64"), "0", "0"),
                refused(List.of(GRANTED, ASKED_FOR, "-Dos.arch=riscv64"), "0", "0",
                        "machine code is written for Linux on x86-64, this is Linux on riscv64" + SERVED),
                refused(List.of(GRANTED, "-Dwhittle.emitted.features=none"), "0", "0",
                        "-Dwhittle.emitted.features=none leaves [] of ["),
                refused(List.of(GRANTED, "-Dwhittle.emitted.features=avx512"), "6", "0",
                        "-Dwhittle.emitted.features=avx512 leaves [AVX512] of ["),
                refused(List.of(GRANTED, "-Dwhittle.emitted.features=avx2"), "6", "0",
                        "-Dwhittle.emitted.features=avx2 leaves [AVX2] of ["),
                refused(List.of(GRANTED, "-Dwhittle.emitted.features=avx2,avx_vnni"), "6", "5",
                        "-Dwhittle.emitted.features=avx2,avx_vnni leaves [AVX2, AVX_VNNI] of ["),
                // Without the registers that they are for.
                refused(List.of(GRANTED, "-Dwhittle.emitted.features=avx512_vnni,avx_vnni"), "0", "0",
                        "-Dwhittle.emitted.features=avx512_vnni,avx_vnni leaves [AVX_VNNI, AVX512_VNNI] of ["),
                refused(List.of(GRANTED, "-Dwhittle.emitted.features=mmx"), "0", "0",
                        "machine code cannot run here: -Dwhittle.emitted.features=mmx, must be none or some of [avx2"),
                refused(List.of(GRANTED, "-Dwhittle.emitted.fault=mmap"), "0", "0",
                        "machine code cannot run here: the system refuses 4096 bytes for code (mmap)" + SERVED),
                refused(List.of(GRANTED, "-Dwhittle.emitted.fault=mprotect"), "0", "0",
                        "machine code cannot run here: the system refuses to run code from memory (mprotect)"
                                + SERVED));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void oneLineSaysWhyAndTheOtherKernelsServe(List<String> flags, String emitted, List<String> reasons)
            throws IOException, InterruptedException {
        List<String> lines = ForkedJvm.run(RefusalTest.class, flags);

        List<String> logged = lines.stream().filter(line -> line.startsWith("INFO: machine code")
                || line.startsWith("INFO: -D")).toList();
        assertThat(lines).as("printed").contains(emitted);
        assertThat(logged).as("all of %s", lines).hasSameSizeAs(reasons);
        for (int i = 0; i < reasons.size(); i++) {
            assertThat(logged.get(i)).startsWith("INFO: " + reasons.get(i)).endsWith(SERVED);
        }
        if (reasons.isEmpty()) {
            assertThat(lines).filteredOn(line -> !line.contains("incubator")).containsExactly(emitted);
        }
    }

    @Test
    void failedSelfTestNamesOperatorAndCode() throws IOException, InterruptedException {
        List<String> lines = ForkedJvm.run(RefusalTest.class, List.of(GRANTED, "-Dwhittle.emitted.fault=self-test"));

        assertThat(lines).contains("reals 0, codes 0");
        assertThat(lines.stream().filter(line -> line.startsWith("INFO"))).hasSizeBetween(MODELS + 1, 2 * MODELS)
                .allSatisfy(
                        line -> assertThat(line)
                                .matches("INFO: \\[convolution\\.tflite\\] CONV_2D #0 \"(sums|pooled)\": machine code"
                                        + " cannot run here: code [0-9a-f]{16} does not yield the bits of plain loops \\(self-test\\)"
                                        + SERVED));
    }

    /// Prints of one operator of each other kind that has code whether it is emitted, and checks outputs.
    static final class OtherKinds {
        private OtherKinds() {}

        public static void main(String[] none) {
            Random random = new Random(5);
            for (EmittedDepthwiseTest.Kind kind : EmittedDepthwiseTest.Kind.values()) {
                EmittedDepthwiseTest.Case made = EmittedDepthwiseTest.Case.random(random, kind);
                print(kind.name(), made.model(), made.input(random));
            }
            for (EmittedSpanTest.Kind kind : EmittedSpanTest.Kind.values()) {
                print(kind.name(), EmittedSpanTest.model(random, kind, ElementType.INT8, 99),
                        EmittedSpanTest.inputs(random, kind, 99));
            }
            EmittedArithmeticTest.Case reals = EmittedArithmeticTest.Case.random(random, Operation.SUB, 99);
            print("SUB", reals.model(), reals.inputs());
            for (boolean isToCodes : new boolean[]{true, false}) {
                EmittedQuantizationTest.Case made =
                        EmittedQuantizationTest.Case.random(random, isToCodes, ElementType.UINT8, 99);
                print(isToCodes ? "QUANTIZE" : "DEQUANTIZE", made.model(), made.input().toBytes());
            }
        }

        private static void print(String kind, Model model, byte[]... inputs) {
            Plan plan = Plan.of(model, PlanOptions.defaults());
            Plan reference = Plan.of(model, PlanOptions.defaults().withTier(KernelTier.REFERENCE));
            byte[] expected = EmittedSpanTest.run(reference, inputs);
            byte[] output = EmittedSpanTest.run(plan, inputs);
            if (model.primary().tensor(model.primary().outputs().getFirst()).type() == ElementType.FLOAT32) {
                RandomElements.withOneNaN(expected);
                RandomElements.withOneNaN(output);
            }
            if (!Arrays.equals(expected, output)) {
                throw new IllegalStateException(kind + " has other output");
            }
            Kernel kernel = plan.operators().getFirst().kernel();
            System.out.println(kind + " " + (kernel instanceof EmittedDepthwise || kernel instanceof EmittedSpan));
        }
    }

    @Test
    void failedSelfTestRefusesEveryKind() throws IOException, InterruptedException {
        // A hybrid kernel holds the emitted one.
        assertThat(ForkedJvm.run(OtherKinds.class, List.of(GRANTED))).containsExactly("FLOAT32 true", "INT8 true",
                "UINT8 true", "HYBRID false", "ADD true", "MUL true", "LOGISTIC true", "SUB true", "QUANTIZE true",
                "DEQUANTIZE true");

        List<String> lines =
                ForkedJvm.run(OtherKinds.class, List.of(GRANTED, "-Dwhittle.emitted.fault=self-test"));

        assertThat(lines).contains("FLOAT32 false", "INT8 false", "UINT8 false", "HYBRID false", "ADD false",
                "MUL false", "LOGISTIC false", "SUB false", "QUANTIZE false", "DEQUANTIZE false");
        List<String> operators = new ArrayList<>();
        Pattern refusal =
                Pattern.compile("INFO: \\[\\w+\\.tflite] (\\w+) #0 \"(\\w+)\": machine code cannot run here: code"
                        + " [0-9a-f]{16} does not yield the bits of plain loops \\(self-test\\)" + SERVED);
        for (String line : lines) {
            Matcher matcher = refusal.matcher(line);
            if (matcher.matches()) {
                operators.add(matcher.group(1));
            }
        }
        assertThat(operators).as("all of %s", lines).containsExactly("DEPTHWISE_CONV_2D", "DEPTHWISE_CONV_2D",
                "DEPTHWISE_CONV_2D", "DEPTHWISE_CONV_2D", "ADD", "MUL", "LOGISTIC", "SUB", "QUANTIZE", "DEQUANTIZE");
    }

    @Test
    void codesOneByOneAreNotWrittenIn256Bits() throws IOException, InterruptedException {
        Units.assume(VectorUnit.AVX2);

        assertThat(ForkedJvm.run(OtherKinds.class, List.of(GRANTED, "-Dwhittle.emitted.features=avx2,avx_vnni")))
                .contains("FLOAT32 true", "INT8 false", "UINT8 false", "HYBRID false", "ADD false", "MUL false",
                        "LOGISTIC false");
    }

    @Test
    void grantedAccessIsEnough() throws IOException, InterruptedException {
        assertThat(ForkedJvm.run(RefusalTest.class, List.of(GRANTED))).singleElement().asString()
                .startsWith("reals " + MODELS);
    }
}

package dev.whittle.engine.emitted;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.whittle.engine.emitted.EmittedConvolutionTest.Case;
import dev.whittle.engine.emitted.x86.ConvolutionShape;
import dev.whittle.engine.emitted.x86.ConvolutionShape.Finish;
import dev.whittle.engine.emitted.x86.ConvolutionShape.Numbers;
import dev.whittle.engine.emitted.x86.VectorUnit;
import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.kernel.MachineCode;
import dev.whittle.engine.kernel.Window;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.plan.Plan;
import dev.whittle.engine.plan.PlanOptions;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Calls are cut so that each is short, and together they are the whole row.
class ConvolutionPartTest {
    private static final long MOST_NANOSECONDS = 100_000;

    private static ConvolutionShape shape(Numbers numbers, int width, int depth, int channels, int filter,
            boolean isPooled) {
        int pad = filter / 2;
        Window window = new Window(1, 8, width, depth, 8, width, filter, filter, 1, 1, 1, 1, isPooled ? 0 : pad, pad);
        Finish finish =
                numbers == Numbers.FLOAT32 ? new Finish.Reals(true, true) : new Finish.FixedPoint(true, false, false);
        return new ConvolutionShape(numbers, window, channels, channels, isPooled && filter == 1, false, finish);
    }

    private static List<ConvolutionPart> parts(ConvolutionShape shape, VectorUnit unit, int threads) {
        return Objects.requireNonNull(ConvolutionPart.of(shape, unit, threads));
    }

    /// How often each position of each channel is computed.
    private static int[] computed(ConvolutionShape shape, List<ConvolutionPart> parts) {
        int[] times = new int[shape.outWidth() * shape.channels()];
        for (ConvolutionPart part : parts) {
            for (int x = 0; x < part.layout().outWidth(); x++) {
                for (int channel = 0; channel < part.layout().shape().channels(); channel++) {
                    times[(part.firstX() + x) * shape.channels() + part.firstChannel() + channel]++;
                }
            }
        }
        return times;
    }

    @ParameterizedTest
    @CsvSource({"1, 15000, 4096, 1", "1, 12000, 17, 1", "1000, 512, 2048, 3", "1000, 512, 16, 3", "1000, 500, 1, 5",
        "4000, 16, 40, 3", "56, 4096, 1000, 1", "7, 512, 513, 3"})
    void everyCallIsShortAndTheRowIsWhole(int width, int depth, int channels, int filter) {
        for (Numbers numbers : Numbers.values()) {
            for (int threads : new int[]{1, 2, 16}) {
                for (VectorUnit unit : VectorUnit.values()) {
                    ConvolutionShape shape = shape(numbers, width, depth, channels, filter, width % 2 == 0);
                    List<ConvolutionPart> parts = parts(shape, unit, threads);
                    assertThat(parts).allSatisfy(
                            part -> assertThat(part.nanoseconds()).isBetween(1L, MOST_NANOSECONDS));
                    assertThat(computed(shape, parts)).containsOnly(1);
                }
            }
        }
    }

    @Test
    void deepRowOfCodesIsCutByChannels() {
        ConvolutionShape shape = shape(Numbers.INT8, 1, 50_000, 4_096, 1, false);
        assertThat(ConvolutionPart.of(shape, VectorUnit.AVX512, 1)).hasSize(256).allSatisfy(
                part -> assertThat(part.nanoseconds()).isBetween(1L, MOST_NANOSECONDS));
    }

    /// One sum after the other in a fixed order: nothing to cut.
    @Test
    void whatCannotBeCutMayTakeLittleMoreOrHasNoCode() {
        assertThat(ConvolutionPart.of(shape(Numbers.FLOAT32, 1, 30_000, 40, 1, false), VectorUnit.AVX512, 1)).hasSize(3)
                .allSatisfy(
                        part -> assertThat(part.nanoseconds()).isBetween(MOST_NANOSECONDS, 2 * MOST_NANOSECONDS));
        assertThat(ConvolutionPart.of(shape(Numbers.FLOAT32, 1, 60_000, 40, 1, false), VectorUnit.AVX512, 1)).isNull();
        assertThat(ConvolutionPart.of(shape(Numbers.INT8, 1, 200_000, 40, 1, false), VectorUnit.AVX512, 1)).isNull();
    }

    @Test
    void smallRowsAreOneCall() {
        assertThat(ConvolutionPart.of(shape(Numbers.INT8, 73, 32, 64, 3, false), VectorUnit.AVX512, 1)).hasSize(1);
        assertThat(ConvolutionPart.of(shape(Numbers.INT8, 1, 128, 100, 1, false), VectorUnit.AVX512, 8)).hasSize(1);
    }

    @Test
    void threadsShareTheChannelsOfOneRow() {
        ConvolutionShape shape = new ConvolutionShape(Numbers.INT8,
                new Window(1, 1, 1, 2048, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0), 2048, 2048, false, false,
                new Finish.Real(true));
        assertThat(ConvolutionPart.of(shape, VectorUnit.AVX512, 2)).hasSizeGreaterThanOrEqualTo(8);
        assertThat(computed(shape, parts(shape, VectorUnit.AVX512, 2))).containsOnly(1);
    }

    /// Calls of 16 channels would be too long, so they have eight, unless there are vector kernels, which are faster.
    @Test
    void deepDenseLayersOfFloatsAreCutToFewerChannelsWhereThereAreNoVectors() throws IOException, InterruptedException {
        Units.assume(VectorUnit.AVX2);
        List<String> granted = List.of("--enable-native-access=ALL-UNNAMED", "-Dwhittle.kernels=emitted");

        assertThat(ForkedJvm.run(DeepDenseLayer.class, granted)).contains("emitted true");
        Units.assume(VectorUnit.AVX512);
        assertThat(ForkedJvm.run(DeepDenseLayer.class,
                Stream.concat(granted.stream(), Stream.of("--add-modules=jdk.incubator.vector")).toList()))
                .contains("emitted false");
    }

    /// Prints whether a dense layer is emitted, and checks its output.
    static final class DeepDenseLayer {
        private DeepDenseLayer() {}

        public static void main(String[] none) {
            Random random = new Random(12);
            Case made = Case.of(random, ElementType.FLOAT32, 1, 1, 1, 79_000, 21, 1, 1,
                    new Options.Conv2d(Padding.VALID, 1, 1, 1, 1, Activation.NONE), false, false);
            byte[] input = made.input(random);
            PlanOptions options = PlanOptions.defaults();
            Plan plan = Plan.of(made.model(), options);
            assertThat(EmittedConvolutionTest.run(plan, input)).isEqualTo(
                    EmittedConvolutionTest.run(Plan.of(made.model(), options.withTier(KernelTier.REFERENCE)), input));
            System.out.println("emitted " + (plan.operators().getFirst().kernel() instanceof EmittedConvolution));
        }
    }

    @Test
    void cutCallsYieldTheBitsOfTheReferenceIn256Bits() throws IOException, InterruptedException {
        Units.runNarrow(ConvolutionPartTest.class);
    }

    public static void main(String[] none) {
        for (ElementType type : List.of(ElementType.FLOAT32, ElementType.INT8, ElementType.UINT8)) {
            new ConvolutionPartTest().cutCallsYieldTheBitsOfTheReference(type);
        }
        Units.printBits();
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "INT8", "UINT8"})
    void cutCallsYieldTheBitsOfTheReference(ElementType type) {
        assumeThat(MachineCode.installed()).as("machine code for this system and processor").isNotNull();
        Random random = new Random(11);
        Options.Conv2d same = new Options.Conv2d(Padding.SAME, 1, 2, 1, 1, Activation.RELU);
        Options.Conv2d valid = new Options.Conv2d(Padding.VALID, 1, 1, 1, 1, Activation.NONE);
        int deep = type == ElementType.FLOAT32 ? 80 : 197;
        for (Case made : List.of(
                Case.of(random, type, 2, 1, 1, 3001, type == ElementType.FLOAT32 ? 250 : 700, 1, 1, valid, false,
                        false),
                Case.of(random, type, 1, 3, 801, deep, 40, 3, 3, same, false, false),
                Case.of(random, type, 1, 4, 403, deep, 40, 3, 3, valid, true, false))) {
            PlanOptions options = PlanOptions.defaults();
            byte[] input = made.input(random);
            Plan plan = Plan.of(made.model(), options.withTier(KernelTier.EMITTED).withThreads(2));
            EmittedConvolution kernel = (EmittedConvolution) plan.operators().getFirst().kernel();
            assertThat(kernel.units()).as("%s", made)
                    .isGreaterThan(made.isPooled() ? 1 : made.batches() * made.height());
            assertThat(EmittedConvolutionTest.run(plan, input)).as("%s", made).isEqualTo(
                    EmittedConvolutionTest.run(Plan.of(made.model(), options.withTier(KernelTier.REFERENCE)), input));
        }
    }
}

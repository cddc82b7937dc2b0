package dev.whittle.engine.emitted;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.engine.emitted.x86.VectorUnit;
import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.kernel.ReferenceKernels;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.plan.Plan;
import dev.whittle.engine.plan.PlanOptions;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Emitted code makes the codes of floats, and the floats of codes, that the plain loops make, whatever the length and wherever
/// they lie.
class EmittedQuantizationTest {
    private static final int ROUNDS = Integer.getInteger("whittle.test.rounds", 150);
    private static final int GUARDED_ROUNDS = Math.ceilDiv(ROUNDS, 3);
    /// Longer than what one call takes.
    private static final int LONG = 20_000;
    /// Worth waking another thread for.
    private static final int SHARED = 400_000;

    private final Random random = new Random(20261129);

    @BeforeEach
    void needsTheTier() {
        Units.assume(VectorUnit.AVX512);
    }

    /// One operator, of tensors `input` and `output`.
    record Case(Model model, Buffer input) {

        static Case random(Random random, boolean isToCodes, ElementType type, int length) {
            float scale = 0.02f * (float) Math.exp(random.nextGaussian());
            QuantizationParameters quantization = QuantizationParameters.perTensor(scale,
                    random.nextInt(256) - (type == ElementType.INT8 ? 128 : 0));
            Tensor codes = Tensor.activation(isToCodes ? "output" : "input", type, Shape.of(length), quantization);
            Tensor reals = Tensor.activation(isToCodes ? "input" : "output", ElementType.FLOAT32, Shape.of(length),
                    null);
            Operator operator = new Operator(isToCodes ? Options.Plain.QUANTIZE : Options.Plain.DEQUANTIZE, List.of(0),
                    List.of(1), 1);
            Model model = new Model("quantization.tflite", Model.SCHEMA_VERSION, "",
                    List.of(new Subgraph("main", isToCodes ? List.of(reals, codes) : List.of(codes, reals), List.of(0),
                            List.of(1), List.of(operator))),
                    List.of(), List.of());
            return new Case(model, isToCodes
                    ? Buffer.ofFloats(reals(random, scale, length))
                    : Buffer.of(RandomElements.codes(random, length, -128, false)));
        }

        /// Halves of steps and what is next to them, floats past all codes, and odd ones.
        private static float[] reals(Random random, float scale, int length) {
            float[] reals = RandomElements.reals(random, length, true);
            for (int i = 0; i < length; i++) {
                float half = (random.nextInt(1200) - 600) * 0.5f * scale;
                switch (random.nextInt(6)) {
                    case 0 -> reals[i] = half;
                    case 1 -> reals[i] = Math.nextUp(half);
                    case 2 -> reals[i] = Math.nextDown(half);
                    case 3 -> reals[i] = Float.intBitsToFloat(random.nextInt());
                    default -> {
                        // As it is.
                    }
                }
            }
            return reals;
        }

        Plan plan(KernelTier tier, ReferenceKernels reference, int threads) {
            return Plan.of(model,
                    PlanOptions.defaults().withTier(tier).withReference(reference).withThreads(threads));
        }

        byte[] run(Plan plan) {
            return EmittedSpanTest.run(plan, input.toBytes());
        }
    }

    @ParameterizedTest
    @CsvSource({"true, INT8", "true, UINT8", "false, INT8", "false, UINT8"})
    void yieldsTheBitsOfTheReference(boolean isToCodes, ElementType type) {
        int emitted = 0;
        for (int round = 0; round < ROUNDS; round++) {
            int length = round == 0 ? SHARED : 1 + random.nextInt(round % 10 == 0 ? LONG : 300);
            Case made = Case.random(random, isToCodes, type, length);
            ReferenceKernels reference = ReferenceKernels.values()[round % ReferenceKernels.values().length];
            Plan plan = made.plan(KernelTier.EMITTED, reference, 1 + random.nextInt(2));
            emitted += plan.operators().getFirst().kernel() instanceof EmittedSpan ? 1 : 0;
            assertThat(made.run(plan)).as("round %d, %d as %s", round, length, reference)
                    .isEqualTo(made.run(made.plan(KernelTier.REFERENCE, reference, 1)));
        }
        assertThat(emitted).as("operators that were emitted").isEqualTo(ROUNDS);
    }

    /// At any offset, between pages that nobody may touch.
    @ParameterizedTest
    @CsvSource({"true, INT8", "true, UINT8", "false, INT8", "false, UINT8"})
    void touchesNothingOutsideOfItsTensors(boolean isToCodes, ElementType type) {
        for (int round = 0; round < GUARDED_ROUNDS; round++) {
            int length = 1 + random.nextInt(round % 10 == 0 ? LONG : 300);
            Case made = Case.random(random, isToCodes, type, length);
            Plan plan = made.plan(KernelTier.EMITTED, ReferenceKernels.OPTIMIZED, 1);
            EmittedSpan kernel = (EmittedSpan) plan.operators().getFirst().kernel();
            byte[] input = made.input.toBytes();
            byte[] expected = made.run(plan);
            int offset = random.nextInt(20);
            for (boolean isAtEnd : new boolean[]{true, false}) {
                int before = isAtEnd ? offset : 0;
                MemorySegment in = GuardedMemory.allocate(before * input.length / length + input.length, isAtEnd);
                MemorySegment.copy(input, 0, in, ValueLayout.JAVA_BYTE, before * input.length / length, input.length);
                int outputStart = before * expected.length / length;
                MemorySegment output = GuardedMemory.allocate(outputStart + expected.length, isAtEnd);
                kernel.invoke(new GuardedMemory(Map.of("input", in, "output", output), before), 0, kernel.units(), 0);
                byte[] whole = new byte[outputStart + expected.length];
                System.arraycopy(expected, 0, whole, outputStart, expected.length);
                assertThat(output.toArray(ValueLayout.JAVA_BYTE)).as("%d elements from %d", length, before)
                        .isEqualTo(whole);
            }
        }
    }
}

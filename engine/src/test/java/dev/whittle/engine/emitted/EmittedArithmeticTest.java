package dev.whittle.engine.emitted;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.engine.emitted.x86.VectorUnit;
import dev.whittle.engine.kernel.ArithmeticOfReals.Operation;
import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
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
import org.junit.jupiter.params.provider.EnumSource;

/// Emitted arithmetic of floats yields the bits of the plain loops, whatever the numbers, the length and wherever they lie.
/// That it does so in place as well, `InPlaceTest` shows.
class EmittedArithmeticTest {
    private static final int ROUNDS = Integer.getInteger("whittle.test.rounds", 150);
    private static final int GUARDED_ROUNDS = Math.ceilDiv(ROUNDS, 3);
    /// Longer than what one call takes.
    private static final int LONG = 20_000;
    /// Worth waking another thread for.
    private static final int SHARED = 400_000;
    private static final Activation[] CLAMPS = {Activation.NONE, Activation.RELU, Activation.RELU_N1_TO_1,
        Activation.RELU6};

    private final Random random = new Random(20261129);

    @BeforeEach
    void needsTheTier() {
        Units.assume(VectorUnit.AVX512);
    }

    /// Which of the inputs is one number that meets all of the other.
    enum Repeated {
        NEITHER, FIRST, SECOND
    }

    /// One operator, of tensors `a`, `b` and `output`.
    ///
    /// @param a what the tensor holds, also where it is no constant of the model
    /// @param b likewise
    record Case(Model model, Buffer a, Buffer b) {

        static Case random(Random random, Operation operation, int length) {
            Repeated repeated = Repeated.values()[random.nextInt(3)];
            boolean isConstant = random.nextBoolean();
            boolean isOdd = random.nextInt(4) > 0;
            // Smaller than the smallest of full precision.
            float scale = random.nextInt(5) == 0 ? Float.MIN_NORMAL : 1;
            Buffer a = reals(random, repeated == Repeated.FIRST ? 1 : length, isOdd, scale);
            Buffer b = reals(random, repeated == Repeated.SECOND ? 1 : length, isOdd, scale);
            boolean isConstantA = isConstant && repeated == Repeated.FIRST;
            boolean isConstantB = isConstant && repeated == Repeated.SECOND;
            List<Tensor> tensors = List.of(tensor("a", a, isConstantA), tensor("b", b, isConstantB),
                    Tensor.activation("output", ElementType.FLOAT32, Shape.of(length), null));
            List<Integer> inputs = isConstantA ? List.of(1) : isConstantB ? List.of(0) : List.of(0, 1);
            Operator operator = new Operator(options(operation, CLAMPS[random.nextInt(CLAMPS.length)]), List.of(0, 1),
                    List.of(2), 1);
            Model model = new Model("arithmetic.tflite", Model.SCHEMA_VERSION, "",
                    List.of(new Subgraph("main", tensors, inputs, List.of(2), List.of(operator))), List.of(),
                    List.of());
            return new Case(model, a, b);
        }

        private static Buffer reals(Random random, int count, boolean isOdd, float scale) {
            float[] reals = RandomElements.reals(random, count, isOdd);
            for (int i = 0; i < count; i++) {
                reals[i] *= scale;
            }
            return Buffer.ofFloats(reals);
        }

        private static Tensor tensor(String name, Buffer content, boolean isConstant) {
            Shape shape = Shape.of(content.bytes().remaining() / Float.BYTES);
            return isConstant
                    ? Tensor.constant(name, ElementType.FLOAT32, shape, null, content)
                    : Tensor.activation(name, ElementType.FLOAT32, shape, null);
        }

        private static Options options(Operation operation, Activation activation) {
            return switch (operation) {
                case ADD -> new Options.Add(activation, false);
                case SUB -> new Options.Sub(activation, false);
                case MUL -> new Options.Mul(activation);
                case DIV -> new Options.Div(activation);
                case MAXIMUM -> Options.Plain.MAXIMUM;
                case MINIMUM -> Options.Plain.MINIMUM;
            };
        }

        Plan plan(KernelTier tier, int threads) {
            return Plan.of(model, PlanOptions.defaults().withTier(tier).withThreads(threads));
        }

        /// Of the inputs that are no constants.
        byte[][] inputs() {
            return model.primary().inputs().stream().map(input -> (input == 0 ? a : b).toBytes())
                    .toArray(byte[][]::new);
        }

        byte[] run(Plan plan) {
            return RandomElements.withOneNaN(EmittedSpanTest.run(plan, inputs()));
        }
    }

    @ParameterizedTest
    @EnumSource
    void yieldsTheBitsOfTheReference(Operation operation) {
        int emitted = 0;
        for (int round = 0; round < ROUNDS; round++) {
            int length = round == 0 ? SHARED : 1 + random.nextInt(round % 10 == 0 ? LONG : 300);
            Case made = Case.random(random, operation, length);
            Plan plan = made.plan(KernelTier.EMITTED, 1 + random.nextInt(2));
            emitted += plan.operators().getFirst().kernel() instanceof EmittedSpan ? 1 : 0;
            assertThat(made.run(plan)).as("round %d, %s of %d", round, made.model.primary().operators(), length)
                    .isEqualTo(made.run(made.plan(KernelTier.REFERENCE, 1)));
        }
        assertThat(emitted).as("operators that were emitted").isEqualTo(ROUNDS);
    }

    /// At any offset, between pages that nobody may touch.
    @ParameterizedTest
    @EnumSource
    void touchesNothingOutsideOfItsTensors(Operation operation) {
        for (int round = 0; round < GUARDED_ROUNDS; round++) {
            int length = 1 + random.nextInt(round % 10 == 0 ? LONG : 300);
            Case made = Case.random(random, operation, length);
            Plan plan = made.plan(KernelTier.EMITTED, 1);
            EmittedSpan kernel = (EmittedSpan) plan.operators().getFirst().kernel();
            byte[] expected = made.run(plan);
            int offset = random.nextInt(20);
            for (boolean isAtEnd : new boolean[]{true, false}) {
                int before = isAtEnd ? offset : 0;
                MemorySegment output = GuardedMemory.allocate((before + length) * Float.BYTES, isAtEnd);
                kernel.invoke(
                        new GuardedMemory(Map.of("a", guarded(made.a, before, isAtEnd), "b",
                                guarded(made.b, before, isAtEnd), "output", output), before),
                        0, kernel.units(), 0);
                byte[] whole = new byte[(before + length) * Float.BYTES];
                System.arraycopy(expected, 0, whole, before * Float.BYTES, expected.length);
                assertThat(RandomElements.withOneNaN(output.toArray(ValueLayout.JAVA_BYTE)))
                        .as("%d floats from %d", length, before).isEqualTo(whole);
            }
        }
    }

    private static MemorySegment guarded(Buffer numbers, int before, boolean isAtEnd) {
        byte[] bytes = numbers.toBytes();
        MemorySegment memory = GuardedMemory.allocate(before * Float.BYTES + bytes.length, isAtEnd);
        MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, before * Float.BYTES, bytes.length);
        return memory;
    }
}

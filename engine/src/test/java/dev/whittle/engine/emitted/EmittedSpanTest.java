package dev.whittle.engine.emitted;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.emitted.x86.VectorUnit;
import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.model.Activation;
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
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Emitted code that takes codes one by one yields those of the plain loops, whatever the length and wherever they lie.
class EmittedSpanTest {
    private static final int ROUNDS = Integer.getInteger("whittle.test.rounds", 150);
    private static final int GUARDED_ROUNDS = Math.ceilDiv(ROUNDS, 3);
    /// Longer than what one call takes.
    private static final int LONG = 20_000;
    private static final Activation[] CLAMPS = {Activation.NONE, Activation.RELU, Activation.RELU_N1_TO_1,
        Activation.RELU6};

    private final Random random = new Random(20261130);

    @BeforeEach
    void needsTheTier() {
        Units.assume(VectorUnit.AVX512);
    }

    enum Kind {
        ADD, MUL, LOGISTIC
    }

    @ParameterizedTest
    @CsvSource({"ADD, INT8", "ADD, UINT8", "MUL, INT8", "MUL, UINT8", "LOGISTIC, INT8", "LOGISTIC, UINT8"})
    void yieldsTheCodesOfTheReference(Kind kind, ElementType type) {
        int emitted = 0;
        for (int round = 0; round < ROUNDS; round++) {
            int length = 2 + random.nextInt(round % 10 == 0 ? LONG : 300);
            Model model = model(random, kind, type, length);
            byte[][] inputs = inputs(random, kind, length);
            Plan plan = Plan.of(model,
                    PlanOptions.defaults().withTier(KernelTier.EMITTED).withThreads(1 + random.nextInt(2)));
            emitted += plan.operators().getFirst().kernel() instanceof EmittedSpan ? 1 : 0;
            assertThat(run(plan, inputs)).as("round %d, %d codes", round, length).isEqualTo(
                    run(Plan.of(model, PlanOptions.defaults().withTier(KernelTier.REFERENCE)), inputs));
        }
        assertThat(emitted).as("operators that were emitted").isEqualTo(ROUNDS);
    }

    /// At any offset, between pages that nobody may touch.
    @ParameterizedTest
    @CsvSource({"ADD, INT8", "ADD, UINT8", "MUL, INT8", "LOGISTIC, UINT8"})
    void touchesNothingOutsideOfItsTensors(Kind kind, ElementType type) {
        for (int round = 0; round < GUARDED_ROUNDS; round++) {
            int length = 2 + random.nextInt(round % 10 == 0 ? LONG : 300);
            byte[][] inputs = inputs(random, kind, length);
            Plan plan = Plan.of(model(random, kind, type, length),
                    PlanOptions.defaults().withTier(KernelTier.EMITTED));
            EmittedSpan kernel = (EmittedSpan) plan.operators().getFirst().kernel();
            byte[] expected = run(plan, inputs);
            int offset = random.nextInt(70);
            for (boolean isAtEnd : new boolean[]{true, false}) {
                int before = isAtEnd ? offset : 0;
                MemorySegment output = GuardedMemory.allocate(before + length, isAtEnd);
                kernel.invoke(new GuardedMemory(Map.of("a", guarded(inputs[0], before, isAtEnd), "b",
                        guarded(inputs[inputs.length - 1], before, isAtEnd), "output", output), before), 0,
                        kernel.units(), 0);
                byte[] whole = new byte[before + length];
                System.arraycopy(expected, 0, whole, before, length);
                assertThat(output.toArray(ValueLayout.JAVA_BYTE)).as("%d codes from %d", length, before)
                        .isEqualTo(whole);
            }
        }
    }

    private static MemorySegment guarded(byte[] codes, int before, boolean isAtEnd) {
        MemorySegment memory = GuardedMemory.allocate(before + codes.length, isAtEnd);
        MemorySegment.copy(codes, 0, memory, ValueLayout.JAVA_BYTE, before, codes.length);
        return memory;
    }

    static byte[][] inputs(Random random, Kind kind, int length) {
        byte[][] inputs = new byte[kind == Kind.ADD ? 2 : 1][length];
        for (byte[] input : inputs) {
            random.nextBytes(input);
        }
        return inputs;
    }

    /// One operator, of tensors `a`, `b` and `output`: a sum of two, a product with one number, or a function.
    static Model model(Random random, Kind kind, ElementType type, int length) {
        Shape shape = Shape.of(1, length);
        QuantizationParameters result = kind == Kind.LOGISTIC
                ? QuantizationParameters.perTensor(1f / 256, type == ElementType.INT8 ? -128 : 0)
                : quantization(random, type, 0.1f);
        Tensor a = Tensor.activation("a", type, shape, quantization(random, type, 0.02f));
        Tensor output = Tensor.activation("output", type, shape, result);
        Tensor b = switch (kind) {
            case MUL -> Tensor.constant("b", type, Shape.of(1), quantization(random, type, 0.02f),
                    Buffer.of(new byte[]{(byte) random.nextInt()}));
            case ADD, LOGISTIC -> Tensor.activation("b", type, shape, quantization(random, type, 0.02f));
        };
        Activation activation = CLAMPS[random.nextInt(CLAMPS.length)];
        Operator operator = switch (kind) {
            case ADD -> new Operator(new Options.Add(activation), List.of(0, 1), List.of(2), 1);
            case MUL -> new Operator(new Options.Mul(activation), List.of(0, 1), List.of(2), 1);
            case LOGISTIC -> new Operator(Options.Plain.LOGISTIC, List.of(0), List.of(2), 1);
        };
        return new Model("span.tflite", Model.SCHEMA_VERSION, "",
                List.of(new Subgraph("main", List.of(a, b, output), kind == Kind.ADD ? List.of(0, 1) : List.of(0),
                        List.of(2), List.of(operator))),
                List.of(), List.of());
    }

    private static QuantizationParameters quantization(Random random, ElementType type, float scale) {
        return QuantizationParameters.perTensor(scale * (float) Math.exp(random.nextDouble() * 6 - 3),
                random.nextInt(256) - (type == ElementType.INT8 ? 128 : 0));
    }

    static byte[] run(Plan plan, byte[]... inputs) {
        try (Interpreter interpreter = Interpreter.of(plan)) {
            for (int i = 0; i < inputs.length; i++) {
                interpreter.input(i).putBytes(ByteBuffer.wrap(inputs[i]));
            }
            interpreter.invoke();
            ByteBuffer output = interpreter.output(0).toBytes();
            byte[] bytes = new byte[output.remaining()];
            output.get(bytes);
            return bytes;
        }
    }
}

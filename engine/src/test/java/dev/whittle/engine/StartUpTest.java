package dev.whittle.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.plan.PlanOptions;
import dev.whittle.engine.schema.ModelReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Interpreters that answer with scalar kernels while those of the vector tier are compiled.
class StartUpTest {
    private static final Path CORPUS = Path.of(System.getProperty("whittle.root"), "testdata", "conformance");
    private static final PlanOptions OPTIONS = PlanOptions.defaults().withTier(KernelTier.VECTOR)
            .withStartsScalar(true);
    private static final long MOST_NANOSECONDS = 90_000_000_000L;

    private final Model model = model();

    @BeforeEach
    void assumeVectors() {
        assumeTrue(KernelTier.isVectorAvailable(), "needs java --add-modules jdk.incubator.vector");
    }

    /// Sums of codes, twice: many times as fast with vectors, and soon compiled.
    private static Model model() {
        Shape shape = Shape.of(1, 40, 40, 16);
        QuantizationParameters quantization = QuantizationParameters.perTensor(1 / 64f, 3);
        List<Tensor> tensors = List.of(Tensor.activation("x", ElementType.INT8, shape, quantization),
                Tensor.activation("doubled", ElementType.INT8, shape, QuantizationParameters.perTensor(1 / 40f, -7)),
                Tensor.activation("y", ElementType.INT8, shape, quantization));
        Options add = new Options.Add(Activation.NONE);
        return new Model("sums.tflite", Model.SCHEMA_VERSION, "", List.of(new Subgraph("main", tensors, List.of(0),
                List.of(2), List.of(new Operator(add, List.of(0, 0), List.of(1), 1),
                        new Operator(add, List.of(0, 1), List.of(2), 1)))),
                List.of(), List.of());
    }

    private static Model model(String folder) throws IOException {
        return ModelReader.read(CORPUS.resolve(folder).resolve("model.tflite"));
    }

    private static float[] numbers(TensorView tensor, long seed) {
        Random random = new Random(seed);
        float[] values = new float[tensor.shape().elementCount()];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextInt(-50, 50) / 64f;
        }
        return values;
    }

    /// Runs until the kernels are those that stay, or far too long.
    private static void settle(Interpreter interpreter) {
        long start = System.nanoTime();
        do {
            interpreter.invoke();
        } while (!interpreter.isSettled() && System.nanoTime() - start < MOST_NANOSECONDS);
        assertThat(interpreter.isSettled()).isTrue();
    }

    @Test
    void goesOverToVectorKernelsWithTheSameBits() {
        try (Interpreter interpreter = Interpreter.of(model, OPTIONS);
                Interpreter vector = Interpreter.of(model, OPTIONS.withTier(KernelTier.VECTOR))) {
            vector.input(0).putFloats(numbers(vector.input(0), 1));
            vector.invoke();
            float[] expected = vector.output(0).toFloats();
            TensorView input = interpreter.input(0);
            TensorView output = interpreter.output(0);
            input.putFloats(numbers(input, 1));

            assertThat(interpreter.tier()).isEqualTo(KernelTier.SCALAR);
            interpreter.invoke();
            assertThat(output.toFloats()).isEqualTo(expected);
            long start = System.nanoTime();
            while (!interpreter.isSettled() && System.nanoTime() - start < MOST_NANOSECONDS) {
                interpreter.invoke();
                assertThat(output.toFloats()).isEqualTo(expected);
            }
            assertThat(interpreter.tier()).isEqualTo(KernelTier.VECTOR);
            assertThat(input.toFloats()).isEqualTo(numbers(input, 1));
            input.putFloats(numbers(input, 2));
            vector.input(0).putFloats(numbers(input, 2));
            interpreter.invoke();
            vector.invoke();
            assertThat(output.toFloats()).isEqualTo(vector.output(0).toFloats()).isNotEqualTo(expected);
        }
    }

    @Test
    void warmPlanServesLaterInterpretersAtOnce() {
        try (Interpreter first = Interpreter.of(model, OPTIONS)) {
            settle(first);
            try (Interpreter second = Interpreter.of(model, OPTIONS)) {
                assertThat(second.tier()).isEqualTo(first.tier()).isEqualTo(KernelTier.VECTOR);
                assertThat(second.plan()).isSameAs(first.plan());
                assertThat(second.isSettled()).isTrue();
            }
        }
    }

    @Test
    void resizesBeforeAndAfterGoingOver() {
        try (Interpreter interpreter = Interpreter.of(model, OPTIONS);
                Interpreter vector = Interpreter.of(model, OPTIONS.withTier(KernelTier.VECTOR))) {
            long start = System.nanoTime();
            int batch = 1;
            int afterwards = 0;
            while (afterwards < 3 && System.nanoTime() - start < MOST_NANOSECONDS) {
                batch = batch % 3 + 1;
                Shape shape = interpreter.input(0).shape().withDimension(0, batch);
                for (Interpreter each : List.of(interpreter, vector)) {
                    each.resizeInput(0, shape);
                    each.input(0).putFloats(numbers(each.input(0), batch));
                    each.invoke();
                }
                assertThat(interpreter.output(0).toFloats()).isEqualTo(vector.output(0).toFloats());
                if (interpreter.isSettled()) {
                    assertThat(interpreter.tier()).isEqualTo(KernelTier.VECTOR);
                    afterwards++;
                }
            }
            assertThat(afterwards).isEqualTo(3);
        }
    }

    @Test
    void intermediateTensorsStayReadable() {
        PlanOptions preserving = OPTIONS.withPreserveAllTensors(true);
        try (Interpreter interpreter = Interpreter.of(model, preserving);
                Interpreter vector = Interpreter.of(model, preserving.withTier(KernelTier.VECTOR))) {
            TensorView input = interpreter.input(0);
            input.putFloats(numbers(input, 1));
            vector.input(0).putFloats(numbers(input, 1));
            settle(interpreter);
            vector.invoke();

            assertThat(interpreter.tensor(1).toFloats()).isEqualTo(vector.tensor(1).toFloats());
        }
    }

    @Test
    void variablesSurviveGoingOver() throws IOException {
        Model recurrent = model("LSTM/float32_peephole_clip");
        try (Interpreter interpreter = Interpreter.of(recurrent, OPTIONS);
                Interpreter scalar = Interpreter.of(recurrent, OPTIONS.withTier(KernelTier.SCALAR))) {
            long start = System.nanoTime();
            long run = 0;
            do {
                interpreter.input(0).putFloats(numbers(interpreter.input(0), run));
                scalar.input(0).putFloats(numbers(scalar.input(0), run++));
                interpreter.invoke();
                scalar.invoke();
                assertThat(interpreter.output(0).toBytes()).isEqualTo(scalar.output(0).toBytes());
            } while (!interpreter.isSettled() && System.nanoTime() - start < MOST_NANOSECONDS);
            assertThat(interpreter.isSettled()).isTrue();
        }
    }

    @Test
    void modelsWithStateHaveTheirKernelsAtOnce() throws IOException {
        try (Interpreter interpreter = Interpreter.of(model("WHILE/conv_f32_data_dependent"), OPTIONS)) {
            assertThat(interpreter.tier()).isEqualTo(KernelTier.VECTOR);
            assertThat(interpreter.isSettled()).isTrue();
        }
    }

    @Test
    void closedInterpreterLeavesTheThreadToOthers() {
        for (int i = 0; i < 3; i++) {
            try (Interpreter closed = Interpreter.of(model, OPTIONS)) {
                closed.invoke();
                closed.invoke();
            }
        }
        try (Interpreter interpreter = Interpreter.of(model, OPTIONS)) {
            settle(interpreter);
            assertThat(interpreter.tier()).isEqualTo(KernelTier.VECTOR);
        }
    }
}

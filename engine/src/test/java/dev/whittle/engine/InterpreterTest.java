package dev.whittle.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.ModelLimits;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Signature;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.engine.plan.Plan;
import dev.whittle.engine.plan.PlanOptions;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class InterpreterTest {
    private static final Shape PAIRS = Shape.of(1, 2);

    /// x → x + 1 → relu → · (a FLOAT16 constant, dequantized) → scores.
    private static Model chain() {
        List<Tensor> tensors = List.of(
                new Tensor("x", ElementType.FLOAT32, PAIRS, Shape.of(-1, 2), null, null, false),
                Tensor.constant("one", ElementType.FLOAT32, Shape.of(), null, Buffer.ofFloats(1)),
                Tensor.activation("sum", ElementType.FLOAT32, PAIRS, null),
                Tensor.activation("positive", ElementType.FLOAT32, PAIRS, null),
                Tensor.constant("half", ElementType.FLOAT16, Shape.of(2), null,
                        Buffer.ofShorts(Float.floatToFloat16(0.5f), Float.floatToFloat16(2))),
                Tensor.activation("factor", ElementType.FLOAT32, Shape.of(2), null),
                Tensor.activation("scores", ElementType.FLOAT32, PAIRS, null));
        List<Operator> operators = List.of(
                new Operator(new Options.Add(Activation.NONE), List.of(0, 1), List.of(2), 1),
                new Operator(Options.Plain.RELU, List.of(2), List.of(3), 1),
                new Operator(Options.Plain.DEQUANTIZE, List.of(4), List.of(5), 1),
                new Operator(new Options.Mul(Activation.NONE), List.of(3, 5), List.of(6), 1));
        Signature signature = new Signature("serving_default", 0, new LinkedHashMap<>(Map.of("image", 0)),
                new LinkedHashMap<>(Map.of("probabilities", 6)));
        return new Model("chain.tflite", Model.SCHEMA_VERSION, "", List.of(
                new Subgraph("main", tensors, List.of(0), List.of(6), operators)), List.of(signature), List.of());
    }

    @Test
    void runsOperatorsInOrder() {
        try (Interpreter interpreter = Interpreter.of(chain())) {
            interpreter.input(0).putFloats(3, -5);
            interpreter.invoke();

            assertThat(interpreter.output(0).toFloats()).containsExactly(2, 0);
        }
    }

    @Test
    void operatorsOnConstantsRunWhenThePlanIsMade() {
        Plan plan = Plan.of(chain(), PlanOptions.defaults());

        assertThat(plan.operators()).extracting(step -> step.operator().code().name()).containsExactly("ADD", "RELU",
                "MUL");
        Buffer folded = plan.tensors().get(5).buffer();
        assertThat(folded).isEqualTo(Buffer.ofFloats(0.5f, 2));
    }

    @Test
    void endsAreFoundBySignatureAndByTensorName() {
        try (Interpreter interpreter = Interpreter.of(chain())) {
            assertThat(interpreter.input("image").index()).isZero();
            assertThat(interpreter.input("x").index()).isZero();
            assertThat(interpreter.output("probabilities").index()).isEqualTo(6);
            assertThatThrownBy(() -> interpreter.input("y")).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("[chain.tflite] no input \"y\", the model has [\"x\"]");
        }
    }

    @Test
    void resizedInputGivesAResizedOutput() {
        try (Interpreter interpreter = Interpreter.of(chain())) {
            TensorView input = interpreter.input(0);
            TensorView output = interpreter.output(0);
            interpreter.resizeInput(0, Shape.of(3, 2));
            input.putFloats(1, 2, 3, 4, 5, 6);
            interpreter.invoke();

            assertThat(output.shape()).isEqualTo(Shape.of(3, 2));
            assertThat(output.toFloats()).containsExactly(1, 6, 2, 10, 3, 14);
        }
    }

    @Test
    void strictResizingRefusesWhatTheSignatureFixes() {
        try (Interpreter interpreter = Interpreter.of(chain())) {
            assertThatThrownBy(() -> interpreter.resizeInputStrictly(0, Shape.of(2)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("[chain.tflite] input 0 \"x\" has shape signature [-1, 2], cannot take [2]");
        }
    }

    @Test
    void failedResizeLeavesTheInterpreterAsItWas() {
        try (Interpreter interpreter = Interpreter.of(chain())) {
            assertThatThrownBy(() -> interpreter.resizeInput(0, Shape.of(1, 3)))
                    .hasMessageStartingWith("[chain.tflite] MUL #3 \"scores\": inputs have shapes [1, 3] and [2]");
            interpreter.input(0).putFloats(3, -5);
            interpreter.invoke();

            assertThat(interpreter.output(0).toFloats()).containsExactly(2, 0);
        }
    }

    @Test
    void intermediateTensorsAreReadableWhenPreserved() {
        try (Interpreter interpreter = Interpreter.of(chain(), PlanOptions.defaults().withPreserveAllTensors(true))) {
            interpreter.input(0).putFloats(3, -5);
            interpreter.invoke();

            assertThat(interpreter.tensor(2).toFloats()).containsExactly(4, -4);
            assertThat(interpreter.tensor(3).toFloats()).containsExactly(4, 0);
        }
        try (Interpreter interpreter = Interpreter.of(chain())) {
            assertThatThrownBy(() -> interpreter.tensor(2).toFloats()).isInstanceOf(IllegalStateException.class)
                    .hasMessage("tensor 2 \"sum\" has no memory of its own; build the interpreter with "
                            + "preserveAllTensors to read it");
        }
    }

    @Test
    void wrongNumberOfValuesNamesTheTensor() {
        try (Interpreter interpreter = Interpreter.of(chain())) {
            assertThatThrownBy(() -> interpreter.input(0).putFloats(1)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("\"x\" takes 2 values (shape [1, 2]), got 1");
            assertThatThrownBy(() -> interpreter.input(0).putBytes(ByteBuffer.allocate(4)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("\"x\" takes 8 bytes (FLOAT32 [1, 2]), got 4");
        }
    }

    @Test
    void memoryBeyondTheLimitIsRefusedBeforeItIsAllocated() {
        try (Interpreter interpreter = Interpreter.of(chain(),
                PlanOptions.defaults().withLimits(ModelLimits.defaults().withMaxBytes(10_000)))) {
            assertThatThrownBy(() -> interpreter.resizeInput(0, Shape.of(1 << 27, 2)))
                    .isInstanceOf(UnsupportedModelException.class).hasMessageContaining("[chain.tflite] ")
                    .hasMessageContaining("the limit is 10000");
        }
    }

    @Test
    void listenerHearsEveryOperatorThatRuns() {
        try (Interpreter interpreter = Interpreter.of(chain())) {
            List<Integer> heard = new ArrayList<>();
            interpreter.invoke((operator, nanoseconds) -> heard.add(operator.index()));

            assertThat(heard).containsExactly(0, 1, 3);
        }
    }

    @Test
    void secondThreadIsTurnedAway() throws InterruptedException {
        try (Interpreter interpreter = Interpreter.of(chain())) {
            CountDownLatch isInside = new CountDownLatch(1);
            CountDownLatch mayLeave = new CountDownLatch(1);
            Thread other = Thread.ofPlatform().start(() -> interpreter.invoke((operator, nanoseconds) -> {
                isInside.countDown();
                try {
                    mayLeave.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }));
            isInside.await();
            try {
                assertThatThrownBy(interpreter::invoke).isInstanceOf(IllegalStateException.class).hasMessage(
                        "[chain.tflite] this interpreter is running in another thread; give each thread one of its own");
            } finally {
                mayLeave.countDown();
                other.join();
            }
        }
    }

    @Test
    void aThousandInterpretersOverOneModelAgree() throws Exception {
        Model model = chain();
        Plan plan = Plan.of(model, PlanOptions.defaults());
        AtomicInteger ran = new AtomicInteger();
        Callable<Void> work = () -> {
            for (int i = ran.getAndIncrement(); i < 1000; i = ran.getAndIncrement()) {
                // Every other one shares a plan, so that both ways are seen.
                try (Interpreter interpreter = i % 2 == 0 ? Interpreter.of(plan) : Interpreter.of(model)) {
                    interpreter.resizeInput(0, Shape.of(64, 2));
                    float[] values = new float[128];
                    for (int k = 0; k < values.length; k++) {
                        values[k] = i + k;
                    }
                    for (int repeat = 0; repeat < 5; repeat++) {
                        interpreter.input(0).putFloats(values);
                        interpreter.invoke();
                        float[] scores = interpreter.output(0).toFloats();
                        for (int k = 0; k < scores.length; k++) {
                            assertThat(scores[k]).isEqualTo((values[k] + 1) * (k % 2 == 0 ? 0.5f : 2));
                        }
                    }
                }
            }
            return null;
        };
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (Future<Void> finished : threads.invokeAll(Collections.nCopies(8, work))) {
                finished.get();
            }
        }
        assertThat(ran.get()).isGreaterThanOrEqualTo(1000);
    }

    @Test
    void closedInterpreterSaysSo() {
        Interpreter interpreter = Interpreter.of(chain());
        interpreter.close();

        assertThatThrownBy(interpreter::invoke).isInstanceOf(IllegalStateException.class)
                .hasMessage("[chain.tflite] this interpreter is closed");
    }

    @Test
    void quantizedInputsTakeRealNumbersAndOutputsGiveThem() {
        QuantizationParameters parameters = QuantizationParameters.perTensor(0.5f, -10);
        List<Tensor> tensors = List.of(Tensor.activation("x", ElementType.INT8, Shape.of(1, 4), parameters),
                Tensor.activation("y", ElementType.INT8, Shape.of(1, 4), parameters));
        Model model = new Model("relu.tflite", Model.SCHEMA_VERSION, "",
                List.of(new Subgraph("main", tensors, List.of(0), List.of(1),
                        List.of(new Operator(Options.Plain.RELU, List.of(0), List.of(1), 1)))),
                List.of(), List.of());
        try (Interpreter interpreter = Interpreter.of(model)) {
            interpreter.input(0).putFloats(-3, 0.25f, 1.2f, 1000);
            interpreter.invoke();

            assertThat(interpreter.output(0).toFloats()).containsExactly(0, 0.5f, 1, 68.5f);
            assertThat(interpreter.output(0).toBytes()).isEqualTo(ByteBuffer.wrap(new byte[]{-10, -9, -8, 127}));
        }
    }
}

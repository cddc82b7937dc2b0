package dev.whittle.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whittle.engine.kernel.CustomOperator;
import dev.whittle.engine.kernel.CustomOperators;
import dev.whittle.engine.kernel.Kernel;
import dev.whittle.engine.kernel.Preparation;
import dev.whittle.engine.kernel.Slot;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.ModelLimits;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Signature;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.engine.plan.PlanOptions;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Several subgraphs, variables, shapes that only a run knows, and operators of the caller's own.
class ControlFlowTest {
    private static final Options.Add ADD = new Options.Add(Activation.NONE);

    private static Tensor floats(String name, int... shape) {
        return Tensor.activation(name, ElementType.FLOAT32, Shape.of(shape), null);
    }

    private static Tensor bool(String name) {
        return Tensor.activation(name, ElementType.BOOL, Shape.of(1), null);
    }

    private static Tensor resource(String name) {
        return Tensor.activation(name, ElementType.RESOURCE, Shape.of(1), null);
    }

    private static Operator operator(Options options, List<Integer> inputs, List<Integer> outputs) {
        return new Operator(options, inputs, outputs, 1);
    }

    private static Model model(List<Signature> signatures, Subgraph... subgraphs) {
        return new Model("test.tflite", Model.SCHEMA_VERSION, "", List.of(subgraphs), signatures, List.of());
    }

    /// `main(go, x) = while (go) { go, x = body(go, x) }`, the condition giving `go` back.
    private static Model loop(Subgraph body) {
        Subgraph main = new Subgraph("main", List.of(bool("go"), floats("x", 2), bool("stopped"), floats("y", 2)),
                List.of(0, 1), List.of(3),
                List.of(operator(new Options.While(1, 2), List.of(0, 1), List.of(2, 3))));
        Subgraph condition = new Subgraph("condition", List.of(bool("go"), floats("x", 2)), List.of(0, 1), List.of(0),
                List.of());
        return model(List.of(), main, condition, body);
    }

    private static ByteBuffer flag(boolean value) {
        return ByteBuffer.wrap(new byte[]{(byte) (value ? 1 : 0)});
    }

    @Test
    void whileRunsItsBodyUntilTheConditionFails() {
        Tensor stop = Tensor.constant("stop", ElementType.BOOL, Shape.of(1), null, Buffer.of((byte) 0));
        Subgraph doubleOnce = new Subgraph("body", List.of(bool("go"), floats("x", 2), stop, floats("x + x", 2)),
                List.of(0, 1), List.of(2, 3), List.of(operator(ADD, List.of(1, 1), List.of(3))));
        try (Interpreter interpreter = Interpreter.of(loop(doubleOnce))) {
            interpreter.input(0).putBytes(flag(true));
            interpreter.input(1).putFloats(3, 4);
            interpreter.invoke();
            assertThat(interpreter.output(0).toFloats()).containsExactly(6, 8);
            interpreter.input(0).putBytes(flag(false));
            interpreter.invoke();
            assertThat(interpreter.output(0).toFloats()).containsExactly(3, 4);
        }
    }

    @Test
    void whileThatNeverEndsIsStoppedByEitherLimit() {
        Subgraph same = new Subgraph("body", List.of(bool("go"), floats("x", 2)), List.of(0, 1), List.of(0, 1),
                List.of());
        PlanOptions options = PlanOptions.defaults();
        try (Interpreter interpreter = Interpreter.of(loop(same),
                options.withLimits(ModelLimits.defaults().withMaxLoopIterations(1000)))) {
            interpreter.input(0).putBytes(flag(true));
            assertThatThrownBy(interpreter::invoke).isInstanceOf(UnsupportedModelException.class)
                    .hasMessage(
                            "[test.tflite] WHILE #0 \"stopped\": still running after 1000 loop iterations, the limit; "
                                    + "does the loop end?");
        }
        try (Interpreter interpreter = Interpreter.of(loop(same),
                options.withLimits(ModelLimits.defaults().withMaxTime(Duration.ofMillis(20))))) {
            interpreter.input(0).putBytes(flag(true));
            assertThatThrownBy(interpreter::invoke).isInstanceOf(UnsupportedModelException.class)
                    .hasMessage("[test.tflite] WHILE #0 \"stopped\": still running after 20 ms, the limit");
        }
    }

    @Test
    void whileBodyOfAnotherTypeIsMalformed() {
        Subgraph wrong = new Subgraph("body", List.of(bool("go"), bool("x")), List.of(0, 1), List.of(0, 1),
                List.of());
        assertThatThrownBy(() -> Interpreter.of(loop(wrong))).isInstanceOf(MalformedModelException.class)
                .hasMessage("[test.tflite] WHILE #0 \"stopped\": passes FLOAT32 for input 1 of subgraph 2, "
                        + "which takes BOOL");
    }

    @Test
    void branchesOfAnIfMayGiveDifferentShapes() {
        Subgraph main = new Subgraph("main", List.of(bool("which"), floats("x", 2, 3), floats("y", 1)), List.of(0, 1),
                List.of(2), List.of(operator(new Options.If(1, 2), List.of(0, 1), List.of(2))));
        Subgraph keep = new Subgraph("keep", List.of(floats("x", 2, 3)), List.of(0), List.of(0), List.of());
        Subgraph flat = new Subgraph("flat", List.of(floats("x", 2, 3), floats("y", 6)), List.of(0), List.of(1),
                List.of(operator(new Options.Reshape(List.of(6)), List.of(0), List.of(1))));
        try (Interpreter interpreter = Interpreter.of(model(List.of(), main, keep, flat))) {
            interpreter.input(1).putFloats(1, 2, 3, 4, 5, 6);
            for (boolean which : new boolean[]{true, false, true}) {
                interpreter.input(0).putBytes(flag(which));
                interpreter.invoke();
                assertThat(interpreter.output(0).shape()).isEqualTo(which ? Shape.of(2, 3) : Shape.of(6));
                assertThat(interpreter.output(0).toFloats()).containsExactly(1, 2, 3, 4, 5, 6);
            }
        }
    }

    @Test
    void caseRunsTheBranchOfItsNumberAndTheLastForAllOthers() {
        Tensor which = Tensor.activation("which", ElementType.INT32, Shape.of(1), null);
        Subgraph main = new Subgraph("main", List.of(which, floats("x", 2), floats("y", 2)), List.of(0, 1), List.of(2),
                List.of(operator(new Options.StablehloCase(List.of(1, 2)), List.of(0, 1), List.of(2))));
        Subgraph same = new Subgraph("same", List.of(floats("x", 2)), List.of(0), List.of(0), List.of());
        Subgraph twice = new Subgraph("twice", List.of(floats("x", 2), floats("y", 2)), List.of(0), List.of(1),
                List.of(operator(ADD, List.of(0, 0), List.of(1))));
        try (Interpreter interpreter = Interpreter.of(model(List.of(), main, same, twice))) {
            interpreter.input(1).putFloats(3, 4);
            for (int branch : new int[]{0, 1, 2, -1}) {
                interpreter.input(0).putBytes(Buffer.ofInts(branch).bytes());
                interpreter.invoke();
                float factor = branch == 0 ? 1 : 2;
                assertThat(interpreter.output(0).toFloats()).containsExactly(3 * factor, 4 * factor);
            }
        }
    }

    @Test
    void compositeRunsItsDecomposition() {
        Subgraph main = new Subgraph("main", List.of(floats("x", 2), floats("y", 2)), List.of(0), List.of(1),
                List.of(operator(new Options.StablehloComposite("test.twice", 1, Buffer.of(), 1), List.of(0),
                        List.of(1))));
        Subgraph twice = new Subgraph("twice", List.of(floats("x", 2), floats("y", 2)), List.of(0), List.of(1),
                List.of(operator(ADD, List.of(0, 0), List.of(1))));
        try (Interpreter interpreter = Interpreter.of(model(List.of(), main, twice))) {
            interpreter.input(0).putFloats(3, 4);
            interpreter.invoke();
            assertThat(interpreter.output(0).toFloats()).containsExactly(6, 8);
        }
    }

    @Test
    void computedShapeIsFollowedFromRunToRunAndDownstream() {
        Tensor shape = Tensor.activation("shape", ElementType.INT32, Shape.of(2), null);
        Subgraph main = new Subgraph("main",
                List.of(floats("x", 6), shape, floats("reshaped", 1, 6), floats("y", 1, 6)), List.of(0, 1),
                List.of(3), List.of(operator(new Options.Reshape(null), List.of(0, 1), List.of(2)),
                        operator(ADD, List.of(2, 2), List.of(3))));
        try (Interpreter interpreter = Interpreter.of(model(List.of(), main))) {
            interpreter.input(0).putFloats(1, 2, 3, 4, 5, 6);
            for (int rows : new int[]{2, 3, 3, 1}) {
                interpreter.input(1).putBytes(Buffer.ofInts(rows, -1).bytes());
                interpreter.invoke();
                assertThat(interpreter.output(0).shape()).isEqualTo(Shape.of(rows, 6 / rows));
                assertThat(interpreter.output(0).toFloats()).containsExactly(2, 4, 6, 8, 10, 12);
            }
            interpreter.input(1).putBytes(Buffer.ofInts(4, -1).bytes());
            assertThatThrownBy(interpreter::invoke).isInstanceOf(UnsupportedModelException.class)
                    .hasMessageStartingWith("[test.tflite] RESHAPE #0 \"reshaped\": cannot make shape [4, -1] of [6]");
            interpreter.input(1).putBytes(Buffer.ofInts(6, 1).bytes());
            interpreter.invoke();
            assertThat(interpreter.output(0).shape()).isEqualTo(Shape.of(6, 1));
        }
    }

    @Test
    void tensorThatGrowsFromRunToRunCountsOnceTowardsTheLimit() {
        Tensor dims = Tensor.activation("dims", ElementType.INT32, Shape.of(1), null);
        Subgraph main = new Subgraph("main", List.of(dims, floats("value"), floats("y", 1)), List.of(0, 1), List.of(2),
                List.of(operator(Options.Plain.FILL, List.of(0, 1), List.of(2))));
        PlanOptions options = PlanOptions.defaults()
                .withLimits(ModelLimits.defaults().withMaxBytes(Float.BYTES * 120_000));
        try (Interpreter interpreter = Interpreter.of(model(List.of(), main), options)) {
            interpreter.input(1).putFloats(3);
            for (int count = 10_000; count <= 100_000; count += 10_000) {
                interpreter.input(0).putBytes(Buffer.ofInts(count).bytes());
                interpreter.invoke();
                assertThat(interpreter.output(0).shape()).isEqualTo(Shape.of(count));
            }
            interpreter.input(0).putBytes(Buffer.ofInts(130_000).bytes());
            assertThatThrownBy(interpreter::invoke).isInstanceOf(UnsupportedModelException.class)
                    .hasMessageContaining("the limit is 480000");
        }
    }

    /// A model whose signature `set` assigns its input to a variable and whose signature `get` reads it, initialized to
    /// 1 by CALL_ONCE.
    private static Model counter() {
        Options.VarHandle handle = new Options.VarHandle("", "v");
        Tensor one = Tensor.constant("one", ElementType.FLOAT32, Shape.of(1), null, Buffer.ofFloats(1));
        Subgraph get = new Subgraph("get", List.of(resource("handle"), floats("v", 1)), List.of(), List.of(1),
                List.of(operator(new Options.CallOnce(2), List.of(), List.of()),
                        operator(handle, List.of(), List.of(0)),
                        operator(Options.Plain.READ_VARIABLE, List.of(0), List.of(1))));
        Subgraph set = new Subgraph("set", List.of(floats("x", 1), resource("handle")), List.of(0), List.of(),
                List.of(operator(handle, List.of(), List.of(1)),
                        operator(Options.Plain.ASSIGN_VARIABLE, List.of(1, 0), List.of())));
        Subgraph initialize = new Subgraph("initialize", List.of(one, resource("handle")), List.of(), List.of(),
                List.of(operator(handle, List.of(), List.of(1)),
                        operator(Options.Plain.ASSIGN_VARIABLE, List.of(1, 0), List.of())));
        LinkedHashMap<String, Integer> results = new LinkedHashMap<>(Map.of("value", 1));
        LinkedHashMap<String, Integer> arguments = new LinkedHashMap<>(Map.of("value", 0));
        return model(List.of(new Signature("get", 0, new LinkedHashMap<>(), results),
                new Signature("set", 1, arguments, new LinkedHashMap<>())), get, set, initialize);
    }

    @Test
    void signaturesShareVariablesAndInitializersRunOnce() {
        try (Interpreter get = Interpreter.of(counter()); Interpreter set = get.signature("set")) {
            get.invoke();
            assertThat(get.output("value").toFloats()).containsExactly(1);
            set.input("value").putFloats(7);
            set.invoke();
            get.invoke();
            assertThat(get.output("value").toFloats()).containsExactly(7);
            assertThatThrownBy(() -> get.signature("reset")).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("[test.tflite] no signature \"reset\", the model has [\"get\", \"set\"]");
        }
        try (Interpreter other = Interpreter.of(counter())) {
            other.invoke();
            assertThat(other.output("value").toFloats()).containsExactly(1);
        }
    }

    @Test
    void readingAVariableThatWasNeverAssignedNamesTheOperator() {
        Subgraph main = new Subgraph("main", List.of(resource("handle"), floats("v", 1)), List.of(), List.of(1),
                List.of(operator(new Options.VarHandle("", "v"), List.of(), List.of(0)),
                        operator(Options.Plain.READ_VARIABLE, List.of(0), List.of(1))));
        try (Interpreter interpreter = Interpreter.of(model(List.of(), main))) {
            assertThatThrownBy(interpreter::invoke).isInstanceOf(MalformedModelException.class)
                    .hasMessage("[test.tflite] READ_VARIABLE #1 \"v\": reads a variable that nothing was assigned to");
        }
    }

    /// Adds the one byte of its options to each element.
    private record AddByte() implements CustomOperator {
        @Override
        public String name() {
            return "AddByte";
        }

        @Override
        public Set<ElementType> types() {
            return Set.of(ElementType.FLOAT32);
        }

        @Override
        public List<Shape> outputShapes(Preparation p) {
            return List.of(p.inputTensor(0).shape());
        }

        @Override
        public Kernel prepare(Preparation p) {
            byte summand = ((Options.Custom) p.options()).data().bytes().get(0);
            Slot input = p.input(0);
            Slot output = p.output(0);
            return memory -> {
                for (int i = 0; i < input.elementCount(); i++) {
                    memory.floats(output)[memory.offset(output) + i] =
                            memory.floats(input)[memory.offset(input) + i] + summand;
                }
            };
        }
    }

    private static Model custom(Options... operators) {
        List<Operator> steps = new ArrayList<>();
        List<Tensor> tensors = new ArrayList<>(List.of(floats("x", 2)));
        for (Options options : operators) {
            steps.add(operator(options, List.of(tensors.size() - 1), List.of(tensors.size())));
            tensors.add(floats("y" + tensors.size(), 2));
        }
        return model(List.of(), new Subgraph("main", tensors, List.of(0), List.of(tensors.size() - 1), steps));
    }

    @Test
    void customOperatorIsFoundByItsName() {
        Model model = custom(new Options.Custom("AddByte", Buffer.of((byte) 5)));
        PlanOptions options = PlanOptions.defaults()
                .withCustomOperators(CustomOperators.installed().with(new AddByte()));
        try (Interpreter interpreter = Interpreter.of(model, options)) {
            interpreter.input(0).putFloats(1, 2);
            interpreter.invoke();
            assertThat(interpreter.output(0).toFloats()).containsExactly(6, 7);
        }
    }

    @Test
    void allMissingOperatorsAreNamedAtOnce() {
        Model model = custom(new Options.Custom("FlexErf", Buffer.of()), Options.Plain.RELU,
                new Options.Custom("AddByte", Buffer.of((byte) 5)), new Options.Unsupported(OperatorCode.DELEGATE),
                new Options.Custom("FlexErf", Buffer.of()));
        assertThatThrownBy(() -> Interpreter.of(model)).isInstanceOf(UnsupportedModelException.class)
                .hasMessage("[test.tflite] model: needs operators that are not supported: CUSTOM \"FlexErf\", "
                        + "CUSTOM \"AddByte\", DELEGATE");
    }
}

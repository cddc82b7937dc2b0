package dev.whittle.engine;

import dev.whittle.engine.kernel.Memory;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Signature;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.plan.Arena;
import dev.whittle.engine.plan.Plan;
import dev.whittle.engine.plan.PlanOptions;
import dev.whittle.engine.plan.PlannedOperator;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/// Runs one model, with memory of its own. Used by one thread at a time; a `Plan` serves any number of interpreters.
///
/// ```java
/// Model model = ModelReader.read(Path.of("digits_int8.tflite"));
/// try (Interpreter interpreter = Interpreter.of(model)) {
///     interpreter.input(0).putFloats(image);
///     interpreter.invoke();
///     float[] scores = interpreter.output(0).toFloats();
/// }
/// ```
public final class Interpreter implements AutoCloseable {
    private final Model model;
    private final Map<Integer, Shape> inputShapes = new HashMap<>();
    private final AtomicBoolean busy = new AtomicBoolean();
    private Plan plan;
    private Arena arena;
    private boolean closed;

    private Interpreter(Plan plan) {
        this.model = plan.model();
        this.plan = plan;
        this.arena = plan.newArena();
    }

    /// An interpreter with the fastest kernels of this machine.
    ///
    /// @throws dev.whittle.engine.model.UnsupportedModelException when an operator, type or size is not supported
    /// @throws dev.whittle.engine.model.MalformedModelException when an operator cannot be
    public static Interpreter of(Model model) {
        return of(model, PlanOptions.defaults());
    }

    /// As [#of(Model)], with choices.
    public static Interpreter of(Model model, PlanOptions options) {
        return of(Plan.of(model, options));
    }

    /// An interpreter over a plan that exists; it shares the plan's packed weights.
    public static Interpreter of(Plan plan) {
        return new Interpreter(plan);
    }

    public Model model() {
        return model;
    }

    /// The plan for the present input shapes.
    public Plan plan() {
        requireOpen();
        return plan;
    }

    Memory memory() {
        requireOpen();
        return arena;
    }

    public List<TensorView> inputs() {
        return views(model.primary().inputs());
    }

    public List<TensorView> outputs() {
        return views(model.primary().outputs());
    }

    private List<TensorView> views(List<Integer> tensors) {
        List<TensorView> views = new ArrayList<>(tensors.size());
        for (int tensor : tensors) {
            views.add(new TensorView(this, tensor));
        }
        return views;
    }

    /// The input with the given number.
    public TensorView input(int number) {
        return new TensorView(this, numbered("input", number, model.primary().inputs()));
    }

    /// The output with the given number.
    public TensorView output(int number) {
        return new TensorView(this, numbered("output", number, model.primary().outputs()));
    }

    private int numbered(String kind, int number, List<Integer> tensors) {
        if (number < 0 || number >= tensors.size()) {
            throw new IllegalArgumentException("[" + model.source() + "] " + kind + " " + number + ", the model has "
                    + tensors.size());
        }
        return tensors.get(number);
    }

    /// The input with the given name: a name in one of the signatures, else a tensor's.
    public TensorView input(String name) {
        return new TensorView(this, named("input", name, model.primary().inputs(), Signature::inputs));
    }

    /// The output with the given name: a name in one of the signatures, else a tensor's.
    public TensorView output(String name) {
        return new TensorView(this, named("output", name, model.primary().outputs(), Signature::outputs));
    }

    private int named(String kind, String name, List<Integer> tensors,
            Function<Signature, SequencedMap<String, Integer>> ends) {
        for (Signature signature : model.signatures()) {
            Integer tensor = ends.apply(signature).get(name);
            if (tensor != null) {
                return tensor;
            }
        }
        for (int tensor : tensors) {
            if (model.primary().tensor(tensor).name().equals(name)) {
                return tensor;
            }
        }
        throw new IllegalArgumentException("[" + model.source() + "] no " + kind + " \"" + name + "\", the model has "
                + tensors.stream().map(tensor -> "\"" + model.primary().tensor(tensor).name() + "\"").toList());
    }

    /// Any tensor of the subgraph. Reading an intermediate one after a run needs
    /// [dev.whittle.engine.plan.PlanOptions#preserveAllTensors].
    public TensorView tensor(int index) {
        if (index < 0 || index >= model.primary().tensors().size()) {
            throw new IllegalArgumentException("[" + model.source() + "] tensor " + index + ", the model has "
                    + model.primary().tensors().size());
        }
        return new TensorView(this, index);
    }

    /// Gives an input another shape, usually another batch. The contents of all tensors are lost.
    ///
    /// @throws IllegalArgumentException when the rank differs or a dimension is not positive
    /// @throws dev.whittle.engine.model.UnsupportedModelException when the model cannot run with it; the interpreter
    ///         then stays as it was
    public void resizeInput(int number, Shape shape) {
        int index = numbered("input", number, model.primary().inputs());
        Tensor tensor = plan().tensors().get(index);
        if (shape.equals(tensor.shape())) {
            return;
        }
        if (shape.rank() != tensor.shape().rank()) {
            throw new IllegalArgumentException("[" + model.source() + "] input " + number + " \"" + tensor.name()
                    + "\" has shape " + tensor.shape() + ", cannot take " + shape);
        }
        for (int dimension : shape.toList()) {
            if (dimension <= 0) {
                throw new IllegalArgumentException("[" + model.source() + "] input " + number + " \"" + tensor.name()
                        + "\" cannot take " + shape + ": dimensions must be positive");
            }
        }
        Map<Integer, Shape> shapes = new HashMap<>(inputShapes);
        shapes.put(index, shape);
        Plan resized = Plan.of(model, shapes, plan.options());
        arena = resized.newArena();
        plan = resized;
        inputShapes.put(index, shape);
    }

    /// Computes the outputs from the inputs. Allocates nothing.
    ///
    /// @throws IllegalStateException when another thread is in it, or after [#close]
    public void invoke() {
        enter();
        try {
            List<PlannedOperator> operators = plan.operators();
            for (int i = 0; i < operators.size(); i++) {
                operators.get(i).kernel().invoke(arena);
            }
        } finally {
            busy.set(false);
        }
    }

    /// As [#invoke()], timing each operator.
    public void invoke(OperatorListener listener) {
        enter();
        try {
            for (PlannedOperator operator : plan.operators()) {
                long start = System.nanoTime();
                operator.kernel().invoke(arena);
                listener.operatorRan(operator, System.nanoTime() - start);
            }
        } finally {
            busy.set(false);
        }
    }

    private void enter() {
        requireOpen();
        if (!busy.compareAndSet(false, true)) {
            throw new IllegalStateException("[" + model.source()
                    + "] this interpreter is running in another thread; give each thread one of its own");
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("[" + model.source() + "] this interpreter is closed");
        }
    }

    /// Lets go of the memory; any later use throws.
    @Override
    public void close() {
        closed = true;
        arena = Arena.empty();
    }
}

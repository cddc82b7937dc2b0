package dev.whittle.engine;

import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Signature;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.engine.plan.Arena;
import dev.whittle.engine.plan.InterpreterState;
import dev.whittle.engine.plan.Plan;
import dev.whittle.engine.plan.PlanOptions;
import dev.whittle.engine.plan.PlannedOperator;
import dev.whittle.engine.plan.WarmUp;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Runs one model, with memory of its own. Used by one thread at a time; a `Plan` serves any number of interpreters.
///
/// Where nothing else is asked for, it answers with scalar kernels at first, since vector kernels take seconds to be compiled;
/// the second run sets that going in the background, and the first run after it is done goes over to them. The results are
/// the same bits. So keep an interpreter for many runs.
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
    private final InterpreterState state;
    private final AtomicBoolean busy;
    private final PlanOptions options;
    private Plan plan;
    private Arena arena;
    /// Null once the present kernels are those that stay.
    private @Nullable WarmUp warmUp;
    private boolean closed;

    private Interpreter(Plan plan, PlanOptions options, InterpreterState state, AtomicBoolean busy) {
        this.model = plan.model();
        this.options = options;
        this.plan = plan;
        this.state = state;
        this.busy = busy;
        this.arena = plan.newArena(state);
        this.warmUp = hasSettledPlan() ? null : new WarmUp(options.settled());
    }

    /// An interpreter with the fastest kernels of this machine. All interpreters of one model share its packed weights, as
    /// long as they have the same choices and input shapes.
    ///
    /// @throws dev.whittle.engine.model.UnsupportedModelException when an operator, type or size is not supported
    /// @throws dev.whittle.engine.model.MalformedModelException when an operator cannot be
    public static Interpreter of(Model model) {
        return of(model, PlanOptions.defaults());
    }

    /// As [#of(Model)], with choices.
    public static Interpreter of(Model model, PlanOptions options) {
        return of(Plan.first(model, 0, Map.of(), options), options);
    }

    /// An interpreter over a plan that exists; it shares the plan's packed weights and runs its kernels from the first.
    public static Interpreter of(Plan plan) {
        return of(plan, plan.options().settled());
    }

    private static Interpreter of(Plan plan, PlanOptions options) {
        return new Interpreter(plan, options,
                new InterpreterState(plan.model().source(), options.limits(), options.threads()), new AtomicBoolean());
    }

    /// An interpreter for another entry point of the same model. Both share variables and hash tables, so that one may
    /// set what the other reads; they count as one where threads are concerned.
    ///
    /// @throws IllegalArgumentException when the model has no signature with this key
    public Interpreter signature(String key) {
        for (Signature signature : model.signatures()) {
            if (signature.key().equals(key)) {
                requireOpen();
                return new Interpreter(Plan.first(model, signature.subgraph(), Map.of(), options), options, state,
                        busy);
            }
        }
        throw new IllegalArgumentException("[" + model.source() + "] no signature \"" + key + "\", the model has "
                + model.signatures().stream().map(signature -> "\"" + signature.key() + "\"").toList());
    }

    public Model model() {
        return model;
    }

    /// The plan for the present input shapes.
    public Plan plan() {
        requireOpen();
        return plan;
    }

    /// The kernels that the last run used, and the next will unless others have become ready for it; before the first run,
    /// those that it will use.
    public KernelTier tier() {
        return plan().options().tier();
    }

    /// Whether [#tier] stays as it is. False while other kernels are awaited; runs then go over to them, or find that they do
    /// not come.
    public boolean isSettled() {
        return warmUp == null;
    }

    private boolean hasSettledPlan() {
        return plan.options().equals(options.settled());
    }

    Arena memory() {
        requireOpen();
        return arena;
    }

    public List<TensorView> inputs() {
        return views(plan.subgraph().inputs());
    }

    public List<TensorView> outputs() {
        return views(plan.subgraph().outputs());
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
        return new TensorView(this, numbered("input", number, plan.subgraph().inputs()));
    }

    /// The output with the given number.
    public TensorView output(int number) {
        return new TensorView(this, numbered("output", number, plan.subgraph().outputs()));
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
        return new TensorView(this, named("input", name, plan.subgraph().inputs(), Signature::inputs));
    }

    /// The output with the given name: a name in one of the signatures, else a tensor's.
    public TensorView output(String name) {
        return new TensorView(this, named("output", name, plan.subgraph().outputs(), Signature::outputs));
    }

    private int named(String kind, String name, List<Integer> tensors,
            Function<Signature, SequencedMap<String, Integer>> ends) {
        for (Signature signature : model.signatures()) {
            if (signature.subgraph() != plan.subgraphIndex()) {
                continue;
            }
            Integer tensor = ends.apply(signature).get(name);
            if (tensor != null) {
                return tensor;
            }
        }
        for (int tensor : tensors) {
            if (plan.subgraph().tensor(tensor).name().equals(name)) {
                return tensor;
            }
        }
        throw new IllegalArgumentException("[" + model.source() + "] no " + kind + " \"" + name + "\", the model has "
                + tensors.stream().map(tensor -> "\"" + plan.subgraph().tensor(tensor).name() + "\"").toList());
    }

    /// Any tensor of the subgraph. Reading an intermediate one after a run needs
    /// [dev.whittle.engine.plan.PlanOptions#preserveAllTensors].
    public TensorView tensor(int index) {
        if (index < 0 || index >= plan.subgraph().tensors().size()) {
            throw new IllegalArgumentException("[" + model.source() + "] tensor " + index + ", the model has "
                    + plan.subgraph().tensors().size());
        }
        return new TensorView(this, index);
    }

    /// Gives an input another shape, usually another batch. The contents of all tensors are lost, variables included.
    ///
    /// @throws IllegalArgumentException when a dimension is negative
    /// @throws dev.whittle.engine.model.UnsupportedModelException when the model cannot run with it; the interpreter
    ///         then stays as it was
    public void resizeInput(int number, Shape shape) {
        resizeInputs(Map.of(number, shape));
    }

    /// As [#resizeInput], refusing what the model does not leave open: dimensions other than those that its shape
    /// signature gives as -1.
    public void resizeInputStrictly(int number, Shape shape) {
        int index = numbered("input", number, plan.subgraph().inputs());
        Shape signature = plan.subgraph().tensor(index).shapeSignature();
        boolean isOpen = shape.rank() == signature.rank();
        for (int axis = 0; isOpen && axis < shape.rank(); axis++) {
            isOpen = signature.dimension(axis) == -1 || signature.dimension(axis) == shape.dimension(axis);
        }
        if (!isOpen) {
            throw new IllegalArgumentException("[" + model.source() + "] input " + number + " \""
                    + plan.subgraph().tensor(index).name() + "\" has shape signature " + signature + ", cannot take "
                    + shape);
        }
        resizeInput(number, shape);
    }

    /// As [#resizeInput], for several inputs at once, where the model runs with all of the new shapes or none.
    ///
    /// @param newShapes by number of the input
    public void resizeInputs(Map<Integer, Shape> newShapes) {
        Map<Integer, Shape> shapes = new HashMap<>(inputShapes);
        boolean isChanged = false;
        for (Map.Entry<Integer, Shape> entry : newShapes.entrySet()) {
            int index = numbered("input", entry.getKey(), plan().subgraph().inputs());
            Tensor tensor = plan.tensors().get(index);
            if (!entry.getValue().isKnown()) {
                throw new IllegalArgumentException("[" + model.source() + "] input " + entry.getKey() + " \""
                        + tensor.name() + "\" cannot take " + entry.getValue() + ": dimensions must be 0 or more");
            }
            isChanged |= !entry.getValue().equals(tensor.shape());
            shapes.put(index, entry.getValue());
        }
        if (!isChanged) {
            return;
        }
        Plan resized = isSettled()
                ? Plan.shared(model, plan.subgraphIndex(), shapes, plan.options())
                : Plan.first(model, plan.subgraphIndex(), shapes, options);
        arena.release();
        arena = resized.newArena(state);
        plan = resized;
        if (hasSettledPlan()) {
            endWarmUp();
        }
        inputShapes.putAll(shapes);
    }

    /// Fills the variable tensors, which recurrent operators keep their state in: INT8 with the zero point, all others
    /// with zeros.
    public void resetVariables() {
        requireOpen();
        arena.resetVariables();
    }

    /// Computes the outputs from the inputs. Allocates nothing, but for operators whose shapes depend on values.
    ///
    /// @throws IllegalStateException when another thread is in it, or after [#close]
    /// @throws dev.whittle.engine.model.MalformedModelException when a computed value cannot be, such as an index out of
    ///         range
    /// @throws dev.whittle.engine.model.UnsupportedModelException when the run passes a limit
    public void invoke() {
        enter();
        try {
            if (warmUp != null) {
                advance(warmUp);
            }
            arena.begin();
            arena.run();
        } finally {
            busy.setRelease(false);
        }
    }

    /// As [#invoke()], timing each operator.
    public void invoke(OperatorListener listener) {
        enter();
        try {
            if (warmUp != null) {
                advance(warmUp);
            }
            arena.begin();
            for (PlannedOperator operator : plan.operators()) {
                long start = System.nanoTime();
                operator.kernel().invoke(arena);
                listener.operatorRan(operator, System.nanoTime() - start);
            }
        } finally {
            busy.setRelease(false);
        }
    }

    /// Goes over to kernels that have become ready.
    private void advance(WarmUp present) {
        if (!present.isOver()) {
            present.beforeRun(arena);
            return;
        }
        warmUp = null;
        if (present.isWarm()) {
            try {
                Plan next = Plan.shared(model, plan.subgraphIndex(), inputShapes, options.settled());
                Arena memory = next.newArena(state);
                memory.takeOver(arena);
                arena.release();
                arena = memory;
                plan = next;
            } catch (UnsupportedModelException e) {
                // Both together pass the limit for memory.
            }
        }
    }

    private void endWarmUp() {
        if (warmUp != null) {
            warmUp.cancel();
            warmUp = null;
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
        endWarmUp();
        arena.release();
        arena = Arena.empty();
    }
}

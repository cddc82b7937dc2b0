package dev.whittle.engine.plan;

import dev.whittle.engine.kernel.KernelRegistry;
import dev.whittle.engine.kernel.Slot;
import dev.whittle.engine.kernel.StorageType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/// A model made ready to run for given input shapes: every shape, the place of every activation, the weights packed and
/// each operator bound to its kernel. Immutable; any number of interpreters run from one plan.
public final class Plan {
    /// The shape of a tensor before the run that decides it.
    static final Shape UNKNOWN = Shape.of(-1);

    private final Model model;
    private final int subgraph;
    private final PlanOptions options;
    private final List<Tensor> tensors;
    private final List<@Nullable Slot> slots;
    private final List<PlannedOperator> operators;
    private final Map<Integer, Object> constants;
    private final ArenaLayout layout;
    private final int deferredCount;
    private final long weightsBytes;
    /// Whether its kernels were found to be compiled; of no consequence for what it computes.
    private volatile boolean isWarm;

    Plan(Model model, int subgraph, PlanOptions options, List<Tensor> tensors, List<@Nullable Slot> slots,
            List<PlannedOperator> operators, Map<Integer, Object> constants, ArenaLayout layout,
            int deferredCount, long weightsBytes) {
        this.model = model;
        this.subgraph = subgraph;
        this.options = options;
        this.tensors = List.copyOf(tensors);
        this.slots = Collections.unmodifiableList(slots);
        this.operators = List.copyOf(operators);
        this.constants = new HashMap<>(constants);
        this.layout = layout;
        this.deferredCount = deferredCount;
        this.weightsBytes = weightsBytes;
    }

    /// A plan for the input shapes that the file gives.
    ///
    /// @throws dev.whittle.engine.model.UnsupportedModelException when an operator, type or size is not supported
    /// @throws dev.whittle.engine.model.MalformedModelException when an operator cannot be
    public static Plan of(Model model, PlanOptions options) {
        return of(model, Map.of(), options);
    }

    /// As [#of(Model, PlanOptions)], with other shapes for some of the inputs.
    ///
    /// @param inputShapes by tensor index
    public static Plan of(Model model, Map<Integer, Shape> inputShapes, PlanOptions options) {
        return of(model, 0, inputShapes, options);
    }

    /// As [#of(Model, Map, PlanOptions)], for any subgraph.
    ///
    /// @param subgraph its number in the model
    public static Plan of(Model model, int subgraph, Map<Integer, Shape> inputShapes, PlanOptions options) {
        return of(model, subgraph, shapes(model, subgraph, inputShapes), options.settled());
    }

    /// As [#of(Model, int, Map, PlanOptions)], but the plan that somebody already uses for the same model (not an equal
    /// one), input shapes and choices, where there is one: its weights are then packed once.
    public static Plan shared(Model model, int subgraph, Map<Integer, Shape> inputShapes, PlanOptions options) {
        return shared(model, subgraph, shapes(model, subgraph, inputShapes), options);
    }

    static Plan shared(Model model, int subgraph, List<Shape> shapes, PlanOptions options) {
        Plan present = LivePlans.present(model, subgraph, shapes, options);
        // Not under a lock, as it may take long. Of two threads that plan the same at once, the later uses what is there.
        return present == null ? LivePlans.add(of(model, subgraph, shapes, options)) : present;
    }

    /// As [#shared], but where the options say so and the model allows it, a plan with scalar kernels for as long as those of
    /// the tier are not warm; [WarmUp] then leads on to them.
    public static Plan first(Model model, int subgraph, Map<Integer, Shape> inputShapes, PlanOptions options) {
        List<Shape> shapes = shapes(model, subgraph, inputShapes);
        PlanOptions last = options.settled();
        if (options.startsScalar() && WarmUp.isPossible(model)) {
            Plan present = LivePlans.present(model, subgraph, shapes, last);
            if (present == null || !present.isWarm) {
                return shared(model, subgraph, shapes, options.first());
            }
        }
        return shared(model, subgraph, shapes, last);
    }

    private static Plan of(Model model, int subgraph, List<Shape> shapes, PlanOptions options) {
        requireOperators(model, options);
        return new Planning(model, options).plan(subgraph, shapes);
    }

    private static List<Shape> shapes(Model model, int subgraph, Map<Integer, Shape> inputShapes) {
        Subgraph planned = model.subgraphs().get(subgraph);
        List<Shape> shapes = new ArrayList<>();
        for (int input : planned.inputs()) {
            Shape chosen = inputShapes.get(input);
            shapes.add(chosen == null ? planned.tensor(input).shape() : chosen);
        }
        return shapes;
    }

    /// Refuses a model that needs operators which are not there, naming all of them.
    private static void requireOperators(Model model, PlanOptions options) {
        SequencedSet<String> missing = new LinkedHashSet<>();
        for (Subgraph subgraph : model.subgraphs()) {
            for (Operator operator : subgraph.operators()) {
                if (operator.options() instanceof Options.Custom custom) {
                    if (options.customOperators().get(custom.name()) == null) {
                        missing.add("CUSTOM \"" + custom.name() + "\"");
                    }
                } else if (KernelRegistry.of(operator.code()) == null) {
                    missing.add(operator.code().name());
                }
            }
        }
        if (!missing.isEmpty()) {
            throw new UnsupportedModelException("[" + model.source()
                    + "] model: needs operators that are not supported: " + String.join(", ", missing));
        }
    }

    public Model model() {
        return model;
    }

    /// The subgraph that this is a plan of.
    public Subgraph subgraph() {
        return model.subgraphs().get(subgraph);
    }

    /// The number of [#subgraph] in the model.
    public int subgraphIndex() {
        return subgraph;
    }

    public PlanOptions options() {
        return options;
    }

    /// The shapes that it was made for.
    List<Shape> inputShapes() {
        List<Shape> shapes = new ArrayList<>();
        for (int input : subgraph().inputs()) {
            shapes.add(tensors.get(input).shape());
        }
        return shapes;
    }

    /// Whether its kernels have been found to be compiled.
    boolean isWarm() {
        return isWarm;
    }

    void setWarm() {
        isWarm = true;
    }

    /// The tensors of the subgraph with their planned shapes; those that were computed from constants alone are
    /// constants here.
    public List<Tensor> tensors() {
        return tensors;
    }

    /// What runs, in order. Operators on constants alone have run already and are not among them.
    public List<PlannedOperator> operators() {
        return operators;
    }

    /// How kernels know a tensor; null where nothing touches it at run time.
    public @Nullable Slot slot(int tensor) {
        return slots.get(tensor);
    }

    /// True when the tensor's memory is used by no other tensor from when it is written until the run ends.
    public boolean isReadableAfterRun(int tensor) {
        if (options.preserveAllTensors() || tensors.get(tensor).isConstant()) {
            return slots.get(tensor) != null || !tensors.get(tensor).shape().isKnown();
        }
        return subgraph().inputs().contains(tensor) || subgraph().outputs().contains(tensor);
    }

    /// Bytes of activations and scratch that each interpreter allocates.
    public long arenaBytes() {
        return layout.bytes();
    }

    /// The largest sum of bytes alive at one operator, tensors that share memory counted once: no layout can do with less.
    public long arenaLowerBoundBytes() {
        return layout.lowerBoundBytes();
    }

    /// The least that [#arenaBytes] can be as memory is divided here: each storage type has an array of its own, which must
    /// hold what is alive at the operator that needs most of that type, and each tensor starts at a cache line. What the
    /// arena takes beyond [#arenaLowerBoundBytes] and this does not explain is lost to gaps.
    public long arenaStorageLowerBoundBytes() {
        return layout.storageLowerBoundBytes();
    }

    /// Bytes of constants and packed weights that the plan holds, for all interpreters that run from it. Weights that are
    /// packed while a run goes on, since they are computed or their operator is deferred, are not among them.
    public long weightsBytes() {
        return weightsBytes;
    }

    /// Fresh memory for one interpreter, activations zeroed and variables reset.
    ///
    /// @param state what it shares with the interpreter's other memory
    public Arena newArena(InterpreterState state) {
        state.charge(layout.bytes());
        Object[] storages = new Object[StorageType.values().length];
        for (StorageType storage : StorageType.values()) {
            storages[storage.ordinal()] = storage.allocate(Math.toIntExact(layout.elementCount(storage)));
        }
        @Nullable Object[] arrays = new @Nullable Object[slots.size()];
        int[] offsets = new int[slots.size()];
        for (Map.Entry<Integer, Object> constant : constants.entrySet()) {
            arrays[constant.getKey()] = constant.getValue();
        }
        for (Area.Placed place : layout.placed()) {
            arrays[place.area().slot()] = storages[place.area().storage().ordinal()];
            offsets[place.area().slot()] = place.offset();
        }
        for (SharedMemory.Guest guest : layout.guests()) {
            arrays[guest.slot()] = arrays[guest.host()];
            offsets[guest.slot()] = offsets[guest.host()] + guest.offset();
        }
        Arena arena = new Arena(this, state, arrays, offsets, tensors.size(), deferredCount, layout.bytes());
        arena.resetVariables();
        return arena;
    }
}

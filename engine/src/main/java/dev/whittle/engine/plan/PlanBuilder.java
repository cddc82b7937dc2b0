package dev.whittle.engine.plan;

import dev.whittle.engine.kernel.DivisibleKernel;
import dev.whittle.engine.kernel.Kernel;
import dev.whittle.engine.kernel.KernelRegistry;
import dev.whittle.engine.kernel.Memory;
import dev.whittle.engine.kernel.OperatorKernel;
import dev.whittle.engine.kernel.Resources;
import dev.whittle.engine.kernel.Slot;
import dev.whittle.engine.kernel.StorageType;
import dev.whittle.engine.kernel.Subroutine;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Builds one plan: walks the operators in order, giving each its output shapes and its bound kernel; an operator whose
/// inputs are all constant runs here and now, and its outputs become constants; one that needs a shape or a value that
/// only a run can give is deferred to it. Then lays out the arena.
///
/// A tensor whose shape the run decides has an unknown shape here and no place in the arena.
final class PlanBuilder implements Scope {
    private final Planning planning;
    private final Model model;
    private final int subgraphIndex;
    private final Subgraph subgraph;
    private final PlanOptions options;
    /// Descriptions with planned shapes; folded outputs gain a buffer.
    private final List<Tensor> tensors;
    /// Tensors, then scratch, as kernels know them.
    private final List<@Nullable Slot> slots;
    /// Arrays of the constants that kernels read at run time, by slot.
    private final Map<Integer, Object> constants = new HashMap<>();
    private final List<Area> scratches = new ArrayList<>();
    private final List<PlannedOperator> planned = new ArrayList<>();
    /// What each of them bears, in the same order.
    private final List<List<SharedMemory.Offer>> offers = new ArrayList<>();
    /// Those of the operator being planned, so that its shape rule and its binding speak of the same calls.
    private final Map<Integer, Subroutine> subroutines = new HashMap<>();
    private int deferredCount;
    private long constantBytes;
    /// Of what folding computed, kept for the operators that read it as values.
    private long foldedBytes;
    /// Of what kernels hold, packed weights above all.
    private long keptBytes;
    private long multiplications;

    PlanBuilder(Planning planning, Model model, int subgraphIndex, List<Shape> inputShapes, PlanOptions options) {
        this.planning = planning;
        this.model = model;
        this.subgraphIndex = subgraphIndex;
        this.subgraph = model.subgraphs().get(subgraphIndex);
        this.options = options;
        this.tensors = new ArrayList<>(subgraph.tensors());
        this.slots = new ArrayList<>();
        for (int i = 0; i < tensors.size(); i++) {
            slots.add(null);
            if (tensors.get(i).isVariable()) {
                tensors.set(i, tensors.get(i).withBuffer(null));
            }
        }
        for (int i = 0; i < inputShapes.size(); i++) {
            int input = subgraph.inputs().get(i);
            // Memory that callers write to: whatever a file gives as data cannot be a constant.
            tensors.set(input, tensors.get(input).withShape(inputShapes.get(i)).withBuffer(null));
        }
    }

    Plan build() {
        List<Operator> operators = subgraph.operators();
        int i = 0;
        while (i < operators.size()) {
            if (i + 1 < operators.size() && planWithPooling(i, operators.get(i), operators.get(i + 1))) {
                i++;
            } else {
                plan(i, operators.get(i));
            }
            i++;
        }
        // Callers read and write these, whether or not an operator does.
        for (int input : subgraph.inputs()) {
            useIfKnown(input);
        }
        for (int output : subgraph.outputs()) {
            useIfKnown(output);
        }
        ArenaLayout layout = layout();
        requireAffordable(layout.bytes() + constantBytes + foldedBytes);
        return new Plan(model, subgraphIndex, options, tensors, slots, planned, constants, layout, deferredCount,
                constantBytes + keptBytes);
    }

    private void plan(int index, Operator operator) {
        OperatorPreparation preparation = new OperatorPreparation(this, index, operator);
        OperatorKernel rule = rule(preparation, operator);
        subroutines.clear();
        if (hasUnknownInput(operator)) {
            defer(index, operator, rule, true);
            return;
        }
        preparation.requireType(rule);
        List<Shape> shapes;
        try {
            shapes = preparation.outputShapes(rule);
        } catch (ValueNotKnown e) {
            defer(index, operator, rule, true);
            return;
        }
        for (int i = 0; i < shapes.size(); i++) {
            int output = operator.outputs().get(i);
            tensors.set(output, tensors.get(output).withShape(shapes.get(i)));
        }
        int scratchCount = scratches.size();
        Kernel kernel;
        try {
            kernel = preparation.prepare(rule);
        } catch (ValueNotKnown e) {
            scratches.subList(scratchCount, scratches.size()).clear();
            defer(index, operator, rule, false);
            return;
        }
        multiplications += preparation.work();
        preparation.requireWork(multiplications);
        if (isConstant(operator) && !rule.isStateful()) {
            List<Area> ownScratches = scratches.subList(scratchCount, scratches.size());
            fold(operator, kernel, ownScratches);
            ownScratches.clear();
        } else {
            planned.add(new PlannedOperator(index, operator, null, kernel));
            offers.add(preparation.offers());
            keptBytes += preparation.keptBytes();
        }
    }

    /// Plans an operator together with the pooling that follows, if it can take it over.
    ///
    /// @return whether it was planned
    private boolean planWithPooling(int index, Operator operator, Operator next) {
        if (options.preserveAllTensors() || !(next.options() instanceof Options.MaxPool2d(Options.Pool2d pooling))
                || operator.outputs().size() != 1
                || next.outputs().size() != 1 || !next.inputs().equals(operator.outputs()) || hasUnknownInput(operator)
                || isConstant(operator)
                || isUsedElsewhere(operator.outputs().getFirst())) {
            return false;
        }
        int between = operator.outputs().getFirst();
        int pooled = next.outputs().getFirst();
        OperatorPreparation own = new OperatorPreparation(this, index, operator);
        OperatorKernel rule = rule(own, operator);
        int scratchCount = scratches.size();
        try {
            if (tensors.get(pooled).type() != tensors.get(between).type()
                    || !Objects.equals(tensors.get(pooled).quantization(), tensors.get(between).quantization())
                    || !rule.canPool(own, pooling)) {
                return false;
            }
            own.requireType(rule);
            tensors.set(between, tensors.get(between).withShape(own.outputShapes(rule).getFirst()));
            OperatorPreparation after = new OperatorPreparation(this, index + 1, next);
            OperatorKernel afterRule = rule(after, next);
            after.requireType(afterRule);
            tensors.set(pooled, tensors.get(pooled).withShape(after.outputShapes(afterRule).getFirst()));
            Operator both = new Operator(operator.options(), operator.inputs(), next.outputs(), operator.version());
            OperatorPreparation preparation = new OperatorPreparation(this, index, both, pooling);
            Kernel kernel = preparation.prepare(rule);
            multiplications += preparation.work();
            preparation.requireWork(multiplications);
            planned.add(new PlannedOperator(index, both, next, kernel));
            offers.add(preparation.offers());
            keptBytes += preparation.keptBytes();
            return true;
        } catch (ValueNotKnown e) {
            scratches.subList(scratchCount, scratches.size()).clear();
            return false;
        }
    }

    /// Whether anybody but one operator reads a tensor.
    private boolean isUsedElsewhere(int tensor) {
        int readers = 0;
        int writers = 0;
        for (Operator operator : subgraph.operators()) {
            for (int input : operator.inputs()) {
                readers += input == tensor ? 1 : 0;
            }
            for (int output : operator.outputs()) {
                writers += output == tensor ? 1 : 0;
            }
        }
        return readers != 1 || writers != 1 || subgraph.outputs().contains(tensor)
                || subgraph.inputs().contains(tensor) || tensors.get(tensor).isVariable();
    }

    private OperatorKernel rule(OperatorPreparation preparation, Operator operator) {
        OperatorKernel rule = operator.options() instanceof Options.Custom custom
                ? options.customOperators().get(custom.name())
                : KernelRegistry.of(operator.code());
        if (rule == null) {
            throw preparation.unsupported("operator is not supported");
        }
        return rule;
    }

    private boolean hasUnknownInput(Operator operator) {
        for (int input : operator.inputs()) {
            if (input != Operator.ABSENT && !tensors.get(input).shape().isKnown()) {
                return true;
            }
        }
        return false;
    }

    /// Leaves an operator to the run. Its constants are left where they are until it is known which it reads.
    private void defer(int index, Operator operator, OperatorKernel rule, boolean leavesShapes) {
        for (int input : operator.inputs()) {
            if (input != Operator.ABSENT && !tensors.get(input).isConstant()) {
                useIfKnown(input);
            }
        }
        for (int output : operator.outputs()) {
            if (leavesShapes) {
                tensors.set(output, tensors.get(output).withShape(Plan.UNKNOWN));
            }
            useIfKnown(output);
        }
        planned.add(new PlannedOperator(index, operator, null,
                new DeferredOperator(deferredCount++, index, operator, rule)));
        offers.add(List.of());
    }

    private boolean isConstant(Operator operator) {
        for (int input : operator.inputs()) {
            if (input != Operator.ABSENT && !tensors.get(input).isConstant()) {
                return false;
            }
        }
        for (int output : operator.outputs()) {
            if (!tensors.get(output).shape().isKnown()) {
                return false;
            }
        }
        return !operator.inputs().isEmpty();
    }

    /// Runs an operator on constants; what it writes gets arrays of its own for the moment.
    private void fold(Operator operator, Kernel kernel, List<Area> ownScratches) {
        List<Slot> written = new ArrayList<>();
        operator.outputs().forEach(output -> written.add(use(output)));
        ownScratches.forEach(scratch -> written.add(use(scratch.slot())));
        @Nullable Object[] arrays = new @Nullable Object[slots.size()];
        constants.forEach((slot, array) -> arrays[slot] = array);
        long bytes = constantBytes + foldedBytes;
        for (Slot slot : written) {
            StorageType storage = storage(slot.name(), slot.type());
            long length = (long) slot.elementCount() * StorageType.width(slot.type());
            bytes += length * storage.elementBytes();
            requireAffordable(bytes);
            if (length > Integer.MAX_VALUE) {
                throw tooLong(slot);
            }
            arrays[slot.index()] = storage.allocate((int) length);
        }
        Memory memory = new FoldMemory(arrays);
        kernel.invoke(memory);
        for (int output : operator.outputs()) {
            Slot slot = use(output);
            ByteBuffer elements;
            try {
                elements = Elements.read(memory, slot);
            } catch (ArithmeticException e) {
                throw tooLong(slot);
            }
            foldedBytes += elements.remaining();
            tensors.set(output, tensors.get(output).withBuffer(Buffer.wrap(elements)));
            // The slot was taken for the output while it was an activation; as a constant it is asked for anew.
            slots.set(output, null);
        }
    }

    private UnsupportedModelException tooLong(Slot slot) {
        return new UnsupportedModelException("[" + model.source() + "] tensor \"" + slot.name()
                + "\" is computed from constants and needs more than 2^31-1 bytes");
    }

    /// Memory with an array for each slot, for an operator without state.
    private record FoldMemory(@Nullable Object[] arrays) implements Memory {
        @Override
        public Object array(Slot slot) {
            Object array = arrays[slot.index()];
            if (array == null) {
                throw new IllegalStateException("\"" + slot.name() + "\" holds no data while constants are folded");
            }
            return array;
        }

        @Override
        public MemorySegment segment(Slot slot) {
            return StorageType.segment(array(slot));
        }

        @Override
        public int offset(Slot slot) {
            return 0;
        }

        @Override
        public Slot shaped(Slot output, Shape shape) {
            throw new IllegalStateException("\"" + output.name() + "\" was said to have a known shape");
        }

        @Override
        public void countLoop(String where) {
            throw new IllegalStateException(where + "has state and cannot be folded");
        }

        @Override
        public void divide(DivisibleKernel kernel) {
            kernel.invoke(this, 0, kernel.units(), 0);
        }

        @Override
        public Resources resources() {
            throw new IllegalStateException("an operator with state cannot be folded");
        }
    }

    @Override
    public Model model() {
        return model;
    }

    @Override
    public PlanOptions options() {
        return options;
    }

    @Override
    public Tensor tensor(int index) {
        return tensors.get(index);
    }

    @Override
    public Buffer values(int index) {
        Buffer constant = tensors.get(index).buffer();
        if (constant == null) {
            throw ValueNotKnown.INSTANCE;
        }
        return constant;
    }

    @Override
    public Subroutine subroutine(int called) {
        return subroutines.computeIfAbsent(called,
                _ -> new PlannedSubroutine(() -> planning, model, called, options));
    }

    private void useIfKnown(int index) {
        if (tensors.get(index).shape().isKnown()) {
            use(index);
        }
    }

    @Override
    public Slot use(int index) {
        Slot slot = slots.get(index);
        if (slot == null) {
            Tensor tensor = tensors.get(index);
            storage(tensor.name(), tensor.type());
            slot = new Slot(index, tensor.name(), tensor.type(), tensor.shape(), tensor.quantization());
            slots.set(index, slot);
            if (tensor.buffer() != null) {
                constantBytes += tensor.buffer().byteLength();
                constants.put(index,
                        Elements.decode(tensor.type(), tensor.shape().elementCount(), tensor.buffer()));
            }
        }
        return slot;
    }

    @Override
    public Slot scratch(int operator, ElementType type, int elementCount) {
        Slot slot = new Slot(slots.size(), "scratch of operator #" + operator, type, Shape.of(elementCount), null);
        slots.add(slot);
        scratches.add(area(slot, operator, operator));
        return slot;
    }

    private Area area(Slot slot, int first, int last) {
        long length = (long) slot.elementCount() * StorageType.width(slot.type());
        return new Area(slot.index(), storage(slot.name(), slot.type()), Math.toIntExact(length), first, last);
    }

    private StorageType storage(String name, ElementType type) {
        StorageType storage = StorageType.of(type);
        if (storage == null) {
            throw new UnsupportedModelException(
                    "[" + model.source() + "] tensor \"" + name + "\": element type " + type + " is not supported");
        }
        return storage;
    }

    private List<Area> tensorAreas(BitSet writtenOnce) {
        int end = subgraph.operators().size();
        int[] first = new int[tensors.size()];
        int[] last = new int[tensors.size()];
        Arrays.fill(first, end);
        Arrays.fill(last, -1);
        writtenOnce.set(0, tensors.size());
        for (PlannedOperator step : planned) {
            for (int input : step.operator().inputs()) {
                if (input != Operator.ABSENT) {
                    last[input] = Math.max(last[input], step.index());
                }
            }
            for (int output : step.operator().outputs()) {
                if (first[output] < end) {
                    writtenOnce.clear(output);
                }
                first[output] = Math.min(first[output], step.index());
                last[output] = Math.max(last[output], step.index());
            }
        }
        for (int input : subgraph.inputs()) {
            // Inputs keep their contents, so that a caller may set one of several and run again.
            if (first[input] < end) {
                writtenOnce.clear(input);
            }
            first[input] = -1;
            last[input] = end;
        }
        for (int output : subgraph.outputs()) {
            last[output] = end;
        }
        List<Area> areas = new ArrayList<>();
        for (int i = 0; i < tensors.size(); i++) {
            Slot slot = slots.get(i);
            if (slot == null || tensors.get(i).isConstant() || !slot.shape().isKnown()) {
                continue;
            }
            boolean outlivesRuns = tensors.get(i).isVariable();
            areas.add(area(slot, outlivesRuns ? -1 : first[i],
                    outlivesRuns || options.preserveAllTensors() ? end : last[i]));
        }
        return areas;
    }

    private ArenaLayout layout() {
        try {
            BitSet writtenOnce = new BitSet();
            List<Area> areas = tensorAreas(writtenOnce);
            if (options.preserveAllTensors()) {
                areas.addAll(scratches);
                return ArenaLayout.of(areas, List.of());
            }
            List<Area> shareable = new ArrayList<>();
            List<Area> blocks = new ArrayList<>(scratches);
            for (Area area : areas) {
                boolean isShareable = writtenOnce.get(area.slot()) && !tensors.get(area.slot()).isVariable();
                (isShareable ? shareable : blocks).add(area);
            }
            SharedMemory shared = new SharedMemory(shareable, set(subgraph.inputs()), set(subgraph.outputs()));
            for (int i = 0; i < planned.size(); i++) {
                shared.take(offers.get(i), planned.get(i).operator().inputs());
            }
            blocks.addAll(shared.areas());
            return ArenaLayout.of(blocks, shared.guests());
        } catch (ArithmeticException e) {
            throw new UnsupportedModelException("[" + model.source() + "] needs more than 2^31-1 elements at once for "
                    + "its activations; run smaller batches");
        }
    }

    private static BitSet set(List<Integer> members) {
        BitSet set = new BitSet();
        for (int member : members) {
            set.set(member);
        }
        return set;
    }

    private void requireAffordable(long bytes) {
        InterpreterState.requireAffordable(model.source(), bytes, options.limits());
    }

    /// Thrown when a value is asked for that only a run can give; caught where the operator is planned.
    private static final class ValueNotKnown extends RuntimeException {
        private static final long serialVersionUID = 1;
        static final ValueNotKnown INSTANCE = new ValueNotKnown();

        private ValueNotKnown() {
            super("a value is not known before the run", null, false, false);
        }
    }
}

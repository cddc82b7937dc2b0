package dev.whittle.engine.plan;

import dev.whittle.engine.kernel.Kernel;
import dev.whittle.engine.kernel.KernelRegistry;
import dev.whittle.engine.kernel.OperatorKernel;
import dev.whittle.engine.kernel.Slot;
import dev.whittle.engine.kernel.StorageType;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Builds one plan: walks the operators in order, giving each its output shapes and its bound kernel; an operator whose
/// inputs are all constant runs here and now, and its outputs become constants. Then lays out the arena.
final class PlanBuilder {
    private final Model model;
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
    private long constantBytes;

    PlanBuilder(Model model, Map<Integer, Shape> inputShapes, PlanOptions options) {
        this.model = model;
        this.subgraph = model.primary();
        this.options = options;
        this.tensors = new ArrayList<>(subgraph.tensors());
        this.slots = new ArrayList<>();
        for (int i = 0; i < tensors.size(); i++) {
            slots.add(null);
        }
        inputShapes.forEach((input, shape) -> tensors.set(input, tensors.get(input).withShape(shape)));
    }

    Plan build() {
        for (int i = 0; i < subgraph.operators().size(); i++) {
            plan(i, subgraph.operators().get(i));
        }
        // Callers read and write these, whether or not an operator does.
        subgraph.inputs().forEach(this::use);
        subgraph.outputs().forEach(this::use);
        ArenaLayout layout = layout();
        requireAffordable(layout.bytes() + constantBytes);
        return new Plan(model, options, tensors, slots, planned, constants, layout);
    }

    private void plan(int index, Operator operator) {
        OperatorPreparation preparation = new OperatorPreparation(this, index, operator);
        OperatorKernel rule = KernelRegistry.of(operator.code());
        if (rule == null) {
            throw preparation.unsupported("operator is not supported");
        }
        List<Shape> shapes = rule.outputShapes(preparation);
        if (shapes.size() != operator.outputs().size()) {
            throw preparation.malformed(operator.outputs().size() + " outputs, expected " + shapes.size());
        }
        for (int i = 0; i < shapes.size(); i++) {
            requireAddressable(preparation, shapes.get(i));
            int output = operator.outputs().get(i);
            tensors.set(output, tensors.get(output).withShape(shapes.get(i)));
        }
        int scratchCount = scratches.size();
        Kernel kernel = rule.prepare(preparation);
        if (isConstant(operator)) {
            List<Area> ownScratches = scratches.subList(scratchCount, scratches.size());
            fold(operator, kernel, ownScratches);
            ownScratches.clear();
        } else {
            planned.add(new PlannedOperator(index, operator, kernel));
        }
    }

    private void requireAddressable(OperatorPreparation preparation, Shape shape) {
        try {
            shape.elementCount();
        } catch (ArithmeticException e) {
            throw preparation.unsupported("output shape " + shape + " has more than 2^31-1 elements");
        }
    }

    private boolean isConstant(Operator operator) {
        for (int input : operator.inputs()) {
            if (input != Operator.ABSENT && !tensors.get(input).isConstant()) {
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
        long bytes = constantBytes;
        for (Slot slot : written) {
            bytes += slot.type().byteLength(slot.elementCount());
            requireAffordable(bytes);
            arrays[slot.index()] = storage(slot.name(), slot.type()).allocate(slot.elementCount());
        }
        Arena memory = new Arena(arrays, new int[arrays.length]);
        kernel.invoke(memory);
        for (int output : operator.outputs()) {
            Slot slot = use(output);
            tensors.set(output, tensors.get(output).withBuffer(Buffer.wrap(Elements.read(memory, slot))));
            // The slot was taken for the output while it was an activation; as a constant it is asked for anew.
            slots.set(output, null);
        }
    }

    PlanOptions options() {
        return options;
    }

    String source() {
        return model.source();
    }

    Tensor tensor(int index) {
        return tensors.get(index);
    }

    /// The slot of a tensor that is read or written at run time.
    Slot use(int index) {
        Slot slot = slots.get(index);
        if (slot == null) {
            Tensor tensor = tensors.get(index);
            storage(tensor.name(), tensor.type());
            slot = new Slot(index, tensor.name(), tensor.type(), tensor.shape(), tensor.quantization());
            slots.set(index, slot);
            if (tensor.buffer() != null) {
                constantBytes += tensor.buffer().byteLength();
                constants.put(index, Elements.decode(tensor.type(), tensor.shape().elementCount(), tensor.buffer()));
            }
        }
        return slot;
    }

    Slot scratch(int operator, ElementType type, Shape shape) {
        Slot slot = new Slot(slots.size(), "scratch of operator #" + operator, type, shape, null);
        slots.add(slot);
        scratches.add(new Area(slot.index(), storage(slot.name(), type), shape.elementCount(), operator, operator));
        return slot;
    }

    private StorageType storage(String name, ElementType type) {
        StorageType storage = StorageType.of(type);
        if (storage == null) {
            throw new UnsupportedModelException(
                    "[" + source() + "] tensor \"" + name + "\": element type " + type + " is not supported");
        }
        return storage;
    }

    private ArenaLayout layout() {
        int end = subgraph.operators().size();
        int[] first = new int[tensors.size()];
        int[] last = new int[tensors.size()];
        Arrays.fill(first, end);
        Arrays.fill(last, -1);
        for (PlannedOperator step : planned) {
            for (int input : step.operator().inputs()) {
                if (input != Operator.ABSENT) {
                    last[input] = step.index();
                }
            }
            for (int output : step.operator().outputs()) {
                first[output] = step.index();
                last[output] = Math.max(last[output], step.index());
            }
        }
        for (int input : subgraph.inputs()) {
            // Inputs keep their contents, so that a caller may set one of several and run again.
            first[input] = -1;
            last[input] = end;
        }
        for (int output : subgraph.outputs()) {
            last[output] = end;
        }
        List<Area> areas = new ArrayList<>(scratches);
        for (int i = 0; i < tensors.size(); i++) {
            Slot slot = slots.get(i);
            if (slot != null && !tensors.get(i).isConstant()) {
                areas.add(new Area(i, storage(slot.name(), slot.type()), slot.elementCount(), first[i],
                        options.preserveAllTensors() ? end : last[i]));
            }
        }
        try {
            return ArenaLayout.of(areas);
        } catch (ArithmeticException e) {
            throw new UnsupportedModelException("[" + source() + "] needs more than 2^31-1 elements at once for its "
                    + "activations; run smaller batches");
        }
    }

    void requireWork(OperatorPreparation preparation, long multiplications) {
        if (multiplications > 1L << 44) {
            throw preparation.unsupported("needs " + multiplications + " multiplications");
        }
    }

    private void requireAffordable(long bytes) {
        if (bytes > options.maxBytes()) {
            throw new UnsupportedModelException("[" + source() + "] needs " + bytes
                    + " bytes for its tensors, the limit is " + options.maxBytes()
                    + "; raise the limit or the heap (java -Xmx), or run smaller batches");
        }
    }
}

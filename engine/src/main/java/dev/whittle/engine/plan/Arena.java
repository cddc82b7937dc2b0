package dev.whittle.engine.plan;

import dev.whittle.engine.kernel.DivisibleKernel;
import dev.whittle.engine.kernel.Frame;
import dev.whittle.engine.kernel.Kernel;
import dev.whittle.engine.kernel.Memory;
import dev.whittle.engine.kernel.Resources;
import dev.whittle.engine.kernel.Slot;
import dev.whittle.engine.kernel.StorageType;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.ModelLimits;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Array;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The memory of one interpreter for one plan: for every slot, the array it lies in and where. Activations share the
/// arena's arrays; constants point at the arrays of the plan, which must not be written to. Tensors whose shape the run
/// decides have arrays of their own, kept and reused from run to run while they are long enough.
public final class Arena implements Memory {
    /// Time is looked at before every so many operators, since the clock costs as much as a tiny operator.
    private static final int OPERATORS_PER_TIME_CHECK = 16;

    private final @Nullable Plan plan;
    private final Kernel[] kernels;
    private final boolean looksAtTime;
    private final InterpreterState state;
    private @Nullable Object[] arrays;
    private int[] offsets;
    /// Slots with the shapes of this run, for the tensors whose shape the plan does not know.
    private final @Nullable Slot[] runSlots;
    private final @Nullable Binding[] bindings;
    private final Map<PlannedSubroutine, Frame> frames = new IdentityHashMap<>();
    private final Deque<Integer> freeIndices = new ArrayDeque<>();
    private @Nullable Segment[] segments;
    private int indexCount;
    private long chargedBytes;

    Arena(@Nullable Plan plan, InterpreterState state, @Nullable Object[] arrays, int[] offsets, int tensorCount,
            int deferredCount, long bytes) {
        this.plan = plan;
        this.kernels = plan == null
                ? new Kernel[0]
                : plan.operators().stream().map(PlannedOperator::kernel).toArray(Kernel[]::new);
        this.looksAtTime = kernels.length >= OPERATORS_PER_TIME_CHECK
                || plan != null && plan.model().subgraphs().size() > 1;
        this.state = state;
        this.arrays = arrays;
        this.offsets = offsets;
        this.segments = new @Nullable Segment[arrays.length];
        this.runSlots = new @Nullable Slot[tensorCount];
        this.bindings = new @Nullable Binding[deferredCount];
        this.indexCount = arrays.length;
        this.chargedBytes = bytes;
    }

    /// An array as machine code takes it.
    private record Segment(Object array, MemorySegment memory) {}

    /// Memory for nothing.
    public static Arena empty() {
        return new Arena(null, new InterpreterState("", ModelLimits.defaults(), 1),
                new @Nullable Object[0], new int[0], 0, 0, 0);
    }

    Plan plan() {
        if (plan == null) {
            throw new IllegalStateException("memory without a plan");
        }
        return plan;
    }

    InterpreterState state() {
        return state;
    }

    /// Starts a run of an interpreter; [#run] then goes on for the subgraphs that are called.
    public void begin() {
        state.begin(looksAtTime);
    }

    /// Computes the outputs of the subgraph from its inputs.
    public void run() {
        for (int i = 0; i < kernels.length; i++) {
            if (i % OPERATORS_PER_TIME_CHECK == OPERATORS_PER_TIME_CHECK - 1) {
                state.requireTime();
            }
            kernels[i].invoke(this);
        }
    }

    @Override
    public int offset(Slot slot) {
        return offsets[slot.index()];
    }

    @Override
    public Object array(Slot slot) {
        Object array = arrays[slot.index()];
        if (array == null) {
            throw new IllegalStateException("tensor " + slot.index() + " \"" + slot.name() + "\" holds no data here");
        }
        return array;
    }

    @Override
    public MemorySegment segment(Slot slot) {
        Object array = array(slot);
        Segment segment = segments[slot.index()];
        // Threads of one run may come here together; each makes the same.
        if (segment == null || segment.array != array) {
            segment = new Segment(array, StorageType.segment(array));
            segments[slot.index()] = segment;
        }
        return segment.memory;
    }

    @Override
    public Resources resources() {
        return state.resources();
    }

    @Override
    public void divide(DivisibleKernel kernel) {
        state.workers().run(kernel, this);
    }

    @Override
    public void countLoop(String where) {
        state.countLoop(where);
    }

    @Override
    public Slot shaped(Slot output, Shape shape) {
        return shaped(output.index(), shape);
    }

    /// A tensor with its shape in this run.
    ///
    /// @throws IllegalStateException when it has none: nothing touches it, or the run that decides it is still to come
    public Slot slot(int tensor) {
        Slot slot = runSlots[tensor];
        if (slot == null) {
            slot = plan().slot(tensor);
        }
        if (slot == null) {
            throw new IllegalStateException("tensor " + tensor + " \"" + plan().tensors().get(tensor).name()
                    + "\" holds no data here");
        }
        return slot;
    }

    /// The description of a tensor with its shape in this run.
    public Tensor tensor(int index) {
        Slot slot = runSlots[index];
        Tensor planned = plan().tensors().get(index);
        return slot == null || slot.shape().equals(planned.shape()) ? planned : planned.withShape(slot.shape());
    }

    /// Gives a tensor its shape for this run and an array of its own that is long enough.
    Slot shaped(int index, Shape shape) {
        Slot present = runSlots[index];
        if (present != null && present.shape().equals(shape)) {
            return present;
        }
        Tensor tensor = plan().tensors().get(index);
        Slot slot = new Slot(index, tensor.name(), tensor.type(), shape, tensor.quantization());
        allocate(slot);
        runSlots[index] = slot;
        return slot;
    }

    /// Holds a constant that no kernel of the plan asked for.
    Slot hold(int index) {
        Slot present = runSlots[index];
        if (present != null) {
            return present;
        }
        Tensor tensor = plan().tensors().get(index);
        Slot slot = new Slot(index, tensor.name(), tensor.type(), tensor.shape(), tensor.quantization());
        if (tensor.buffer() == null) {
            throw new IllegalStateException("tensor " + index + " \"" + tensor.name() + "\" holds no data here");
        }
        charge(tensor.buffer().byteLength());
        arrays[index] = Elements.decode(tensor.type(), tensor.shape().elementCount(), tensor.buffer());
        offsets[index] = 0;
        runSlots[index] = slot;
        return slot;
    }

    /// Storage for a binding of this run.
    Slot scratch(String name, ElementType type, int elementCount) {
        Integer free = freeIndices.poll();
        int index = free == null ? indexCount++ : free;
        if (index >= arrays.length) {
            arrays = Arrays.copyOf(arrays, Math.max(16, arrays.length * 2));
            offsets = Arrays.copyOf(offsets, arrays.length);
            segments = Arrays.copyOf(segments, arrays.length);
        }
        Slot slot = new Slot(index, name, type, Shape.of(elementCount), null);
        allocate(slot);
        return slot;
    }

    /// Gives scratch back.
    void release(Slot scratch) {
        freeIndices.add(scratch.index());
    }

    private void allocate(Slot slot) {
        StorageType storage = StorageType.of(slot.type());
        if (storage == null) {
            throw new UnsupportedModelException("[" + plan().model().source() + "] tensor \"" + slot.name()
                    + "\": element type " + slot.type() + " is not supported");
        }
        long length = elementCount(slot) * StorageType.width(slot.type());
        Object present = arrays[slot.index()];
        if (present != null && storage.holds(present) && Array.getLength(present) >= length) {
            return;
        }
        // What is outgrown lies in an array of its own as well, and is let go of.
        charge(length * storage.elementBytes() - (present == null ? 0 : StorageType.bytes(present)));
        arrays[slot.index()] = storage.allocate(Math.toIntExact(length));
        offsets[slot.index()] = 0;
    }

    private long elementCount(Slot slot) {
        try {
            long count = slot.elementCount();
            if (count * StorageType.width(slot.type()) <= Math.min(Integer.MAX_VALUE - 8,
                    plan().options().limits().maxElements())) {
                return count;
            }
        } catch (ArithmeticException e) {
            // Reported below, with those over the limit.
        }
        throw new UnsupportedModelException("[" + plan().model().source() + "] tensor \"" + slot.name()
                + "\" has shape "
                + slot.shape() + ", more elements than the limit of " + plan().options().limits().maxElements());
    }

    private void charge(long bytes) {
        state.charge(bytes);
        chargedBytes += bytes;
    }

    /// Lets go of everything: what was booked for it is free again.
    public void release() {
        state.charge(-chargedBytes);
        chargedBytes = 0;
        for (Frame frame : frames.values()) {
            PlannedSubroutine.release(frame);
        }
    }

    @Nullable
    Binding binding(int deferred) {
        return bindings[deferred];
    }

    void bind(int deferred, @Nullable Binding binding) {
        bindings[deferred] = binding;
    }

    Frame frame(PlannedSubroutine subroutine) {
        Frame frame = frames.get(subroutine);
        if (frame == null) {
            frame = subroutine.newFrame(state);
            frames.put(subroutine, frame);
        }
        return frame;
    }

    /// Copies a tensor of other memory into one of this, of the same shape and type.
    void copyFrom(Memory other, Slot from, int tensor) {
        Slot to = slot(tensor);
        System.arraycopy(other.array(from), other.offset(from), array(to), offset(to),
                from.elementCount() * StorageType.width(from.type()));
    }

    /// Copies what callers have set or may read, and variables, from memory for another plan of the same subgraph and input
    /// shapes.
    public void takeOver(Arena other) {
        for (int i = 0; i < runSlots.length; i++) {
            Slot from = other.runSlots[i] == null ? other.plan().slot(i) : other.runSlots[i];
            Tensor tensor = plan().tensors().get(i);
            if (from == null || tensor.isConstant() || !plan().isReadableAfterRun(i) && !tensor.isVariable()) {
                continue;
            }
            if (plan().slot(i) == null) {
                shaped(i, from.shape());
            }
            copyFrom(other, from, i);
        }
    }

    /// Fills the variable tensors, also of the subgraphs that were called: INT8 with the zero point, all others with
    /// zero bytes.
    public void resetVariables() {
        for (int i = 0; i < runSlots.length; i++) {
            Tensor tensor = plan().tensors().get(i);
            Slot slot = plan().slot(i);
            if (tensor.isVariable() && slot != null) {
                reset(slot);
            }
        }
        for (Frame frame : frames.values()) {
            PlannedSubroutine.resetVariables(frame);
        }
    }

    private void reset(Slot slot) {
        int from = offset(slot);
        int to = from + slot.elementCount() * StorageType.width(slot.type());
        QuantizationParameters quantization = slot.quantization();
        switch (array(slot)) {
            case float[] values -> Arrays.fill(values, from, to, 0);
            case byte[] values -> Arrays.fill(values, from, to, (byte) (slot.type() == ElementType.INT8
                    && quantization != null ? quantization.zeroPoint(0) : 0));
            case short[] values -> Arrays.fill(values, from, to, (short) 0);
            case int[] values -> Arrays.fill(values, from, to, 0);
            case long[] values -> Arrays.fill(values, from, to, 0);
            case double[] values -> Arrays.fill(values, from, to, 0);
            case byte[][] values -> Arrays.fill(values, from, to, new byte[0]);
            default -> throw new AssertionError(slot);
        }
    }
}

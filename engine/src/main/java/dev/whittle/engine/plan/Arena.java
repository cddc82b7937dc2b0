package dev.whittle.engine.plan;

import dev.whittle.engine.kernel.Memory;
import dev.whittle.engine.kernel.Slot;
import org.jspecify.annotations.Nullable;

/// The memory of one interpreter: for every slot, the array it lies in and where. Activations share the arena's arrays;
/// constants point at the arrays of the plan, which must not be written to.
public final class Arena implements Memory {
    private final @Nullable Object[] arrays;
    private final int[] offsets;

    Arena(@Nullable Object[] arrays, int[] offsets) {
        this.arrays = arrays;
        this.offsets = offsets;
    }

    /// Memory for nothing.
    public static Arena empty() {
        return new Arena(new @Nullable Object[0], new int[0]);
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
}

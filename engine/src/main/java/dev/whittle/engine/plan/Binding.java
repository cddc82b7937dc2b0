package dev.whittle.engine.plan;

import dev.whittle.engine.kernel.Kernel;
import dev.whittle.engine.kernel.Slot;
import dev.whittle.engine.kernel.StorageType;
import dev.whittle.engine.kernel.Subroutine;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Map;

/// A deferred operator bound for the shapes and values of one run; good for later runs with the same.
///
/// @param inputs shapes of the inputs when it was bound
/// @param values what was asked of the values of inputs
/// @param scratch to be given back
/// @param subroutines by subgraph, to be used again by the next binding
record Binding(Kernel kernel, List<Input> inputs, List<Values> values, List<Slot> scratch,
        Map<Integer, Subroutine> subroutines) {

    /// The shape of one input.
    record Input(int tensor, Shape shape) {
    }

    /// A copy of the elements of one input.
    record Values(int tensor, Object elements, int count) {
    }

    /// True when the inputs still have the shapes and the values that this was bound for.
    boolean holds(Arena arena) {
        for (int i = 0; i < inputs.size(); i++) {
            if (!arena.slot(inputs.get(i).tensor()).shape().equals(inputs.get(i).shape())) {
                return false;
            }
        }
        for (int i = 0; i < values.size(); i++) {
            Slot slot = arena.slot(values.get(i).tensor());
            if (!StorageType.equal(arena.array(slot), arena.offset(slot), values.get(i).elements(),
                    values.get(i).count())) {
                return false;
            }
        }
        return true;
    }
}

package dev.whittle.engine.kernel;

import java.util.List;

/// One interpreter's memory for one call of a subgraph; kept from call to call.
public interface Frame {

    /// Runs the subgraph on copies of the caller's tensors. When their shapes are not those of the last call the
    /// subgraph is planned anew.
    void call(Memory caller, List<Slot> arguments);

    /// An output after a call, with its actual shape, in [#memory].
    Slot result(int output);

    /// Where the subgraph's tensors lie.
    Memory memory();

    /// Copies an output to a tensor of the caller; one of unknown shape takes the output's.
    default void copyResult(int output, Memory caller, Slot into) {
        Slot from = result(output);
        Slot to = into.shape().isKnown() ? into : caller.shaped(into, from.shape());
        int count = from.elementCount() * StorageType.width(from.type());
        System.arraycopy(memory().array(from), memory().offset(from), caller.array(to), caller.offset(to), count);
    }
}

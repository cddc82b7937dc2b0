package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Tensor;

/// Indices that show at run time only, INT16, INT32 or INT64: widened to INT64 at the start of each run, so that loops
/// know one type.
///
/// @param input as the file has them
/// @param wide the same numbers as INT64; the input itself where it has that type
/// @param fault what an exception starts with
record Indices(Slot input, Slot wide, String fault) {

    static Indices of(Preparation p, String role, int i) {
        Tensor tensor = p.inputTensor(i);
        Slot input = p.input(i);
        return switch (tensor.type()) {
            case INT64 -> new Indices(input, input, p.where() + role);
            case INT16, INT32 -> new Indices(input, p.scratch(ElementType.INT64, input.elementCount()),
                    p.where() + role);
            default -> throw p.unsupported(role + " is " + tensor.type() + ", supported are INT16, INT32 and INT64");
        };
    }

    /// Makes [#at] speak of the present run.
    void load(Memory memory) {
        if (input != wide) {
            Integers.read(input.type(), memory.array(input), memory.offset(input), 1, memory.longs(wide),
                    memory.offset(wide), input.elementCount());
        }
    }

    /// The index with the given number, whatever it is.
    long at(Memory memory, int i) {
        return memory.longs(wide)[memory.offset(wide) + i];
    }

    /// The index with the given number, from 0 to `limit − 1`.
    ///
    /// @throws MalformedModelException when it lies outside
    int within(Memory memory, int i, int limit) {
        long index = at(memory, i);
        if (index < 0 || index >= limit) {
            throw new MalformedModelException(fault + "[" + i + "] is " + index + ", must be "
                    + (limit == 0 ? "absent, since there is nothing to index" : "0 to " + (limit - 1)));
        }
        return (int) index;
    }
}

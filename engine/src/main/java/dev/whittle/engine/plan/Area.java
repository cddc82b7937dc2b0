package dev.whittle.engine.plan;

import dev.whittle.engine.kernel.StorageType;

/// One activation or scratch, or several tensors that share their memory, that needs room in the arena.
///
/// @param slot the number that kernels know it by: below the tensor count it is a tensor; of tensors that share it, the one
///        that takes all of it
/// @param storage which of the arena's arrays
/// @param elementCount elements of that array
/// @param firstOperator the first operator that writes it; -1 for an input of the subgraph
/// @param lastOperator the last operator that reads it; the operator count where it outlives the run
record Area(int slot, StorageType storage, int elementCount, int firstOperator, int lastOperator) {

    boolean overlapsInTime(Area other) {
        return firstOperator <= other.lastOperator && other.firstOperator <= lastOperator;
    }

    boolean isAliveAt(int operator) {
        return firstOperator <= operator && operator <= lastOperator;
    }

    /// An area with its place.
    ///
    /// @param offset first element in the array
    record Placed(Area area, int offset) {

        /// One past the last element.
        long end() {
            return (long) offset + area.elementCount();
        }
    }
}

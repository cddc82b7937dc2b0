package dev.whittle.engine.plan;

import org.jspecify.annotations.Nullable;

/// One activation or scratch area of the arena.
///
/// @param slot the number that kernels know it by: below the tensor count it is a tensor
/// @param storage which of the arena's arrays
/// @param elementCount elements of that array
/// @param firstOperator the operator that writes it; −1 for an input of the subgraph
/// @param lastOperator the last operator that reads it; the operator count where it outlives the run
/// @param offset first element in the array; null before the arena is laid out
record Allocation(int slot, StorageType storage, int elementCount, int firstOperator, int lastOperator,
        @Nullable Integer offset) {

    boolean overlapsInTime(Allocation other) {
        return firstOperator <= other.lastOperator && other.firstOperator <= lastOperator;
    }

    Allocation at(int newOffset) {
        return new Allocation(slot, storage, elementCount, firstOperator, lastOperator, newOffset);
    }
}

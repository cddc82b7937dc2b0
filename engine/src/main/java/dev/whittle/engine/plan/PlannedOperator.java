package dev.whittle.engine.plan;

import dev.whittle.engine.kernel.Kernel;
import dev.whittle.engine.model.Operator;
import org.jspecify.annotations.Nullable;

/// One step of a plan.
///
/// @param index of the operator in the subgraph
/// @param operator as in the subgraph, but that its output is that of the pooling
/// @param pooling the MAX_POOL_2D after it that it computes as well, so that the tensor between them is never stored; null
///        for none
public record PlannedOperator(int index, Operator operator, @Nullable Operator pooling, Kernel kernel) {
}

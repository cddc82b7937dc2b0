package dev.whittle.engine.plan;

import dev.whittle.engine.kernel.Kernel;
import dev.whittle.engine.model.Operator;

/// One step of a plan.
///
/// @param index of the operator in the subgraph
public record PlannedOperator(int index, Operator operator, Kernel kernel) {
}

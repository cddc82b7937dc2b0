package dev.whittle.engine;

import dev.whittle.engine.plan.PlannedOperator;

/// Told after each operator of a run, on the thread that runs it.
@FunctionalInterface
public interface OperatorListener {

    /// @param nanoseconds that the operator's kernel took
    void operatorRan(PlannedOperator operator, long nanoseconds);
}

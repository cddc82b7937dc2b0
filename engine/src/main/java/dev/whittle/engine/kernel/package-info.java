/// The operators: for each its shape rule, its checks and its loops.
///
/// A kernel is bound once, when a plan is made ([OperatorKernel#prepare]); a bound [Kernel] knows its slots, constants
/// and multipliers, decides nothing and allocates nothing. Every operator has a scalar reference, which is its
/// specification, and where speed matters a vector version that yields the same bits at every vector width.
@NullMarked
package dev.whittle.engine.kernel;

import org.jspecify.annotations.NullMarked;

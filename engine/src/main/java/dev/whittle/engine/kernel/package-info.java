/// The operators: for each its shape rule, its checks and its loops.
///
/// A kernel is bound once, when a plan is made ([OperatorKernel#prepare]); a bound [Kernel] knows its slots, constants
/// and multipliers, decides nothing and allocates nothing. Every operator has a scalar reference, which is its
/// specification, and where speed matters a vector version that yields the same bits at every vector width.
///
/// A class here is one operator or one family with the same loops, named for it, and has its row in [KernelRegistry]; or a
/// piece that several share:
/// - how elements are walked: `Movement` (copies without looking at them), `Broadcast` with `BinaryRun`, `UnaryRun`,
///   `CodeTable` and `InterpolationTable`, `Reduction`, `Window`, `Indices` and `Positions`, `Integers`;
/// - products: `Gemm` and its tiers, `TiledProduct` and `DepthwiseProduct` with their `Tile`s, `InputLines` and `RowSource` for what goes in, `Filter`, `PackedWeights` and `RowWeights`,
///   `OutputStage` for what comes out, `HybridInput`;
/// - arithmetic and rounding: `Multiplier`, `Requantizer`, `FixedPoint`, `Rounding`, `ActivationRange`, `Exp`, `HalfFloat`;
/// - checks: `TensorChecks`, `Axis`.
///
/// The public types are what plans and custom operators use. A file here uses `model` and nothing else of the project.
@NullMarked
package dev.whittle.engine.kernel;

import org.jspecify.annotations.NullMarked;

package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// What the engine knows about one operator: its element types, its shape rule and its binding. One row of
/// [KernelRegistry]; without state, since options come with each [Preparation].
public interface OperatorKernel {

    /// The element types that the operator computes with: those of the tensor that [#typedInput] names. Others are
    /// refused before the methods below are called.
    Set<ElementType> types();

    /// The input whose element type [#types] speaks of; -1 for output 0.
    default int typedInput() {
        return 0;
    }

    /// The types that weights may have where they differ from the activations'; empty for operators without weights.
    /// For documentation: `prepare` checks them.
    default Set<ElementType> weightTypes() {
        return Set.of();
    }

    /// True when a run may depend on more than the inputs, or change more than the outputs (random numbers, variables,
    /// calls): such an operator is never computed ahead of time.
    default boolean isStateful() {
        return false;
    }

    /// The shapes of the outputs, from the shapes of the inputs and, by [Preparation#values], the values of those that
    /// decide. Checks what the rule itself needs and nothing more; [Preparation#input], [Preparation#output] and
    /// [Preparation#scratch] must not be asked yet. A shape with an unknown dimension stands for an output whose shape
    /// the run itself decides: the kernel then gives it with [Memory#shaped].
    ///
    /// @throws dev.whittle.engine.model.UnsupportedModelException when the rule does not cover the input
    /// @throws dev.whittle.engine.model.MalformedModelException when the inputs contradict each other
    List<Shape> outputShapes(Preparation preparation);

    /// Whether [#prepare] can take over the MAX_POOL_2D that alone reads output 0, so that what it pools is never stored. For
    /// a preparation whose output 0 is still the operator's own.
    default boolean canPool(Preparation preparation, Options.Pool2d pooling) {
        return false;
    }

    /// Checks types, shapes, scales and ranges, packs weights and binds the loops.
    ///
    /// @throws dev.whittle.engine.model.UnsupportedModelException when no kernel covers the types
    /// @throws dev.whittle.engine.model.MalformedModelException when the operator cannot be
    Kernel prepare(Preparation preparation);
}

package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Shape;
import java.util.List;

/// What the engine knows about one operator: its shape rule and its binding. One row of [KernelRegistry].
public interface OperatorKernel {

    /// The shapes of the outputs, from the shapes of the inputs and the constants among them. Checks what the rule
    /// itself needs and nothing more; [Preparation#input], [Preparation#output] and [Preparation#scratch] must not be
    /// asked yet.
    ///
    /// @throws dev.whittle.engine.model.UnsupportedModelException when the rule does not cover the input
    /// @throws dev.whittle.engine.model.MalformedModelException when the inputs contradict each other
    List<Shape> outputShapes(Preparation preparation);

    /// Checks types, shapes, scales and ranges, packs weights and binds the loops.
    ///
    /// @throws dev.whittle.engine.model.UnsupportedModelException when no kernel covers the types
    /// @throws dev.whittle.engine.model.MalformedModelException when the operator cannot be
    Kernel prepare(Preparation preparation);
}

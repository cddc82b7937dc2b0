package dev.whittle.engine.kernel;

import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.List;

/// Another subgraph, as an operator that calls it sees it: while it is prepared, descriptions and shapes; at run time,
/// the [Frame] that one interpreter keeps for it.
public interface Subroutine {

    /// Descriptions of the inputs as the file gives them.
    List<Tensor> inputs();

    /// Descriptions of the outputs as the file gives them.
    List<Tensor> outputs();

    /// What its operators are, in execution order: for callers that do by themselves what a simple one would do.
    List<OperatorCode> operators();

    /// The shapes of the outputs for inputs of these shapes; one with an unknown dimension is decided by the run.
    ///
    /// @throws dev.whittle.engine.model.UnsupportedModelException when the subgraph cannot run with them
    /// @throws dev.whittle.engine.model.MalformedModelException when the subgraph cannot be
    List<Shape> outputShapes(List<Shape> inputShapes);

    /// The memory that the caller's interpreter keeps for this call.
    Frame frame(Memory caller);
}

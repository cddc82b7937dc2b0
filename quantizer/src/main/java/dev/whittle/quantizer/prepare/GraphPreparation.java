package dev.whittle.quantizer.prepare;

import dev.whittle.engine.model.Model;

/// Prepares a float model for quantization, as converters do: [ConstantFolding], [BatchNormFolding], [ActivationFusion] and
/// [PaddingFolding], in this order. Each rounding step that is left out is one error less, and a fused operator has one
/// range instead of two.
///
/// What the model computes stays the same within the rounding of floats. A model with nothing to fold comes back as it was,
/// with the indices of its tensors; models of several subgraphs are left alone.
public final class GraphPreparation {
    private GraphPreparation() {}

    /// The prepared model. Calibration comes behind it: tensors are renumbered.
    public static Model prepare(Model model) {
        if (model.subgraphs().size() != 1) {
            return model;
        }
        Graph graph = new Graph(model);
        ConstantFolding.apply(graph);
        BatchNormFolding.apply(graph);
        ActivationFusion.apply(graph);
        PaddingFolding.apply(graph);
        return graph.model();
    }
}

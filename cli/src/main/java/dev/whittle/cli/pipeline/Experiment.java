package dev.whittle.cli.pipeline;

import dev.whittle.trainer.callback.EpochReport;
import java.util.List;

/// One network, trained at one image size, and every file made from it.
///
/// @param size pixels on each side that the convolutions see
/// @param layers of the network in order, from the image to the scores
/// @param augmentedSheet file name of the picture with augmented training images
/// @param training the epochs of the float network
/// @param fineTuning the further epochs with fake quantization
/// @param floatFineTuning the same further epochs without it, for a fair comparison
/// @param bestEpoch the index in `training` of the epoch whose weights were kept
/// @param variants the `.tflite` files, the float one first
/// @param explanations of wrong or least certain predictions
public record Experiment(int size, List<LayerRow> layers, String augmentedSheet, List<EpochReport> training,
        List<EpochReport> fineTuning, List<EpochReport> floatFineTuning, int bestEpoch, List<VariantRow> variants,
        List<Explained> explanations) {

    public Experiment {
        layers = List.copyOf(layers);
        training = List.copyOf(training);
        fineTuning = List.copyOf(fineTuning);
        floatFineTuning = List.copyOf(floatFineTuning);
        variants = List.copyOf(variants);
        explanations = List.copyOf(explanations);
    }

    public long parameters() {
        return layers.stream().mapToLong(LayerRow::parameters).sum();
    }

    /// One layer of the network.
    ///
    /// @param kind such as `Conv2D`
    /// @param detail its settings in words, or empty
    /// @param outputShape without the batch, such as `75 × 75 × 16`
    public record LayerRow(String kind, String detail, String outputShape, long parameters) {
    }

    /// One explained prediction.
    ///
    /// @param picture file name of the image with the superpixels that spoke for the predicted class
    /// @param image what the image is called
    /// @param probability of the predicted class, 0 to 1
    public record Explained(String picture, String image, String expected, String predicted, double probability) {
        public boolean isWrong() {
            return !expected.equals(predicted);
        }
    }
}

package dev.whittle.trainer.callback;

/// An epoch is done.
///
/// @param epoch from 0
/// @param loss mean over the training images, each measured before the update of its batch
/// @param accuracy share of the training images whose most likely class was right, measured likewise; NaN where the loss
///            knows no classes, as is that of the validation
/// @param validationLoss after the epoch; NaN without validation images
/// @param validationAccuracy after the epoch; NaN without validation images
/// @param learningRate of this epoch
/// @param seconds wall time of the epoch, validation included
/// @param imagesPerSecond training images by the wall time of their batches, validation left out
/// @param cpuSeconds processor time that the whole process took for those batches, all threads added; NaN where the system
///            does not tell
public record EpochReport(int epoch, double loss, double accuracy, double validationLoss, double validationAccuracy,
        float learningRate, double seconds, double imagesPerSecond,
        double cpuSeconds) {
}

package dev.whittle.trainer.callback;

/// A batch is done.
///
/// @param epoch from 0
/// @param batch batches of this epoch that are done, from 1
/// @param batches batches in an epoch
/// @param images images of this epoch that are done
/// @param loss mean of the epoch so far
/// @param accuracy share of the epoch's images so far whose most likely class was right; NaN where the loss knows no classes
public record BatchReport(int epoch, int batch, int batches, int images, double loss, double accuracy) {
}

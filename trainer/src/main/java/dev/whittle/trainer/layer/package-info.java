/// The layers of a network: each is a record of its hyperparameters, and beside it, in one file, are the forward pass
/// and the gradient. Values are `[batch, height, width, channel]` or `[batch, feature]`; shapes leave out the batch.
@NullMarked
package dev.whittle.trainer.layer;

import org.jspecify.annotations.NullMarked;

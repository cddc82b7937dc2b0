/// How gradients become new parameters: optimizers, clipping, and the learning rates of the epochs.
@NullMarked
package dev.whittle.trainer.optimizer;

import org.jspecify.annotations.NullMarked;

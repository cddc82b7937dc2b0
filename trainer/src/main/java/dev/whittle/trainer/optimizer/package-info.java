/// How gradients become new parameters: Adam and the learning rates of the epochs.
@NullMarked
package dev.whittle.trainer.optimizer;

import org.jspecify.annotations.NullMarked;

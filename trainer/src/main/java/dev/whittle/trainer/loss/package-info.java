/// What a training makes small.
@NullMarked
package dev.whittle.trainer.loss;

import org.jspecify.annotations.NullMarked;

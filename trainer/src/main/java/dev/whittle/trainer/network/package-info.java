/// Networks: a description, its parameters, training, prediction, checkpoints and files.
@NullMarked
package dev.whittle.trainer.network;

import org.jspecify.annotations.NullMarked;

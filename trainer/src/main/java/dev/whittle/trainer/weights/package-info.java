/// Weights that other programs have trained: named arrays out of their files, and into a network.
@NullMarked
package dev.whittle.trainer.weights;

import org.jspecify.annotations.NullMarked;

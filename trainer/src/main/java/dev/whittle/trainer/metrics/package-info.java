/// How well predicted classes agree with the true ones.
@NullMarked
package dev.whittle.trainer.metrics;

import org.jspecify.annotations.NullMarked;

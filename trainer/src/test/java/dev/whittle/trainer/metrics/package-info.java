@NullMarked
package dev.whittle.trainer.metrics;

import org.jspecify.annotations.NullMarked;

@NullMarked
package dev.whittle.trainer.explain;

import org.jspecify.annotations.NullMarked;

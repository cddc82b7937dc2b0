@NullMarked
package dev.whittle.trainer.data;

import org.jspecify.annotations.NullMarked;

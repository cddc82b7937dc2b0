@NullMarked
package dev.whittle.trainer.transfer;

import org.jspecify.annotations.NullMarked;

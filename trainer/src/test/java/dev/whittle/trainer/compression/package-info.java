@NullMarked
package dev.whittle.trainer.compression;

import org.jspecify.annotations.NullMarked;

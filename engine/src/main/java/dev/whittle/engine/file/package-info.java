/// Writing files so that a reader never sees half of one.
@NullMarked
package dev.whittle.engine.file;

import org.jspecify.annotations.NullMarked;

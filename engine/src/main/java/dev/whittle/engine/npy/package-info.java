/// NumPy's array format, in and out.
@NullMarked
package dev.whittle.engine.npy;

import org.jspecify.annotations.NullMarked;

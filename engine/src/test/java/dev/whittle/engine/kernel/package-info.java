@NullMarked
package dev.whittle.engine.kernel;

import org.jspecify.annotations.NullMarked;

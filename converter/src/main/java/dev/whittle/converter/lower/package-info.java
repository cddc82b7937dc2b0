/// From a trained `Network` to a float `Model`.
@NullMarked
package dev.whittle.converter.lower;

import org.jspecify.annotations.NullMarked;

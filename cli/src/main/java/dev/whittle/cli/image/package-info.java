/// Photographs as the input of any image model.
@NullMarked
package dev.whittle.cli.image;

import org.jspecify.annotations.NullMarked;

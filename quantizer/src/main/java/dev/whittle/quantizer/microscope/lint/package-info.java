/// Mistakes that people make with quantized models, each with its cure.
@NullMarked
package dev.whittle.quantizer.microscope.lint;

import org.jspecify.annotations.NullMarked;

/// Looks inside quantized models: where error comes from, what each operator costs, what a change would do.
@NullMarked
package dev.whittle.quantizer.microscope;

import org.jspecify.annotations.NullMarked;

/// Quantization-aware training: a network that learns with the rounding that its int8 model will do.
@NullMarked
package dev.whittle.quantizer.qat;

import org.jspecify.annotations.NullMarked;

/// From a float model and representative data to the quantization parameters of its activations.
@NullMarked
package dev.whittle.quantizer.calibrate;

import org.jspecify.annotations.NullMarked;

/// What is done to a float model before it is quantized, so that less is lost.
@NullMarked
package dev.whittle.quantizer.correct;

import org.jspecify.annotations.NullMarked;

/// What is to be quantized and how, operator by operator.
@NullMarked
package dev.whittle.quantizer.recipe;

import org.jspecify.annotations.NullMarked;

/// What int8 arithmetic asks of the tensors around each operator, and how numbers become int8.
@NullMarked
package dev.whittle.quantizer.rule;

import org.jspecify.annotations.NullMarked;

/// Graph to graph: a float model with some or all of its tensors quantized.
@NullMarked
package dev.whittle.quantizer.rewrite;

import org.jspecify.annotations.NullMarked;

/// A float graph made ready to be quantized: what can be computed beforehand is, and what a kernel can do as well is left to
/// it.
@NullMarked
package dev.whittle.quantizer.prepare;

import org.jspecify.annotations.NullMarked;

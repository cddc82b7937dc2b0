/// Kernels that become smaller while they are trained: weights that are zero, or shared.
@NullMarked
package dev.whittle.trainer.compression;

import org.jspecify.annotations.NullMarked;

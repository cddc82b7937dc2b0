/// From a `Model` to something that can run: shapes, arena offsets by lifetime, packed weights, kernels bound once.
@NullMarked
package dev.whittle.engine.plan;

import org.jspecify.annotations.NullMarked;

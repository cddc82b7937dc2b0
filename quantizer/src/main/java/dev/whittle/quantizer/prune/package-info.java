/// What pruning and clustering have made of a model.
@NullMarked
package dev.whittle.quantizer.prune;

import org.jspecify.annotations.NullMarked;

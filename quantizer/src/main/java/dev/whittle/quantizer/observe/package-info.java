/// What a tensor is seen to hold while representative data runs through a model.
@NullMarked
package dev.whittle.quantizer.observe;

import org.jspecify.annotations.NullMarked;

/// Two models beside each other.
@NullMarked
package dev.whittle.quantizer.microscope.compare;

import org.jspecify.annotations.NullMarked;

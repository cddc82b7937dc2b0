/// The reference runtime, for tests to compare with.
@NullMarked
package dev.whittle.converter.reference;

import org.jspecify.annotations.NullMarked;

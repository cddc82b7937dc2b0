/// From a `Model` to the bytes of a `.tflite` file.
@NullMarked
package dev.whittle.converter.write;

import org.jspecify.annotations.NullMarked;

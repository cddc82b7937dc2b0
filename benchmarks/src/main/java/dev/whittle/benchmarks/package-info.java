/// JMH benchmarks, and the reference runtime to compare with.
@NullMarked
package dev.whittle.benchmarks;

import org.jspecify.annotations.NullMarked;

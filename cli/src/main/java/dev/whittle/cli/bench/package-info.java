/// Measuring a model: start-up, latency percentiles and the time of each operator.
@NullMarked
package dev.whittle.cli.bench;

import org.jspecify.annotations.NullMarked;

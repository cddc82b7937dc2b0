/// Running folders of models with recorded outputs and judging the differences.
@NullMarked
package dev.whittle.cli.conformance;

import org.jspecify.annotations.NullMarked;

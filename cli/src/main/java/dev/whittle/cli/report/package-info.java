/// The self-contained HTML page about one run of the main job.
@NullMarked
package dev.whittle.cli.report;

import org.jspecify.annotations.NullMarked;

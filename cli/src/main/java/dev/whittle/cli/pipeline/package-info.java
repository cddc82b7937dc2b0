/// The main job, from a folder of photographs to explained int8 models, as a plain program.
@NullMarked
package dev.whittle.cli.pipeline;

import org.jspecify.annotations.NullMarked;

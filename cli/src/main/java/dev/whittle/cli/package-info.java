/// The command line: [dev.whittle.cli.Whittle] names the commands and turns every outcome into an exit code.
@NullMarked
package dev.whittle.cli;

import org.jspecify.annotations.NullMarked;

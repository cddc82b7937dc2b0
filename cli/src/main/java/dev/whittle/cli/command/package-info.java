/// One class per subcommand: it parses, calls the module that does the work, and prints.
@NullMarked
package dev.whittle.cli.command;

import org.jspecify.annotations.NullMarked;

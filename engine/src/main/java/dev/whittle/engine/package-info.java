/// Runs models: [dev.whittle.engine.Interpreter] is the way in.
@NullMarked
package dev.whittle.engine;

import org.jspecify.annotations.NullMarked;

/// Tests of the assembler: its bytes, what it refuses, and its code running.
@NullMarked
package dev.whittle.engine.emitted.x86;

import org.jspecify.annotations.NullMarked;

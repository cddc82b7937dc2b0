/// The tier EMITTED: machine code that Java writes for an operator's actual shape and runs from memory of its own, since no
/// compiler of the JVM emits the instructions that 8-bit products are made for. Nothing else depends on this package; it is
/// found as a service ([dev.whittle.engine.kernel.MachineCode]) and everything works without it.
@NullMarked
package dev.whittle.engine.emitted;

import org.jspecify.annotations.NullMarked;

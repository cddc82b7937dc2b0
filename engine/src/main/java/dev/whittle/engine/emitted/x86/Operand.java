package dev.whittle.engine.emitted.x86;

/// What an instruction works on.
public sealed interface Operand permits IntegerSource, VectorSource, Mask {}

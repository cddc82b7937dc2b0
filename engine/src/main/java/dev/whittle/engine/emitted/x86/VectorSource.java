package dev.whittle.engine.emitted.x86;

/// What a vector instruction reads: a register or memory.
public sealed interface VectorSource extends Operand permits Vector, Address {}

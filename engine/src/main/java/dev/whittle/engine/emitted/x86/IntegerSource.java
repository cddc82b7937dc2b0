package dev.whittle.engine.emitted.x86;

/// What an integer instruction reads: a register or memory.
public sealed interface IntegerSource extends Operand permits Gpr, Address {}

package dev.whittle.engine.emitted.x86;

/// What an instruction works on.
public sealed interface Operand permits IntegerSource, VectorSource, Mask {

    /// The register's number; of memory, that of the register it is counted from.
    int number();
}

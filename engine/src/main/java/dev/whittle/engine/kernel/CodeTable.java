package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import java.util.function.IntUnaryOperator;

/// A function of one 8-bit code as a table of 256: computed in `prepare` by the scalar rule, looked up at run time.
final class CodeTable {
    private static final int CODES = 256;
    /** What one code takes, roughly. */
    private static final double NANOSECONDS = 0.4;

    private final byte[] table = new byte[CODES];

    /// @param input INT8 or UINT8: whether codes reach the rule with their sign
    /// @param rule from a code to a code; the result's low eight bits are kept
    CodeTable(ElementType input, IntUnaryOperator rule) {
        for (int code = 0; code < CODES; code++) {
            table[code] = (byte) rule.applyAsInt(input == ElementType.INT8 ? (byte) code : code);
        }
    }

    /// A kernel that maps every element of the only input of an operator, which the output may overwrite.
    Kernel kernel(Preparation p) {
        MachineCode machineCode = p.machineCode();
        Kernel emitted = machineCode == null ? null : machineCode.map(p, table, p.input(0), p.output(0));
        if (emitted != null) {
            p.mayOverwrite(0);
            return emitted;
        }
        UnaryRun<byte[]> run = this::map;
        return run.elementwise(p, NANOSECONDS);
    }

    /// Maps `count` codes from one array to another.
    void map(byte[] from, int fromOffset, byte[] to, int toOffset, int count) {
        for (int i = 0; i < count; i++) {
            to[toOffset + i] = table[from[fromOffset + i] & 0xff];
        }
    }
}

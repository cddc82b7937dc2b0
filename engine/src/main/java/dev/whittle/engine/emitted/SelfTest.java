package dev.whittle.engine.emitted;

import dev.whittle.engine.emitted.x86.Assembler;
import java.lang.foreign.MemorySegment;
import java.util.function.Predicate;

/// Seals new code and has it tested before anything else runs it.
final class SelfTest {
    private SelfTest() {}

    /// @param operator what the code is for
    /// @param passes   runs the code, and says whether it yields the bits of plain loops
    /// @throws IllegalStateException when the system refuses to run the code, or it does not do what it should
    static MemorySegment seal(Assembler written, String operator, Predicate<MemorySegment> passes) {
        MemorySegment code = ExecutableMemory.seal(written, operator);
        if (Fault.SELF_TEST.isAskedFor() || !passes.test(code)) {
            throw new IllegalStateException("code " + CodeDump.hash(written.code())
                    + " does not yield the bits of plain loops (self-test)");
        }
        return code;
    }
}

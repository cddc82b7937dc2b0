package dev.whittle.engine.emitted;

import dev.whittle.engine.emitted.x86.Assembler;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;

/// Memory for code: mapped writable, filled, then sealed to be read and executed, never writable and executable at once.
/// Linux only.
final class ExecutableMemory {
    private static final int READ = 1;
    private static final int WRITE = 2;
    private static final int EXECUTE = 4;
    private static final int PRIVATE_ANONYMOUS = 0x22;
    private static final int NO_FILE = -1;
    private static final long FAILED = -1;
    private static final long PAGE = 4096;
    /// What every system refuses: a length, and a protection.
    private static final long NOTHING = 0;
    private static final int UNKNOWN = 1 << 20;

    private ExecutableMemory() {}

    /// As [#seal(byte[])], of code that is shown where somebody asks for it ([CodeDump]).
    ///
    /// @param operator what the code is for
    static MemorySegment seal(Assembler written, String operator) {
        MemorySegment code = seal(written.code());
        CodeDump.write(written, code.address(), operator);
        return code;
    }

    /// Code that can be called as long as anybody holds the segment; a call holds it, too.
    ///
    /// @throws IllegalStateException when the system refuses the memory or its execution
    static MemorySegment seal(byte[] code) {
        long length = Math.ceilDiv(code.length, PAGE) * PAGE;
        long asked = Fault.MMAP.isAskedFor() ? NOTHING : length;
        long address = NativeCall.call(System.MAP, 0, asked, READ | WRITE, PRIVATE_ANONYMOUS, NO_FILE, 0);
        if (address == FAILED) {
            throw new IllegalStateException("the system refuses " + length + " bytes for code (mmap)");
        }
        MemorySegment mapped = MemorySegment.ofAddress(address).reinterpret(length, Arena.ofAuto(),
                memory -> unmap(memory.address(), length));
        MemorySegment.copy(MemorySegment.ofArray(code), 0, mapped, 0, code.length);
        int protection = Fault.MPROTECT.isAskedFor() ? UNKNOWN : READ | EXECUTE;
        if (NativeCall.call(System.PROTECT, address, length, protection, 0, 0, 0) != 0) {
            throw new IllegalStateException("the system refuses to run code from memory (mprotect)");
        }
        return mapped;
    }

    private static void unmap(long address, long length) {
        NativeCall.call(System.UNMAP, address, length, 0, 0, 0, 0);
    }

    /// The system's functions.
    private static final class System {
        private static final SymbolLookup LIBRARY = Linker.nativeLinker().defaultLookup();
        static final MemorySegment MAP = LIBRARY.findOrThrow("mmap");
        static final MemorySegment PROTECT = LIBRARY.findOrThrow("mprotect");
        static final MemorySegment UNMAP = LIBRARY.findOrThrow("munmap");
    }
}

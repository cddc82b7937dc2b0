package dev.whittle.engine.emitted.x86;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// Code mapped where it can run, on Linux: written first, then sealed to read and execute.
final class RunningCode implements AutoCloseable {
    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int PROT_EXEC = 4;
    private static final int MAP_PRIVATE = 2;
    private static final int MAP_ANONYMOUS = 0x20;

    private final MemorySegment memory;
    private final MethodHandle call;

    RunningCode(Assembler assembler) {
        assumeTrue(System.getProperty("os.name").equals("Linux") && System.getProperty("os.arch").equals("amd64"),
                "needs Linux on x86-64");
        byte[] code = assembler.code();
        memory = map(code.length);
        MemorySegment.copy(code, 0, memory, ValueLayout.JAVA_BYTE, 0, code.length);
        MethodHandle protect = function("mprotect", ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT);
        try {
            assertThat((int) protect.invokeExact(memory, memory.byteSize(), PROT_READ | PROT_EXEC)).isZero();
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
        call = downcall(memory, FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    }

    /// What is left in RAX, the arguments being in RDI, RSI, RDX and RCX (System V AMD64 ABI, 3.2.3).
    long run(long rdi, long rsi, long rdx, long rcx) {
        try {
            return (long) call.invokeExact(rdi, rsi, rdx, rcx);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    @SuppressWarnings("restricted")
    private static MemorySegment map(long bytes) {
        MethodHandle mmap = function("mmap", ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG);
        try {
            MemorySegment mapped = (MemorySegment) mmap.invokeExact(MemorySegment.NULL, bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
            assertThat(mapped.address()).as("mmap").isNotEqualTo(-1);
            return mapped.reinterpret(bytes);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    @SuppressWarnings("restricted")
    private static MethodHandle function(String name, ValueLayout result, ValueLayout... arguments) {
        return downcall(Linker.nativeLinker().defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(result, arguments));
    }

    @SuppressWarnings("restricted")
    private static MethodHandle downcall(MemorySegment address, FunctionDescriptor type) {
        return Linker.nativeLinker().downcallHandle(address, type);
    }

    @Override
    public void close() {
        MethodHandle unmap = function("munmap", ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG);
        try {
            assertThat((int) unmap.invokeExact(memory, memory.byteSize())).isZero();
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}

package dev.whittle.engine.emitted;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.engine.kernel.DivisibleKernel;
import dev.whittle.engine.kernel.Memory;
import dev.whittle.engine.kernel.Resources;
import dev.whittle.engine.kernel.Slot;
import dev.whittle.engine.model.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.util.Map;
import java.util.Objects;

/// Tensors each between two pages that nobody may touch.
///
/// @param tensors by name
/// @param offset  elements before the first of each
record GuardedMemory(Map<String, MemorySegment> tensors, int offset) implements Memory {
    private static final long PAGE = 4096;
    private static final int READ_WRITE = 3;
    private static final int PRIVATE_ANONYMOUS = 0x22;
    private static final SymbolLookup LIBRARY = Linker.nativeLinker().defaultLookup();

    /// Memory that begins or ends with a page that cannot be touched on either side.
    static MemorySegment allocate(int bytes, boolean isAtEnd) {
        long inner = Math.ceilDiv(bytes, PAGE) * PAGE;
        long address = NativeCall.call(LIBRARY.findOrThrow("mmap"), 0, inner + 2 * PAGE, 0, PRIVATE_ANONYMOUS, -1, 0);
        long protectedAs = NativeCall.call(LIBRARY.findOrThrow("mprotect"), address + PAGE, inner, READ_WRITE, 0, 0, 0);
        assertThat(protectedAs).as("mprotect").isZero();
        return MemorySegment.ofAddress(address + PAGE + (isAtEnd ? inner - bytes : 0)).reinterpret(bytes,
                Arena.ofAuto(),
                memory -> NativeCall.call(LIBRARY.findOrThrow("munmap"), address, inner + 2 * PAGE, 0, 0, 0, 0));
    }

    @Override
    public MemorySegment segment(Slot slot) {
        return Objects.requireNonNull(tensors.get(slot.name()));
    }

    @Override
    public int offset(Slot slot) {
        return offset;
    }

    @Override
    public Object array(Slot slot) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Slot shaped(Slot slot, Shape shape) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void countLoop(String where) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void divide(DivisibleKernel kernel) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Resources resources() {
        throw new UnsupportedOperationException();
    }
}

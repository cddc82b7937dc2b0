package dev.whittle.engine.emitted;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// Calls of code outside of Java, all by one signature, since linking each takes the JVM 10 ms and more: three of the system
/// (`mmap`, `mprotect`, `munmap`, which ignore what they do not ask for) and that of the emitted code. Heap arrays are passed
/// as they are, which holds up safepoints for as long as a call takes: a call must be short.
final class NativeCall {
    private static final MethodHandle HANDLE = Linker.nativeLinker().downcallHandle(
            FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.ADDRESS,
                    ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG),
            Linker.Option.critical(true));

    /// Not final, so that the compiler takes it for any number.
    private static int one = 1;

    private NativeCall() {}

    /// 1, as far as the compiler knows any number. It takes safepoint polls out of loops whose step is constant, for a thousand
    /// rounds at least, and a call has none itself: so a loop over calls multiplies its step by this.
    static int hiddenOne() {
        return one;
    }

    /// Calls what starts at `code`; the arguments come as integers in the order of the platform.
    static long call(MemorySegment code, MemorySegment first, MemorySegment second, MemorySegment third,
            MemorySegment fourth, long fifth, long sixth, long seventh, long eighth) {
        try {
            return (long) HANDLE.invokeExact(code, first, second, third, fourth, fifth, sixth, seventh, eighth);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /// As [#call], with numbers alone, the last two of them 0.
    static long call(MemorySegment code, long first, long second, long third, long fourth, long fifth, long sixth) {
        return call(code, MemorySegment.ofAddress(first), MemorySegment.ofAddress(second),
                MemorySegment.ofAddress(third), MemorySegment.ofAddress(fourth), fifth, sixth, 0, 0);
    }
}

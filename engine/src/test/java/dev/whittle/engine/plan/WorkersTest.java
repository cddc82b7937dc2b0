package dev.whittle.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whittle.engine.kernel.DivisibleKernel;
import dev.whittle.engine.kernel.Memory;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class WorkersTest {
    private static final long WORTH_WAKING = 1_000_000;
    /// Not divided; divided where others are awake, or after a few; divided.
    private static final long[] NANOSECONDS = {0, 10_000, WORTH_WAKING};

    @Test
    void everyUnitIsComputedOnceForEachKernel() {
        for (int threads = 1; threads <= 4; threads++) {
            Workers workers = new Workers(threads);
            for (int round = 1; round <= 500; round++) {
                int units = 1 + round % 37;
                CountingKernel kernel = new CountingKernel(units, threads, NANOSECONDS[round % 3], -1);
                workers.run(kernel, Arena.empty());
                for (int unit = 0; unit < units; unit++) {
                    assertThat(kernel.computed.get(unit)).as("threads %d round %d unit %d", threads, round, unit)
                            .isEqualTo(1);
                }
            }
        }
    }

    @Test
    void aFailureReachesTheCallerAndLeavesTheWorkersUsable() {
        Workers workers = new Workers(3);
        for (int failing = 0; failing < 20; failing++) {
            CountingKernel kernel = new CountingKernel(20, 3, WORTH_WAKING, failing);
            assertThatThrownBy(() -> workers.run(kernel, Arena.empty())).isInstanceOf(IllegalStateException.class)
                    .hasMessage("unit " + failing);
        }
        CountingKernel sound = new CountingKernel(20, 3, WORTH_WAKING, -1);
        workers.run(sound, Arena.empty());
        assertThat(sound.computed.get(19)).isEqualTo(1);
    }

    private static final class CountingKernel implements DivisibleKernel {
        private final AtomicIntegerArray computed;
        private final int threads;
        private final long nanoseconds;
        private final int failing;

        CountingKernel(int units, int threads, long nanoseconds, int failing) {
            this.computed = new AtomicIntegerArray(units);
            this.threads = threads;
            this.nanoseconds = nanoseconds;
            this.failing = failing;
        }

        @Override
        public int units() {
            return computed.length();
        }

        @Override
        public long estimatedNanoseconds() {
            return nanoseconds;
        }

        @Override
        public void invoke(Memory memory, int first, int end, int worker) {
            assertThat(worker).isBetween(0, threads - 1);
            for (int unit = first; unit < end; unit++) {
                if (unit == failing) {
                    throw new IllegalStateException("unit " + unit);
                }
                computed.incrementAndGet(unit);
            }
        }
    }
}

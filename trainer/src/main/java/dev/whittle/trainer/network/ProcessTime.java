package dev.whittle.trainer.network;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/// The processor time of this process: what all its threads have computed, compilers and garbage collector too.
final class ProcessTime {
    private static final double NANOS_PER_SECOND = 1e9;

    private ProcessTime() {}

    /// NaN where the system does not tell.
    static double seconds() {
        if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
                && system.getProcessCpuTime() >= 0) {
            return system.getProcessCpuTime() / NANOS_PER_SECOND;
        }
        return Double.NaN;
    }
}

package dev.whittle.benchmarks;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.kernel.MachineCode;
import dev.whittle.engine.plan.Plan;
import dev.whittle.engine.plan.PlanOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/// Many inferences of many models whose kernels are machine code, opened and closed by several threads; started by
/// `benchmarks/emitted-soak.sh`. Fails when an output is not that of the scalar kernels, or resident memory grows.
public final class EmittedSoak {
    private static final int SHAPES = 200;
    private static final int THREADS = 4;
    private static final int MOST_RUNS = 400;
    private static final int REPORTS = 10;
    /// From here on resident memory must stay.
    private static final int SETTLED_REPORT = 3;
    private static final double MOST_GROWTH = 1.1;
    private static final long SEED = 8;

    private final long inferences;
    private final List<RandomModel> models = new ArrayList<>();
    private final List<byte[]> expected = new ArrayList<>();
    private final AtomicLong done = new AtomicLong();
    private final AtomicLong opened = new AtomicLong();

    private EmittedSoak(long inferences) {
        this.inferences = inferences;
        Random random = new Random(SEED);
        for (int i = 0; i < SHAPES; i++) {
            RandomModel model = RandomModel.small(random);
            models.add(model);
            try (Interpreter interpreter = Interpreter.of(
                    Plan.of(model.model(), PlanOptions.defaults().withTier(KernelTier.SCALAR)))) {
                expected.add(model.run(interpreter));
            }
        }
    }

    /// @param arguments the number of inferences
    public static void main(String[] arguments)
            throws IOException, InterruptedException, ExecutionException {
        if (arguments.length != 1 || !arguments[0].matches("[1-9][0-9]{0,17}")) {
            System.err.println("usage: benchmarks/emitted-soak.sh [--inferences N]");
            System.exit(2);
        }
        if (MachineCode.installed() == null) {
            System.err.println("emitted-soak: no machine code for this system and processor");
            System.exit(1);
        }
        System.exit(new EmittedSoak(Long.parseLong(arguments[0])).run() ? 0 : 1);
    }

    private boolean run() throws IOException, InterruptedException, ExecutionException {
        System.out.println("inferences\tmodels opened\tresident MiB");
        List<Callable<Boolean>> tasks = new ArrayList<>();
        double settled = Double.POSITIVE_INFINITY;
        try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
            for (int report = 1; report <= REPORTS; report++) {
                long until = inferences * report / REPORTS;
                tasks.clear();
                for (int thread = 0; thread < THREADS; thread++) {
                    Random random = new Random(SEED + report * THREADS + thread);
                    tasks.add(() -> infer(random, until));
                }
                for (Future<Boolean> outcome : threads.invokeAll(tasks)) {
                    if (!outcome.get()) {
                        System.err.println("emitted-soak: an output differs from that of the scalar kernels");
                        return false;
                    }
                }
                // What nobody holds any more is freed by the collector alone, memory for code as well.
                System.gc();
                double resident = residentKibibytes() / 1024.0;
                System.out.printf("%d\t%d\t%.0f%n", done.get(), opened.get(), resident);
                if (report == SETTLED_REPORT) {
                    settled = resident;
                }
                if (resident > settled * MOST_GROWTH) {
                    System.err.printf("emitted-soak: resident memory has grown from %.0f to %.0f MiB%n", settled,
                            resident);
                    return false;
                }
            }
        }
        return true;
    }

    private boolean infer(Random random, long until) {
        while (done.get() < until) {
            int which = random.nextInt(SHAPES);
            RandomModel model = models.get(which);
            int runs = 1 + random.nextInt(MOST_RUNS);
            Plan plan = Plan.of(model.model(), PlanOptions.defaults().withTier(KernelTier.EMITTED));
            try (Interpreter interpreter = Interpreter.of(plan)) {
                for (int run = 0; run < runs; run++) {
                    if (!Arrays.equals(model.run(interpreter), expected.get(which))) {
                        return false;
                    }
                }
            }
            opened.incrementAndGet();
            done.addAndGet(runs);
        }
        return true;
    }

    private static long residentKibibytes() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        throw new IOException("/proc/self/status has no VmRSS");
    }
}

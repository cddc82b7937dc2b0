package dev.whittle.benchmarks;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.plan.Plan;
import dev.whittle.engine.plan.PlanOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/// A thread that allocates beside one that infers, so that there are many safepoints to wait for; started by
/// `benchmarks/emitted-safepoints.sh`, which reads from the log of the JVM how long each took to be reached.
public final class SafepointLoad {
    private static final int OBJECT_BYTES = 20_000;
    private static final int HELD_OBJECTS = 2_000;
    /// Between two rests: four megabytes.
    private static final int OBJECTS_OF_A_BURST = 200;
    private static final long SEED = 9;
    /// In place of a tier: a loop that meets a safepoint at each of its rounds.
    private static final String COUNTING = "counting";

    private SafepointLoad() {}

    /// @param arguments the tier, or `counting`; for how many seconds; and how many microseconds the allocating thread rests
    ///     after each burst, 0 for never
    public static void main(String[] arguments) throws InterruptedException {
        List<Interpreter> interpreters = arguments[0].equals(COUNTING)
                ? List.of()
                : interpreters(KernelTier.valueOf(arguments[0].toUpperCase(Locale.ROOT)));
        long rest = Long.parseLong(arguments[2]) * 1000;
        AtomicBoolean isOver = new AtomicBoolean();
        Thread allocating = Thread.ofPlatform().start(() -> {
            byte[][] held = new byte[HELD_OBJECTS][];
            for (int i = 0; !isOver.get(); i = (i + 1) % HELD_OBJECTS) {
                held[i] = new byte[OBJECT_BYTES];
                if (rest > 0 && i % OBJECTS_OF_A_BURST == 0) {
                    LockSupport.parkNanos(rest);
                }
            }
        });
        long runs = 0;
        long end = System.nanoTime() + Long.parseLong(arguments[1]) * 1_000_000_000L;
        while (System.nanoTime() < end) {
            if (!interpreters.isEmpty()) {
                interpreters.get((int) (runs % interpreters.size())).invoke();
            }
            runs++;
        }
        isOver.set(true);
        allocating.join();
        interpreters.forEach(Interpreter::close);
        System.out.println("runs\t" + runs);
    }

    private static List<Interpreter> interpreters(KernelTier tier) {
        Random random = new Random(SEED);
        // Rows that are one call, rows that are cut, and a dense layer that is.
        List<RandomModel> models = List.of(RandomModel.convolution(random, ElementType.INT8, 150, 32, 64),
                RandomModel.convolution(random, ElementType.FLOAT32, 150, 32, 64),
                RandomModel.convolution(random, ElementType.FLOAT32, 300, 64, 128),
                RandomModel.dense(random, ElementType.INT8, 20_000, 1_000),
                RandomModel.dense(random, ElementType.FLOAT32, 5_000, 1_000));
        List<Interpreter> interpreters = new ArrayList<>();
        for (RandomModel model : models) {
            interpreters.add(Interpreter.of(Plan.of(model.model(), PlanOptions.defaults().withTier(tier))));
        }
        return interpreters;
    }
}

package dev.whittle.engine.plan;

import dev.whittle.engine.kernel.KernelRegistry;
import dev.whittle.engine.kernel.OperatorKernel;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.ModelLimits;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import java.lang.ref.WeakReference;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Gets faster kernels compiled while an interpreter answers with those that are fast at once: a thread in the background
/// makes a plan with them and runs it, over memory of its own, until an inference takes hardly longer than
/// with the interpreter's plan. Where they do not get there, or refuse the model, the interpreter keeps what it has.
///
/// Inputs may be resized meanwhile: what is compiled for one shape serves others for the most part.
public final class WarmUp {
    /// A few seconds do where the machine is idle.
    private static final long MOST_NANOSECONDS = 60_000_000_000L;
    /// Half of the time is left to the compiler and the interpreter, in parts no longer than this.
    private static final long MOST_PAUSE_NANOSECONDS = 100_000_000;
    /// Inferences shorter than this are timed together.
    private static final long SHORTEST_TIMING_NANOSECONDS = 1_000_000;
    /// Where most of the time goes to kernels that both plans share, chance decides which of the two is faster.
    private static final double AS_GOOD = 1.05;
    /// Weights are packed for both plans at once; where they are a larger share of the heap, one plan has to do.
    private static final int HEAP_SHARE = 8;

    private final PlanOptions options;
    private int runs;
    private volatile boolean isCancelled;
    /// Held, so that the interpreter finds it among [LivePlans].
    private volatile @Nullable Plan warm;
    private volatile boolean isOver;

    /// @param options choices for the kernels to be compiled
    public WarmUp(PlanOptions options) {
        this.options = options;
    }

    /// Whether a model can be run at any time without a trace: nothing of it has state or is foreign code.
    static boolean isPossible(Model model) {
        long constantBytes = 0;
        for (Subgraph subgraph : model.subgraphs()) {
            for (Operator operator : subgraph.operators()) {
                OperatorKernel rule = KernelRegistry.of(operator.code());
                if (rule == null || rule.isStateful()) {
                    return false;
                }
            }
            for (Tensor tensor : subgraph.tensors()) {
                constantBytes += tensor.buffer() == null ? 0 : tensor.buffer().byteLength();
            }
        }
        return constantBytes <= Runtime.getRuntime().maxMemory() / HEAP_SHARE;
    }

    /// To be called before each run of the interpreter. The first run has the machine for itself; with the second the warm-up
    /// begins, on a copy of its inputs.
    ///
    /// @param arena with which the interpreter answers
    public void beforeRun(Arena arena) {
        runs++;
        if (runs == 2) {
            begin(arena);
        }
    }

    private void begin(Arena arena) {
        try {
            Arena sample = newArena(arena.plan());
            sample.takeOver(arena);
            WeakReference<InterpreterState> interpreter = new WeakReference<>(arena.state());
            Background.THREAD.execute(() -> run(sample, interpreter));
        } catch (RuntimeException | OutOfMemoryError e) {
            // No room beside the interpreter.
            isOver = true;
        }
    }

    private static Arena newArena(Plan plan) {
        // Code that is not compiled may take long.
        ModelLimits limits = plan.options().limits().withMaxTime(ModelLimits.defaults().maxTime());
        return plan.newArena(new InterpreterState(plan.model().source(), limits, 1));
    }

    private void run(Arena sample, WeakReference<InterpreterState> interpreter) {
        try {
            if (isWanted(interpreter)) {
                Plan plan = sample.plan();
                Plan candidate = Plan.shared(plan.model(), plan.subgraphIndex(), plan.inputShapes(), options);
                if (candidate.isWarm() || becomesWarm(candidate, sample, interpreter)) {
                    candidate.setWarm();
                    warm = candidate;
                }
            }
        } catch (RuntimeException | OutOfMemoryError e) {
            // Whatever does not go well here leaves the interpreter with what works.
        } finally {
            isOver = true;
        }
    }

    private boolean becomesWarm(Plan candidate, Arena sample, WeakReference<InterpreterState> interpreter) {
        Arena memory = newArena(candidate);
        memory.takeOver(sample);
        double present = Double.POSITIVE_INFINITY;
        double next = Double.POSITIVE_INFINITY;
        long start = System.nanoTime();
        while (isWanted(interpreter) && System.nanoTime() - start < MOST_NANOSECONDS) {
            present = Math.min(present, nanoseconds(sample));
            double last = nanoseconds(memory);
            next = Math.min(next, last);
            if (next <= AS_GOOD * present) {
                return true;
            }
            LockSupport.parkNanos((long) Math.min(last, MOST_PAUSE_NANOSECONDS));
        }
        return false;
    }

    private boolean isWanted(WeakReference<InterpreterState> interpreter) {
        return !isCancelled && interpreter.get() != null;
    }

    /// The time of an inference.
    private static double nanoseconds(Arena memory) {
        long start = System.nanoTime();
        int count = 0;
        long passed;
        do {
            memory.begin();
            memory.run();
            count++;
            passed = System.nanoTime() - start;
        } while (passed < SHORTEST_TIMING_NANOSECONDS);
        return (double) passed / count;
    }

    /// True once nothing more will come.
    public boolean isOver() {
        return isOver;
    }

    /// True once plans of the tier are worth going over to.
    public boolean isWarm() {
        return warm != null;
    }

    /// Ends it, since the interpreter goes another way.
    public void cancel() {
        isCancelled = true;
    }

    /// One thread for all, so that many models do not take the machine.
    private static final class Background {
        static final Executor THREAD = new ThreadPoolExecutor(0, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(),
                Thread.ofPlatform().daemon().priority(Thread.MIN_PRIORITY).name("whittle-warm-up").factory());
    }
}

package dev.whittle.engine.emitted;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.emitted.EmittedConvolutionTest.Case;
import dev.whittle.engine.emitted.x86.VectorUnit;
import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.plan.Plan;
import dev.whittle.engine.plan.PlanOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// A safepoint is not held up for the time of an operator, only for that of one of its calls, once its loop is compiled too.
@Tag("long")
class SafepointTest {
    private static final Duration LOAD = Duration.ofSeconds(15);
    private static final int MILLISECONDS_BETWEEN = 20;

    @Test
    void longOperatorsAreInterrupted() throws IOException, InterruptedException {
        Units.assume(VectorUnit.AVX2);
        // One operator takes some 400 ms, one call less than a thousandth of that.
        assertThat(ForkedJvm.run(SafepointTest.class,
                List.of("--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=4", "-XX:+UseSerialGC",
                        "-XX:+UnlockDiagnosticVMOptions",
                        "-XX:+SafepointTimeout", "-XX:SafepointTimeoutDelay=200", "-XX:+AbortVMOnSafepointTimeout")))
                .contains("done");
    }

    public static void main(String[] none) {
        Case made = Case.of(new Random(1), ElementType.FLOAT32, 1, 300, 300, 64, 128, 9, 9,
                new Options.Conv2d(Padding.VALID, 1, 1, 1, 1, Activation.NONE), false, false);
        Plan plan = Plan.of(made.model(), PlanOptions.defaults().withTier(KernelTier.EMITTED));
        Thread stopping = Thread.ofPlatform().daemon().start(() -> {
            while (true) {
                System.gc();
                try {
                    Thread.sleep(MILLISECONDS_BETWEEN);
                } catch (InterruptedException e) {
                    return;
                }
            }
        });
        try (Interpreter interpreter = Interpreter.of(plan)) {
            long end = System.nanoTime() + LOAD.toNanos();
            while (System.nanoTime() < end) {
                interpreter.invoke();
            }
        }
        stopping.interrupt();
        System.out.println("done");
    }
}

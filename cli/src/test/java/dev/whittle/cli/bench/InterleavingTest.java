package dev.whittle.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.cli.bench.Interleaving.Timed;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// On a clock that only the models move.
class InterleavingTest {
    private long now;
    private final List<String> ran = new ArrayList<>();

    private LoadedModel taking(String name, long nanoseconds) {
        return new LoadedModel() {
            @Override
            public String kernels() {
                return name;
            }

            @Override
            public void putInput(int index, byte[] elements) {
                throw new AssertionError("inputs are not written while time runs");
            }

            @Override
            public void invoke() {
                now += nanoseconds;
                if (ran.isEmpty() || !ran.getLast().equals(name)) {
                    ran.add(name);
                }
            }

            @Override
            public byte[] output(int index) {
                throw new AssertionError("outputs are not read while time runs");
            }

            @Override
            public void close() {}
        };
    }

    private List<Timed> run(double seconds, int minRuns, LoadedModel... models) {
        return new Interleaving(() -> now, seconds, minRuns).run(List.of(models),
                share -> assertThat(share).isBetween(0.0, 1.0));
    }

    @Test
    void timesAreThoseOfEachModel() {
        List<Timed> timed = run(1, 1, taking("a", 1_000_000), taking("b", 3_000_000));

        assertThat(timed.get(0).times().latency().p50()).isEqualTo(1);
        assertThat(timed.get(1).times().latency().p99()).isEqualTo(3);
        assertThat(timed.get(0).times().blockCount()).isEqualTo(timed.get(1).times().blockCount());
    }

    @Test
    void ordersTakeTurns() {
        run(0, 1, taking("a", 30_000_000), taking("b", 30_000_000), taking("c", 30_000_000));

        // Ten rounds, each beginning with another; two that meet are one entry.
        assertThat(String.join("", ran)).endsWith("abcbcacababcbcacababcbcacababc");
    }

    @Test
    void blocksLastTwentyMillisecondsAndSlowModelsOneInference() {
        List<Timed> timed = run(0, 1, taking("fast", 100_000), taking("slow", 70_000_000));

        assertThat(timed.get(0).timings()).isEqualTo(200);
        assertThat(timed.get(0).batch()).isOne();
        assertThat(timed.get(1).timings()).isOne();
        assertThat(timed.get(1).times().blockCount()).isEqualTo(10);
    }

    @Test
    void tinyModelsAreTimedAFewAtATime() {
        Timed tiny = run(0, 1, taking("tiny", 100)).getFirst();

        assertThat(tiny.batch()).isEqualTo(200);
        assertThat(tiny.times().latency().p50()).isEqualTo(1e-4);
        assertThat(tiny.inferences()).isEqualTo(10L * 1000 * 200);
    }

    @Test
    void asManyRunsAsWanted() {
        assertThat(run(0, 25, taking("slow", 50_000_000)).getFirst().inferences()).isEqualTo(25);
    }
}

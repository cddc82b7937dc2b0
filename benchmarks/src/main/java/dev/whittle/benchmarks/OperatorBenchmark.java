package dev.whittle.benchmarks;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.plan.PlanOptions;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// One operator as a model of its own, at the shapes of [OneOperatorModel].
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "-XX:Tier3DelayOn=100000"})
public class OperatorBenchmark {
    private static final long SEED = 7;

    @Param private OneOperatorModel operator;

    @Param({"float", "int8"}) private String type;

    private Interpreter interpreter;

    @Setup
    public void open() {
        interpreter = Interpreter.of(type.equals("int8") ? operator.int8(SEED) : operator.plain(SEED),
                PlanOptions.defaults());
    }

    @TearDown
    public void close() {
        interpreter.close();
    }

    @Benchmark
    public void invoke() {
        interpreter.invoke();
    }
}

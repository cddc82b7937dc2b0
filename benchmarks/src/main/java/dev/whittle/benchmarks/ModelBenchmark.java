package dev.whittle.benchmarks;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.plan.PlanOptions;
import dev.whittle.engine.schema.ModelReader;
import java.io.IOException;
import java.nio.file.Path;
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

/// A whole model on inputs of zeros: `-p model=FILE`, with `-prof gc` for what an inference allocates.
/// Measured once the kernels serve that stay.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "-XX:Tier3DelayOn=100000"})
public class ModelBenchmark {
    @Param("") private String model;

    @Param("1") private int threads;

    private Interpreter interpreter;

    @Setup
    public void open() throws IOException {
        if (model.isEmpty()) {
            throw new IllegalArgumentException("name a .tflite file: -p model=FILE");
        }
        interpreter = Interpreter.of(ModelReader.read(Path.of(model)), PlanOptions.defaults().withThreads(threads));
        do {
            interpreter.invoke();
        } while (!interpreter.isSettled());
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

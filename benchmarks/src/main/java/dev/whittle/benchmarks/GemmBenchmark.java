package dev.whittle.benchmarks;

import dev.whittle.engine.kernel.Gemm;
import dev.whittle.engine.kernel.KernelTier;
import java.util.Random;
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
import org.openjdk.jmh.annotations.Warmup;

/// The float matrix product of each tier, on the shapes that the convolutions of a small network have.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class GemmBenchmark {
    @Param private KernelTier tier;

    /// Rows, depth and columns.
    @Param({"5476x27x32", "1296x288x64", "289x576x64", "1x3136x128"}) private String shape;

    private Gemm gemm;
    private int rows;
    private int depth;
    private int columns;
    private float[] a;
    private float[] packedB;
    private float[] bias;
    private float[] c;

    @Setup
    public void prepare() {
        String[] sizes = shape.split("x", 3);
        rows = Integer.parseInt(sizes[0]);
        depth = Integer.parseInt(sizes[1]);
        columns = Integer.parseInt(sizes[2]);
        gemm = Gemm.of(tier);
        Random random = new Random(1);
        a = randomFloats(random, rows * depth);
        bias = randomFloats(random, columns);
        packedB = new float[gemm.packedLength(depth, columns)];
        gemm.pack(randomFloats(random, depth * columns), 0, columns, 1, depth, columns, packedB, 0);
        c = new float[rows * columns];
    }

    @Benchmark
    public float[] multiply() {
        gemm.multiply(a, 0, depth, 1, packedB, 0, rows, depth, columns, bias, 0, Float.POSITIVE_INFINITY, false, c, 0,
                columns);
        return c;
    }

    private static float[] randomFloats(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat() * 2 - 1;
        }
        return values;
    }
}

package dev.whittle.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.npy.Npy;
import dev.whittle.engine.npy.NpyArray;
import dev.whittle.engine.plan.PlanOptions;
import dev.whittle.engine.schema.ModelReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A run allocates nothing once it is warm: a round of runs comes to less than a byte each. Rounds are repeated, since
/// classes are loaded in the first ones, and vectors are objects until the loops around them are compiled.
class AllocationTest {
    private static final com.sun.management.ThreadMXBean THREADS =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final Path CORPUS = Path.of(System.getProperty("whittle.root"), "testdata", "conformance");
    private static final Path SHARED =
            Path.of(System.getProperty("whittle.shared", "../../shared")).toAbsolutePath().normalize()
                    .resolve("models");
    private static final int RUNS = 20;
    private static final int MOST_ROUNDS = 50;
    /// With vectors a round may count in seconds at first.
    private static final long MOST_NANOSECONDS = 60_000_000_000L;
    /// `StrictMath` computes these with small arrays of its own.
    private static final Set<String> BY_THE_JDK = Set.of("COS", "POW", "SIN");

    /// Bytes that the last of several rounds allocated, for each run of it.
    private static double bytesPerRun(Path file, KernelTier tier) throws IOException {
        try (Interpreter interpreter =
                Interpreter.of(ModelReader.read(file), PlanOptions.defaults().withTier(tier))) {
            for (int i = 0; i < interpreter.inputs().size(); i++) {
                NpyArray array = Npy.read(file.resolveSibling("in_0_" + i + ".npy"));
                interpreter.resizeInput(i, array.shape());
                interpreter.input(i).putBytes(interpreter.input(i).type() == ElementType.STRING
                        ? Buffer.ofStrings(array.strings()).bytes()
                        : array.data());
            }
            long end = System.nanoTime() + MOST_NANOSECONDS;
            long bytes = Long.MAX_VALUE;
            for (int round = 0; bytes >= RUNS && (round < MOST_ROUNDS || tier == KernelTier.VECTOR)
                    && System.nanoTime() - end < 0; round++) {
                long before = THREADS.getCurrentThreadAllocatedBytes();
                for (int run = 0; run < RUNS; run++) {
                    interpreter.invoke();
                }
                bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
            }
            return (double) bytes / RUNS;
        }
    }

    private static Path shared(String model) {
        Path file = SHARED.resolve(model).resolve("model.tflite");
        assumeTrue(Files.exists(file), "the shared model " + model + " is not at " + file);
        return file;
    }

    @ParameterizedTest
    @ValueSource(strings = {"coral_mobilenet_v1_0.25_128_quant", "mlperf_kws_ref_model", "mlperf_pretrainedResnet",
        "mlperf_pretrainedResnet_quant", "seed_cnn_model_s_quant", "seed_cnn_model_vs", "seed_cnn_model_vs_quant_aware",
        "tflm_hello_world_float", "tflm_hello_world_int8"})
    void sharedModelsAllocateNothing(String model) throws IOException, InterruptedException {
        Path file = shared(model);

        assertThat(bytesPerRun(file, KernelTier.SCALAR)).isLessThan(1);
        if (KernelTier.isVectorAvailable()) {
            double bytes = bytesPerRunInAFreshJvm(file);
            // What HotSpot makes of a loop varies on a busy machine; what no JVM compiles well stays a failure.
            assertThat(bytes < 1 ? bytes : bytesPerRunInAFreshJvm(file)).isLessThan(1);
        }
    }

    /// In the vector tier. As the launcher starts it: where tests have run before, the quick compiler may have left a tile of
    /// the matrix product in its second tier, in which every vector is an object.
    private static double bytesPerRunInAFreshJvm(Path file) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules", "jdk.incubator.vector", "-XX:Tier3DelayOn=100000",
                "-Dwhittle.root=" + System.getProperty("whittle.root"), "-classpath",
                System.getProperty("java.class.path"), AllocationTest.class.getName(), file.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("exit code").isZero();
        return Double.parseDouble(printed.strip());
    }

    /// Prints the bytes that a run of a model allocates in the vector tier.
    public static void main(String[] file) throws IOException {
        System.out.println(bytesPerRun(Path.of(file[0]), KernelTier.VECTOR));
    }

    @Test
    void everyModelOfTheCorpusAllocatesNothing() throws IOException {
        List<Path> files;
        try (Stream<Path> walk = Files.walk(CORPUS)) {
            files = walk.filter(file -> file.endsWith("model.tflite")).sorted().toList();
        }
        assertThat(files).hasSizeGreaterThan(500);
        for (Path file : files) {
            if (!BY_THE_JDK.contains(CORPUS.relativize(file).getName(0).toString())) {
                assertThat(bytesPerRun(file, KernelTier.SCALAR)).as(file.toString()).isLessThan(1);
            }
        }
    }
}

package dev.whittle.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.whittle.cli.training.RunFolder.Hashes;
import dev.whittle.engine.kernel.KernelTier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// One seed gives one file of weights: for any number of threads, any kernels, and whatever kills the training meanwhile.
class ReproducibilityTest {
    private static final int EPOCHS = 6;
    /// For vector kernels in a JVM of their own, which are slow until they are compiled.
    private static final int FEW_EPOCHS = 2;
    private static final int LARGE_EPOCHS = 6;
    private static final int KILLS = 3;
    private static final long PATIENCE_MILLIS = 60_000;

    @TempDir private static Path folder;
    private static Path photos;
    private static Hashes expected;

    @BeforeAll
    static void trainOnOneThread() throws IOException {
        photos = TinyModel.writePhotographs(folder.resolve("photos"), 90, 10);
        Path out = folder.resolve("expected");
        expected = trained(out, EPOCHS);
    }

    private static Hashes trained(Path out, int epochs) throws IOException {
        Run run = Run.of(arguments(out, small(epochs), "--threads", 1));
        assertThat(run.code()).as(run.err()).isZero();
        return Hashes.read(out);
    }

    /// A small training with all that is random or keeps state.
    private static List<Object> small(int epochs) {
        return List.of("--data", photos, "--size", 24, "--epochs", epochs, "--batch-size", 16, "--dropout", 0.2,
                "--augment", "flip,rotation=0.1,contrast,noise,cutout", "--mixup", 0.2, "--reduce-on-plateau",
                "patience=1", "--patience", 100, "--quiet");
    }

    private static Object[] arguments(Path out, List<Object> training, Object... others) {
        List<Object> arguments = new ArrayList<>(List.of("train", "--out", out));
        arguments.addAll(training);
        arguments.addAll(Arrays.asList(others));
        return arguments.toArray();
    }

    @Test
    void twoThreadsGiveTheSameFiles() throws IOException {
        Path out = folder.resolve("threads");
        assertThat(Run.of(arguments(out, small(EPOCHS), "--threads", 2)).code()).isZero();
        assertThat(Hashes.read(out)).isEqualTo(expected);
    }

    @Test
    void aRunRepeatsExactlyFromItsConfigAndAnotherSeedDoesNot() throws IOException {
        Path repeat = folder.resolve("expected-repeat");
        Run run = Run.of("train", "--config", folder.resolve("expected/run.json"), "--quiet");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.err()).endsWith("the same weights as in " + folder.resolve("expected") + System.lineSeparator());
        assertThat(Hashes.read(repeat)).isEqualTo(expected);

        Path other = folder.resolve("other");
        Path config = other.resolve("run.json");
        Output.write(config, Files.readString(folder.resolve("expected/run.json")).replace("\"mixup\" : 0.2",
                "\"mixup\" : 0.3"));
        Files.copy(folder.resolve("expected/hashes.json"), other.resolve("hashes.json"));
        Run different = Run.of("train", "--config", config, "--quiet", "--out", folder.resolve("different"));
        assertThat(different.code()).isEqualTo(1);
        assertThat(different.err()).contains("hashes.json] differs from that of ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"scalar", "256", "512"})
    void allKernelsGiveTheSameFiles(String kernels) throws IOException, InterruptedException {
        String flags = "-Dwhittle.kernels=scalar";
        if (!kernels.equals("scalar")) {
            assumeTrue(KernelTier.VECTOR.vectorBits() >= Integer.parseInt(kernels),
                    "vectors of " + kernels + " bits are not there or not asked for");
            flags = "-Dwhittle.kernels=vector -Dwhittle.simd.bits=" + kernels;
        }
        Path out = folder.resolve("kernels-" + kernels);
        Path err = folder.resolve(kernels + ".txt");
        int code = WhittleProcess.start(err, flags, arguments(out, small(FEW_EPOCHS))).waitFor();
        assertThat(code).as(() -> text(err)).isZero();
        assertThat(Hashes.read(out)).isEqualTo(trained(folder.resolve("plain"), FEW_EPOCHS));
        assertThat(
                Json.tree("environment", Files.readString(out.resolve("environment.json"))).at("/vectorBits").asInt())
                .isEqualTo(kernels.equals("scalar") ? 0 : Integer.parseInt(kernels));
    }

    @Test
    void aTrainingKilledThreeTimesEndsWithTheSameFiles() throws IOException, InterruptedException {
        killAndResume(small(EPOCHS), EPOCHS, 100, expected, "-Dwhittle.kernels=scalar");
    }

    @Test
    @Tag("long")
    void atSeventyFivePixelsThreadsKernelsAndKillsGiveTheSameFiles() throws IOException, InterruptedException {
        List<Object> training =
                List.of("--generate", "--size", 75, "--epochs", LARGE_EPOCHS, "--patience", 100, "--quiet");
        Path plain = folder.resolve("large");
        assertThat(Run.of(arguments(plain, training, "--threads", 1)).code()).isZero();
        Hashes large = Hashes.read(plain);
        for (String flags : List.of("-Dwhittle.kernels=scalar", "-Dwhittle.simd.bits=128",
                "-Dwhittle.simd.bits=256 -Dwhittle.kernels=vector", "-Dwhittle.kernels=vector")) {
            Path out = folder.resolve("large" + flags.hashCode());
            Path err = folder.resolve("large.txt");
            assertThat(WhittleProcess.start(err, flags, arguments(out, training, "--threads", 2)).waitFor())
                    .as(() -> text(err)).isZero();
            assertThat(Hashes.read(out)).as(flags).isEqualTo(large);
        }
        killAndResume(training, LARGE_EPOCHS, 4_000, large, "-Dwhittle.kernels=vector");
    }

    /// @param millis a kill comes at most so long after an epoch
    private static void killAndResume(List<Object> training, int epochs, int millis, Hashes uninterrupted, String flags)
            throws IOException, InterruptedException {
        Path out = Files.createTempDirectory(folder, "killed");
        Path err = out.resolve("err.txt");
        // Of six milliseconds: a checkpoint after every batch or two.
        Object[] arguments = arguments(out, training, "--resume", "--checkpoint-minutes", 0.0001);
        Random random = new Random(7);
        for (int kill = 0; kill < KILLS; kill++) {
            int done = epochsDone(out);
            Process process = WhittleProcess.start(err, flags, arguments);
            awaitEpochs(out, done + random.nextInt(1 + epochs / (2 * KILLS)), process);
            // While the JVM has not compiled the kernels, the first batch may take seconds.
            while (process.isAlive() && !Files.exists(out.resolve("checkpoint.whittle"))) {
                Thread.sleep(2);
            }
            Thread.sleep(random.nextInt(millis));
            process.destroyForcibly();
            assertThat(process.waitFor()).as(() -> "killed\n" + text(err)).isEqualTo(128 + 9);
        }
        assertThat(epochsDone(out)).isLessThan(epochs);
        int code = WhittleProcess.start(err, flags, arguments).waitFor();
        assertThat(code).as(() -> text(err)).isZero();
        assertThat(text(err)).contains("resumed after ");
        assertThat(Hashes.read(out)).isEqualTo(uninterrupted);
    }

    @Test
    void ctrlCStopsAfterTheBatchAndSaysHowToGoOn() throws IOException, InterruptedException {
        assumeFalse(isInterruptIgnored(), "SIGINT is ignored here");
        Path out = folder.resolve("stopped");
        Path err = folder.resolve("stopped.txt");
        Process process = WhittleProcess.start(err, "-Dwhittle.kernels=scalar", arguments(out, small(EPOCHS)));
        awaitEpochs(out, 1, process);
        new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
        assertThat(process.waitFor()).as(() -> text(err)).isEqualTo(130);
        assertThat(text(err)).containsPattern("stopped; this goes on: whittle train --out \\S+stopped .* --resume\\R$");
        assertThat(out.resolve("hashes.json")).doesNotExist();
        Run resumed = Run.of(arguments(out, small(EPOCHS), "--resume"));
        assertThat(resumed.code()).as(resumed.err()).isZero();
        assertThat(Hashes.read(out)).isEqualTo(expected);
    }

    @Test
    void ctrlCStopsQuantizationAwareTrainingToo() throws IOException, InterruptedException {
        assumeFalse(isInterruptIgnored(), "SIGINT is ignored here");
        Path run = folder.resolve("aware");
        Path err = folder.resolve("aware.txt");
        Path never = folder.resolve("never.tflite");
        Process process = WhittleProcess.start(err, "-Dwhittle.kernels=scalar", "quantize",
                folder.resolve("expected/best.whittle"), "--mode", "qat", "--epochs", 100_000, "--data", photos,
                "--quiet",
                "--run", run, "--out", never);
        while (process.isAlive() && epochsDone(run) < 1) {
            Thread.sleep(2);
        }
        new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
        assertThat(process.waitFor()).as(() -> text(err)).isEqualTo(130);
        assertThat(text(err)).endsWith("stopped, --resume goes on from " + run + System.lineSeparator());
        assertThat(never).doesNotExist();
    }

    /// A process inherits what its parent ignores.
    private static boolean isInterruptIgnored() throws IOException {
        Path status = Path.of("/proc/self/status");
        assumeTrue(Files.exists(status), "no /proc to see which signals are ignored");
        String mask = Files.readAllLines(status).stream().filter(line -> line.startsWith("SigIgn:")).findFirst()
                .orElseThrow().substring("SigIgn:".length()).strip();
        return (Long.parseUnsignedLong(mask, 16) & 1 << 1) != 0;
    }

    private static void awaitEpochs(Path out, int epochs, Process process) throws IOException, InterruptedException {
        long start = System.nanoTime();
        while (process.isAlive() && epochsDone(out) < epochs
                && (System.nanoTime() - start) / 1_000_000 < PATIENCE_MILLIS) {
            Thread.sleep(2);
        }
        // Also where no epoch is waited for, the JVM shall have begun.
        while (process.isAlive() && !Files.exists(out.resolve("run.json"))) {
            Thread.sleep(2);
        }
    }

    private static int epochsDone(Path out) throws IOException {
        Path log = out.resolve("log.csv");
        return Files.exists(log) ? Math.max(Files.readAllLines(log).size() - 1, 0) : 0;
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }
}

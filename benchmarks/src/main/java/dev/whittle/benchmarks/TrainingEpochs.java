package dev.whittle.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.callback.EpochReport;
import dev.whittle.trainer.callback.History;
import dev.whittle.trainer.callback.TrainingListener;
import dev.whittle.trainer.data.DataSet;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.data.PixelImage;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.NetworkSpec;
import dev.whittle.trainer.network.Trainer;
import dev.whittle.trainer.network.TrainingSettings;
import dev.whittle.trainer.optimizer.LearningRate;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/// Trains the image classifier of the main job, one epoch for each line on standard input, and prints as JSON how many
/// images it took, the CPU seconds of the whole process and the seconds: one side of `training/beside_keras.py`.
public final class TrainingEpochs implements TrainingListener {
    private static final int BATCH_SIZE = 32;
    private static final float LEARNING_RATE = 1e-3f;

    private final OperatingSystemMXBean system =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private final BufferedReader commands =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    private final int images;
    private long cpuStart;
    private long start;

    private TrainingEpochs(int images) {
        this.images = images;
    }

    /// @param arguments `--data DIR --size PIXELS --threads N [--images N] [--augment]`
    public static void main(String[] arguments) throws IOException {
        List<String> given = Arrays.asList(arguments);
        int size = Integer.parseInt(value(given, "--size"));
        int threads = Integer.parseInt(value(given, "--threads"));
        ImageSource training = DataSet.read(Path.of(value(given, "--data")), threads).train();
        if (given.contains("--images")) {
            training = firstOfEachClass(training, Integer.parseInt(value(given, "--images")));
        }
        PixelImage first = training.image(0);
        Network network = Network.create(NetworkSpec.imageClassifier(
                Shape.of(first.height(), first.width(), PixelImage.CHANNELS), size, given.contains("--augment"), 0,
                training.classNames()), 7);
        TrainingEpochs epochs = new TrainingEpochs(training.size());
        System.out.printf("{\"runtime\": \"Whittle, %s kernels, %s\"}%n",
                KernelTier.selected().portable().name().toLowerCase(Locale.ROOT), Runtime.version());
        if (epochs.waits()) {
            Trainer.fit(network, training, training.subset(new int[0]), TrainingSettings.ofEpochs(Integer.MAX_VALUE)
                    .withBatchSize(BATCH_SIZE).withThreads(threads).withSeed(7)
                    .withLearningRate(new LearningRate.Constant(LEARNING_RATE)),
                    List.of(epochs));
        }
    }

    private static ImageSource firstOfEachClass(ImageSource images, int most) {
        int[] found = new int[images.classNames().size()];
        return images.subset(IntStream.range(0, images.size()).filter(i -> found[images.label(i)]++ < most).toArray());
    }

    private static String value(List<String> arguments, String option) {
        int at = arguments.indexOf(option);
        if (at < 0 || at + 1 == arguments.size()) {
            throw new IllegalArgumentException(option + " is missing");
        }
        return arguments.get(at + 1);
    }

    /// Waits for a line and starts the clocks; false at the end of the input.
    private boolean waits() throws IOException {
        boolean goesOn = commands.readLine() != null;
        cpuStart = system.getProcessCpuTime();
        start = System.nanoTime();
        return goesOn;
    }

    @Override
    public void epochEnded(EpochReport report) {
        System.out.printf(Locale.ROOT, "{\"images\": %d, \"cpuSeconds\": %.4f, \"seconds\": %.4f, \"loss\": %.5f}%n",
                images,
                (system.getProcessCpuTime() - cpuStart) * 1e-9, (System.nanoTime() - start) * 1e-9, report.loss());
        try {
            if (!waits()) {
                Thread.currentThread().interrupt();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void trainingEnded(History history) {
        // An interrupted training is how this one ends.
        Thread.interrupted();
    }
}

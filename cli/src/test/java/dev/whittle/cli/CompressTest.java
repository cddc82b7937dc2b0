package dev.whittle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.trainer.data.CastingGenerator;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.NetworkSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// From a network to a pruned one, to a quantized one that is still pruned, to a sparse file.
class CompressTest {
    @TempDir private static Path folder;
    private static Path photos;
    private static Path network;
    private static Path compressed;
    private static Run compression;

    @BeforeAll
    static void compress() throws IOException {
        photos = TinyModel.writePhotographs(folder.resolve("photos"), 40, 12);
        network = folder.resolve("network.whittle");
        Network.create(NetworkSpec.imageClassifier(Shape.of(32, 32, 3), 32, false, 0, CastingGenerator.CLASS_NAMES), 1)
                .write(network);
        compressed = folder.resolve("compressed");
        compression = run(compressed, "--prune", "0.75,block=1x4", "--cluster", 16);
    }

    private static Run run(Path out, Object... options) {
        Object[] arguments = new Object[options.length + 8];
        System.arraycopy(new Object[]{"compress", network, "--data", photos, "--out", out, "--epochs", 2}, 0,
                arguments, 0, 8);
        System.arraycopy(options, 0, arguments, 8, options.length);
        return Run.of(arguments);
    }

    private static Path quantized(String name, Object... options) {
        Path file = folder.resolve(name);
        Object[] arguments = new Object[options.length + 12];
        System.arraycopy(new Object[]{"quantize", compressed.resolve("compressed.whittle"), "--mode", "qat", "--data",
            photos, "--epochs", 2, "--max-disagreement", 100, "--out", file}, 0, arguments, 0, 12);
        System.arraycopy(options, 0, arguments, 12, options.length);
        Run run = Run.of(arguments);
        assertThat(run.code()).as(run.err()).isZero();
        return file;
    }

    @Test
    void theTableSaysHowSmallThePrunedAndClusteredNetworkIs() throws IOException {
        assertThat(compression.code()).as(compression.err()).isZero();
        assertThat(compression.out()).containsPattern("float32.tflite +\\d+ +\\d+ +\\d+")
                .containsPattern("conv_2/kernel +FLOAT32 +4608 +18432 +75.0 +16 ");
        assertThat(Files.size(compressed.resolve("sparse.tflite")))
                .isLessThan(Files.size(compressed.resolve("float32.tflite")) / 2);
        assertThat(Files.readAllLines(compressed.resolve("prune.csv"))).hasSize(3);
        assertThat(Files.readAllLines(compressed.resolve("cluster.csv"))).hasSize(3);
    }

    @Test
    void theSameCommandGivesTheSameNetwork() throws IOException {
        Path again = folder.resolve("again");
        run(again, "--prune", "0.75,block=1x4", "--cluster", 16, "--threads", 1);
        assertThat(Files.readAllBytes(again.resolve("compressed.whittle")))
                .isEqualTo(Files.readAllBytes(compressed.resolve("compressed.whittle")));
    }

    @Test
    void quantizationAwareTrainingKeepsTheZerosAndTheFileIsSmallerSparse() throws IOException {
        Path file = quantized("int8.tflite", "--run", folder.resolve("qat"));
        Path sparse = folder.resolve("sparse.tflite");

        assertThat(Run.of("convert", file, "--sparse", "--out", sparse).code()).isZero();

        assertThat(Files.size(sparse)).isLessThan((long) (Files.size(file) * 0.7));
        assertThat(Run.of("inspect", "--sizes", file).out())
                .containsPattern("conv_2/kernel +INT8 +4608 +4608 +(7[5-9]|8\\d)\\.\\d +");
        assertThat(Files.readAllLines(folder.resolve("qat/log.csv"))).hasSize(3);
    }

    @Test
    void fourBitsGiveInt4Filters() throws IOException {
        Model model = ModelReader.read(quantized("int4.tflite", "--bits", 4));

        assertThat(model.primary().tensors()).filteredOn(tensor -> tensor.name().endsWith("/kernel")).hasSize(5)
                .allMatch(tensor -> tensor.type() == ElementType.INT4);
    }

    @Test
    void wrongOptionsFailInOneLine() {
        assertThat(run(folder.resolve("no"), "--prune", "90%").err())
                .isEqualToIgnoringNewLines(
                        "whittle compress: --prune is 90%, expected a share such as 0.8, 0.8,block=1x4 or nm=2:4 (see whittle compress --help)");
        assertThat(run(folder.resolve("no")).err()).contains("Missing required option: --prune=WHAT or --cluster=N");
        assertThat(Run.of("quantize", network, "--mode", "qat", "--data", photos, "--out", folder.resolve("no"),
                "--epochs", 3, "--freeze-ranges-after", 4).err()).isEqualToIgnoringNewLines(
                        "whittle: --delay is 0, --freeze-ranges-after 4 and --epochs 3, must rise in this order");
    }
}

package dev.whittle.cli;

import dev.whittle.converter.lower.Lowering;
import dev.whittle.converter.write.ModelWriter;
import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.data.CastingGenerator;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.NetworkSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;

/// Small files for commands to work on.
public final class TinyModel {
    public static final int SIZE = 32;

    private TinyModel() {}

    /// An untrained classifier of castings with a 32 × 32 input.
    public static Path write(Path file) throws IOException {
        NetworkSpec spec =
                NetworkSpec.imageClassifier(Shape.of(SIZE, SIZE, 3), SIZE, true, 0, CastingGenerator.CLASS_NAMES);
        ModelWriter.write(Lowering.lower(Network.create(spec, 1), file.getFileName().toString(), "tiny").model(), file);
        return file;
    }

    /// Generated castings as a folder of PNG files, with `train/` and `test/`.
    public static Path writePhotographs(Path folder, int trainCount, int testCount) throws IOException {
        writeImages(folder.resolve("train"), new CastingGenerator(3, 0, trainCount, SIZE));
        writeImages(folder.resolve("test"), new CastingGenerator(3, trainCount, testCount, SIZE));
        return folder;
    }

    private static void writeImages(Path folder, CastingGenerator castings) throws IOException {
        List<String> classes = castings.classNames();
        for (int i = 0; i < castings.size(); i++) {
            Path file = folder.resolve(classes.get(castings.label(i))).resolve("casting_%03d.png".formatted(i));
            Files.createDirectories(file.getParent());
            ImageIO.write(castings.image(i).toBufferedImage(), "png", file.toFile());
        }
    }
}

package dev.whittle.cli.pipeline;

import com.fasterxml.jackson.annotation.JsonAlias;
import dev.whittle.cli.Json;
import dev.whittle.cli.Output;
import dev.whittle.cli.Sha256;
import dev.whittle.engine.model.Buffer;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.data.PixelImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a run folder records of a model's use, beside the model: `predictions.json` and `calibration.json`, both JSON by
/// whatever program ran the model.
public final class RunRecords {
    private static final String PREDICTIONS = "predictions.json";
    private static final String CALIBRATION = "calibration.json";

    private RunRecords() {}

    /// `predictions.json`.
    ///
    /// @param format the version of this layout, 1
    /// @param model the file that ran
    public record Predictions(int format, @Nullable String model, List<Prediction> predictions) {
        public Predictions {
            predictions = predictions == null ? List.of() : List.copyOf(predictions);
        }
    }

    /// One run.
    ///
    /// @param image what the input is called
    /// @param sha256 of the image; see [#hashes]
    /// @param codes of the first output as the model gave them; may be missing
    /// @param scores what the program took them for
    public record Prediction(@Nullable String image, @Nullable String sha256, @Nullable List<Integer> codes,
            List<Double> scores) {
    }

    /// `calibration.json`, of files without a record of their own.
    ///
    /// @param method such as `min-max`
    /// @param hashes of the images, 16 digits or more of each; see [#hashes]
    public record Calibration(@Nullable String method, @JsonAlias("sha256") List<String> hashes) {
        public Calibration {
            hashes = hashes == null ? List.of() : List.copyOf(hashes);
        }
    }

    /// The predictions of a run; none where it has no such file.
    public static Predictions predictions(Path folder) throws IOException {
        Path file = folder.resolve(PREDICTIONS);
        return Files.exists(file)
                ? Json.read(file.toString(), Files.readString(file), Predictions.class)
                : new Predictions(1, null, List.of());
    }

    /// Writes `predictions.json` of one model: the scores of each image, and its hash.
    ///
    /// @param scores `[image][class]`, as read with the output's own scale
    public static Path write(Path folder, String model, ImageSource images, float[][] scores) throws IOException {
        List<Prediction> predictions = new ArrayList<>();
        for (int i = 0; i < scores.length; i++) {
            Path file = images.file(i);
            List<Double> values = new ArrayList<>();
            for (float score : scores[i]) {
                values.add((double) score);
            }
            predictions.add(new Prediction(images.name(i),
                    file == null ? pixelHash(images.image(i)) : Sha256.of(file), null, values));
        }
        Output.folder(folder);
        return Output.write(folder.resolve(PREDICTIONS),
                Json.text(new Predictions(1, model, predictions)).getBytes(StandardCharsets.UTF_8));
    }

    /// The images that ranges were measured on; none where the run has no such file.
    public static Set<String> calibrationImages(Path folder) throws IOException {
        Path file = folder.resolve(CALIBRATION);
        return Files.exists(file)
                ? Set.copyOf(Json.read(file.toString(), Files.readString(file), Calibration.class).hashes())
                : Set.of();
    }

    /// What each image may be recorded as: the SHA-256 of its file's bytes, where it has a file of its own, else that of its
    /// pixels as [#pixelHash] takes it. Records may have gone by either, so that both are given.
    public static Set<String> hashes(ImageSource images) throws IOException {
        Set<String> hashes = new HashSet<>();
        for (int i = 0; i < images.size(); i++) {
            Path file = images.file(i);
            if (file != null) {
                hashes.add(Sha256.of(file));
            }
            hashes.add(pixelHash(images.image(i)));
        }
        return hashes;
    }

    /// SHA-256 of the pixels as little-endian floats 0 to 255: red, green and blue of each, row by row.
    public static String pixelHash(PixelImage image) {
        return HexFormat.of().formatHex(Sha256.digest().digest(Buffer.ofFloats(image.toFloats()).toBytes()));
    }

    /// The hashes that predictions name.
    public static Set<String> images(Predictions predictions) {
        Set<String> named = new HashSet<>();
        for (Prediction prediction : predictions.predictions()) {
            if (prediction.sha256() != null) {
                named.add(prediction.sha256());
            }
        }
        return named;
    }
}

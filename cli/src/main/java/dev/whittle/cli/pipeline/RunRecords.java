package dev.whittle.cli.pipeline;

import dev.whittle.cli.Json;
import dev.whittle.cli.Sha256;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.Model;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.data.PixelImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a run folder records of a model's use, beside the model: `predictions.json` and `calibration.json`, both JSON by
/// whatever program ran the model.
public final class RunRecords {
    /// Names the metadata entry that says how a file was calibrated.
    public static final String CALIBRATION_ENTRY = "whittle.calibration";

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

    /// `calibration.json`, and the metadata entry of a file.
    ///
    /// @param method such as `min-max`
    /// @param sha256 of the images; see [#hashes]
    public record Calibration(@Nullable String method, int samples, List<String> sha256) {
        public Calibration {
            sha256 = sha256 == null ? List.of() : List.copyOf(sha256);
        }
    }

    /// The predictions of a run; none where it has no such file.
    public static Predictions predictions(Path folder) throws IOException {
        Path file = folder.resolve(PREDICTIONS);
        return Files.exists(file)
                ? Json.read(file.toString(), Files.readString(file), Predictions.class)
                : new Predictions(1, null, List.of());
    }

    /// The images that ranges were measured on: what the file says, and the run folder where there is one.
    public static Set<String> calibrationImages(Model model, @Nullable Path folder) throws IOException {
        Set<String> images = new HashSet<>();
        Buffer entry = model.metadata(CALIBRATION_ENTRY).orElse(null);
        if (entry != null) {
            images.addAll(calibration(model.source() + ", metadata " + CALIBRATION_ENTRY,
                    new String(entry.toBytes(), StandardCharsets.UTF_8)));
        }
        if (folder != null && Files.exists(folder.resolve(CALIBRATION))) {
            Path file = folder.resolve(CALIBRATION);
            images.addAll(calibration(file.toString(), Files.readString(file)));
        }
        return images;
    }

    private static List<String> calibration(String name, String text) {
        return Json.read(name, text, Calibration.class).sha256();
    }

    /// Two hashes of each image, either of which a record may hold: SHA-256 of its file's bytes, where it has a file of its
    /// own, and of its pixels, red, green and blue of each, row by row.
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

    /// SHA-256 of the pixels.
    public static String pixelHash(PixelImage image) {
        MessageDigest digest = Sha256.digest();
        byte[] row = new byte[image.width() * PixelImage.CHANNELS];
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < image.width(); x++) {
                for (int channel = 0; channel < PixelImage.CHANNELS; channel++) {
                    row[x * PixelImage.CHANNELS + channel] = (byte) image.sample(y, x, channel);
                }
            }
            digest.update(row);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /// The hashes that predictions name.
    public static Set<String> images(Predictions predictions) {
        List<String> named = new ArrayList<>();
        for (Prediction prediction : predictions.predictions()) {
            if (prediction.sha256() != null) {
                named.add(prediction.sha256());
            }
        }
        return Set.copyOf(named);
    }
}

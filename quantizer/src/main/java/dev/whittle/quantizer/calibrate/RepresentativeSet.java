package dev.whittle.quantizer.calibrate;

import dev.whittle.trainer.data.ImageSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;

/// Samples to calibrate with, and what they are known by later.
///
/// @param source where they are from, for people: `200 of 5,638 images of photos`
/// @param size how many samples there are
/// @param hashes SHA-256 (FIPS 180-4), in hexadecimal digits, of each file, or of the elements where there is no file
/// @param samples one array for each input of the model, each time the same
public record RepresentativeSet(String source, int size, List<String> hashes, Iterable<List<float[]>> samples) {
    public RepresentativeSet {
        hashes = List.copyOf(hashes);
    }

    /// Images of a source, evenly spread over it.
    ///
    /// @param name what the source is called
    /// @param count how many at most
    /// @param samples these very images as inputs of a model
    public static RepresentativeSet ofImages(String name, ImageSource source, int count,
            Iterable<List<float[]>> samples) {
        int taken = Math.min(count, source.size());
        List<String> hashes = IntStream.range(0, taken).map(i -> spread(i, taken, source.size()))
                .mapToObj(i -> hash(source, i)).toList();
        return new RepresentativeSet(taken + " of " + source.size() + " images of " + name, taken, hashes,
                samples);
    }

    /// The number of the `i`-th of `taken` images that are spread over `size`.
    static int spread(int i, int taken, int size) {
        return (int) ((long) i * size / taken);
    }

    private static String hash(ImageSource source, int i) {
        Path file = source.file(i);
        return file == null ? hash(source.image(i).toFloats()) : hash(file);
    }

    static String hash(Path file) {
        try {
            return HexFormat.of().formatHex(sha256().digest(Files.readAllBytes(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String hash(float[]... arrays) {
        MessageDigest digest = sha256();
        for (float[] array : arrays) {
            ByteBuffer bytes = ByteBuffer.allocate(array.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asFloatBuffer().put(array);
            digest.update(bytes);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-256", e);
        }
    }
}

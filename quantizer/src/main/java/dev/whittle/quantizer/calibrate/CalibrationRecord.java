package dev.whittle.quantizer.calibrate;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.Metadata;
import dev.whittle.engine.model.Model;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// How a quantized model was calibrated. It travels in the file, as JSON in the metadata entry [#METADATA_NAME], so that
/// anyone can tell later whether an image took part.
///
/// @param sampleCount how many samples the model was run on
/// @param source where they were from, for people
/// @param method of all tensors but those in `methods`, as [dev.whittle.quantizer.observe.CalibrationMethod] writes it
/// @param methods by tensor name, where another one was taken
/// @param corrections what was done to the float model before, in that order
/// @param digest SHA-256 of all hashes, each followed by a line feed, in hexadecimal digits
/// @param hashes the first 16 digits of the SHA-256 of each file (of the elements where there was none), of the first
///        [#MOST_HASHES] of them: a microcontroller's model must not drag a long list along
public record CalibrationRecord(int sampleCount, String source, String method, Map<String, String> methods,
        List<String> corrections, String digest, List<String> hashes) {
    /// The metadata entry.
    public static final String METADATA_NAME = "whittle.calibration";
    /// Digits of a hash that are kept.
    public static final int HASH_DIGITS = 16;
    /// Hashes that are kept.
    public static final int MOST_HASHES = 256;

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    public CalibrationRecord {
        // What is not in a file's JSON comes as null.
        methods = methods == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(methods));
        corrections = corrections == null ? List.of() : List.copyOf(corrections);
        hashes = hashes == null ? List.of() : List.copyOf(hashes);
    }

    /// The record of a calibration with one method.
    public static CalibrationRecord of(RepresentativeSet set, String method, List<String> corrections) {
        MessageDigest digest = RepresentativeSet.sha256();
        for (String hash : set.hashes()) {
            digest.update((hash + "\n").getBytes(StandardCharsets.US_ASCII));
        }
        return new CalibrationRecord(set.size(), set.source(), method, Map.of(), corrections,
                HexFormat.of().formatHex(digest.digest()),
                set.hashes().stream().limit(MOST_HASHES).map(CalibrationRecord::kept).toList());
    }

    /// As this, with tensors that had a method of their own.
    public CalibrationRecord withMethods(Map<String, String> ofTensors) {
        return new CalibrationRecord(sampleCount, source, method, ofTensors, corrections, digest, hashes);
    }

    /// Whether something with this SHA-256, in hexadecimal digits, is among the hashes that were kept.
    public boolean holds(String sha256) {
        return hashes.contains(kept(sha256));
    }

    /// The digits of a hash that are kept.
    public static String kept(String sha256) {
        return sha256.substring(0, Math.min(HASH_DIGITS, sha256.length())).toLowerCase(Locale.ROOT);
    }

    /// The model with this record in its metadata, in place of one that was there.
    public Model attachTo(Model model) {
        List<Metadata> metadata = new ArrayList<>(model.metadata());
        metadata.removeIf(entry -> entry.name().equals(METADATA_NAME));
        metadata.add(new Metadata(METADATA_NAME,
                Buffer.of(MAPPER.writeValueAsString(this).getBytes(StandardCharsets.UTF_8))));
        return new Model(model.source(), model.version(), model.description(), model.subgraphs(), model.signatures(),
                metadata);
    }

    /// The record that a model carries, if it does.
    ///
    /// @throws IllegalArgumentException when what it carries is no such record
    public static Optional<CalibrationRecord> of(Model model) {
        return model.metadata(METADATA_NAME).map(content -> {
            try {
                return MAPPER.readValue(new String(content.toBytes(), StandardCharsets.UTF_8), CalibrationRecord.class);
            } catch (JacksonException e) {
                throw new IllegalArgumentException("[" + model.source() + "] metadata \"" + METADATA_NAME
                        + "\" cannot be read: " + e.getOriginalMessage(), e);
            }
        });
    }
}

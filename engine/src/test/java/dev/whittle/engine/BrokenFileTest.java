package dev.whittle.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Every truncation and every flip of a byte, in a quantized model, one with a loop, and one with variables: each runs, or
/// is refused with one of the two exceptions for models.
class BrokenFileTest {
    private static final Path CORPUS = Path.of(System.getProperty("whittle.root"), "testdata", "conformance");

    private static byte[] bytes(String variant) throws IOException {
        return Files.readAllBytes(CORPUS.resolve(variant).resolve("model.tflite"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"CONV_2D/i8_k1x5_s1x2", "WHILE/conv_f32_data_dependent",
        "ASSIGN_VARIABLE/conv_f32_accumulator"})
    void everyTruncationRunsOrIsRefused(String variant) throws IOException {
        byte[] whole = bytes(variant);
        int refused = 0;
        for (int length = 0; length < whole.length; length++) {
            refused += ModelFuzz.isRefused(Arrays.copyOf(whole, length)) ? 1 : 0;
        }
        assertThat(refused).isGreaterThan(whole.length / 2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"CONV_2D/i8_k1x5_s1x2", "WHILE/conv_f32_data_dependent",
        "ASSIGN_VARIABLE/conv_f32_accumulator"})
    void everyFlipOfABitOrAByteRunsOrIsRefused(String variant) throws IOException {
        byte[] bytes = bytes(variant);
        assertThat(ModelFuzz.isRefused(bytes)).isFalse();
        int refused = 0;
        for (int i = 0; i < bytes.length; i++) {
            byte original = bytes[i];
            for (int flip : new int[]{1, 2, 4, 8, 16, 32, 64, 128, 255}) {
                bytes[i] = (byte) (original ^ flip);
                refused += ModelFuzz.isRefused(bytes) ? 1 : 0;
            }
            bytes[i] = original;
        }
        assertThat(refused).isPositive();
    }
}

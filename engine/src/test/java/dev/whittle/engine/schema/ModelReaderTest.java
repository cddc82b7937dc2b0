package dev.whittle.engine.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelReaderTest {
    private static final Path CORPUS = Path.of(System.getProperty("whittle.root"), "testdata", "conformance");

    private static byte[] bytes(String variant) throws IOException {
        return Files.readAllBytes(CORPUS.resolve(variant).resolve("model.tflite"));
    }

    private static Model read(byte[] bytes) {
        return ModelReader.read("model.tflite", ByteBuffer.wrap(bytes));
    }

    @Test
    void readsOperatorsTensorsAndQuantization() throws IOException {
        Model model = read(bytes("CONV_2D/i8_k1x5_s1x2"));

        assertThat(model.version()).isEqualTo(3);
        assertThat(model.primary().operators()).hasSize(1);
        Options options = model.primary().operators().getFirst().options();
        assertThat(options.code()).isEqualTo(OperatorCode.CONV_2D);
        assertThat(((Options.Conv2d) options).strideWidth()).isEqualTo(2);
        Tensor filter = model.primary().tensor(model.primary().operators().getFirst().inputs().get(1));
        assertThat(filter.type()).isEqualTo(ElementType.INT8);
        assertThat(filter.isConstant()).isTrue();
        QuantizationParameters quantization = Objects.requireNonNull(filter.quantization());
        assertThat(quantization.scale()).hasSize(filter.shape().dimension(0));
    }

    @Test
    void readsEveryModelOfTheCorpus() throws IOException {
        int count = 0;
        try (var files = Files.walk(CORPUS)) {
            for (Path path : files.filter(file -> file.endsWith("model.tflite")).toList()) {
                assertThat(ModelReader.read(path).primary().operators()).isNotEmpty();
                count++;
            }
        }
        assertThat(count).isGreaterThan(200);
    }

    @Test
    void shapeSignatureKeepsUnknownDimensions() throws IOException {
        Model model = read(bytes("ADD/float32_dynamic_batch"));
        Tensor input = model.primary().tensor(model.primary().inputs().getFirst());

        assertThat(input.shapeSignature().dimension(0)).isEqualTo(-1);
        assertThat(input.shape().isKnown()).isTrue();
    }

    @Test
    void textFileIsRefusedByItsIdentifier(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("notes.txt"), "Hello, these are notes.");

        assertThatThrownBy(() -> ModelReader.read(file)).isInstanceOf(MalformedModelException.class).hasMessage(
                "[notes.txt] byte 4: file identifier is \"o, t\", expected \"TFL3\": not a .tflite file");
    }

    @Test
    void emptyFileIsRefusedByItsLength(@TempDir Path folder) throws IOException {
        Path file = Files.createFile(folder.resolve("empty.tflite"));

        assertThatThrownBy(() -> ModelReader.read(file)).isInstanceOf(MalformedModelException.class)
                .hasMessage("[empty.tflite] is 0 bytes long, expected at least 8: not a .tflite file");
    }

    @Test
    void rootOutsideTheFileIsNamedByItsByte() {
        byte[] bytes = "\u0000\u0000\u0000\u0000TFL3".getBytes(StandardCharsets.ISO_8859_1);
        bytes[0] = 100;

        assertThatThrownBy(() -> read(bytes)).isInstanceOf(MalformedModelException.class).hasMessage(
                "[model.tflite] byte 0: offset leads to byte 100, expected one inside the file (8 bytes)");
    }

    @Test
    void shapesPrintAsLists() {
        assertThat(Shape.of(1, 75, 75, 3)).hasToString("[1, 75, 75, 3]");
    }
}

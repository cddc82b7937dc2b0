package dev.whittle.engine.npy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NpyTest {
    @TempDir private Path folder;

    @Test
    void writtenArraysAreReadBack() throws IOException {
        for (Shape shape : List.of(Shape.of(), Shape.of(5), Shape.of(2, 3), Shape.of(2, 0, 3))) {
            for (ElementType type : List.of(ElementType.FLOAT32, ElementType.INT8, ElementType.UINT8, ElementType.INT16,
                    ElementType.INT32, ElementType.INT64, ElementType.BOOL, ElementType.FLOAT64, ElementType.FLOAT16,
                    ElementType.UINT16, ElementType.UINT32, ElementType.UINT64, ElementType.COMPLEX64,
                    ElementType.COMPLEX128)) {
                ByteBuffer data = ByteBuffer.allocate((int) type.byteLength(shape.elementCount()));
                for (int i = 0; i < data.limit(); i++) {
                    data.put(i, (byte) (i * 37 + 1));
                }
                NpyArray array = new NpyArray(type, shape, data);
                Path file = folder.resolve("a.npy");
                Npy.write(file, array);

                assertThat(Npy.read(file)).isEqualTo(array);
            }
        }
    }

    @Test
    void stringsArePaddedToTheLongest() throws IOException {
        Path file = folder.resolve("a.npy");
        NpyArray array = NpyArray.ofStrings(Shape.of(3), utf8("ab"), utf8(""), utf8("Größe"));
        Npy.write(file, array);

        byte[] bytes = Files.readAllBytes(file);
        assertThat(new String(bytes, StandardCharsets.ISO_8859_1)).contains("'descr': '|S7', ");
        assertThat(Arrays.copyOfRange(bytes, bytes.length - 3 * 7, bytes.length - 7))
                .isEqualTo(utf8("ab" + "\0".repeat(5 + 7)));
        assertThat(Npy.read(file)).isEqualTo(array);
    }

    @Test
    void emptyStringsTakeOneByteEach() throws IOException {
        Path file = folder.resolve("a.npy");
        NpyArray array = NpyArray.ofStrings(Shape.of(), utf8(""));
        Npy.write(file, array);

        assertThat(Files.readString(file, StandardCharsets.ISO_8859_1)).contains("'descr': '|S1', ");
        assertThat(Npy.read(file)).isEqualTo(array);
    }

    @Test
    void stringsOfAnotherNumberThanTheShapesAreRefused() {
        assertThatThrownBy(() -> NpyArray.ofStrings(Shape.of(2), utf8("one")))
                .isInstanceOf(IllegalArgumentException.class).hasMessage("STRING [2] takes 2 strings, got 1");
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void elementsStartAtAMultipleOf64() throws IOException {
        Path file = folder.resolve("a.npy");
        Npy.write(file, NpyArray.ofFloats(Shape.of(3), 1, 2, 3));

        assertThat((Files.size(file) - 3 * Float.BYTES) % 64).isZero();
    }

    @Test
    void otherFilesAreRefusedByName() throws IOException {
        Path file = Files.writeString(folder.resolve("a.npy"), "not an array");

        assertThatThrownBy(() -> Npy.read(file)).isInstanceOf(IOException.class).hasMessage("[a.npy] not a .npy file");
    }

    @Test
    void missingElementsAreCounted() throws IOException {
        Path file = folder.resolve("a.npy");
        Npy.write(file, NpyArray.ofFloats(Shape.of(2, 3), 1, 2, 3, 4, 5, 6));
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 4));

        assertThatThrownBy(() -> Npy.read(file)).isInstanceOf(IOException.class)
                .hasMessage("[a.npy] holds 20 bytes of elements, expected 24 for FLOAT32 [2, 3]");
    }

    @Test
    void hugeShapesAreRefusedBeforeAnythingIsAllocated() throws IOException {
        Path file = folder.resolve("a.npy");
        String header = "{'descr': '<f4', 'fortran_order': False, 'shape': (99999, 99999), }\n";
        Files.write(file, ("\u0093NUMPY\u0001\u0000" + (char) header.length() + "\u0000" + header)
                .getBytes(StandardCharsets.ISO_8859_1));

        assertThatThrownBy(() -> Npy.read(file)).isInstanceOf(IOException.class)
                .hasMessage("[a.npy] shape (99999, 99999) has more than 2^31-1 elements");
    }

    @Test
    void everyTruncationIsAnIOException() throws IOException {
        Path file = folder.resolve("a.npy");
        Npy.write(file, NpyArray.ofFloats(Shape.of(2), 1, 2));
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> Npy.read(file)).isInstanceOf(IOException.class);
        }
    }
}

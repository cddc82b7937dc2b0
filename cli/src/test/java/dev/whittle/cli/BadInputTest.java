package dev.whittle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.npy.Npy;
import dev.whittle.engine.npy.NpyArray;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Every failure is one line that says what was found and what to do.
class BadInputTest {
    @TempDir private Path folder;
    private Path model;

    @BeforeEach
    void writeModel() throws IOException {
        model = TinyModel.write(folder.resolve("tiny.tflite"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"inspect", "bench"})
    void truncatedModelSaysWhichOffsetLeadsOut(String command) throws IOException {
        Path truncated = folder.resolve("truncated.tflite");
        Files.write(truncated, Arrays.copyOf(Files.readAllBytes(model), 1000));

        Run run = Run.of(command, truncated);

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).matches(
                "whittle: \\[truncated\\.tflite] byte \\d+: offset leads to byte \\d+, expected one inside the file \\(1000 bytes\\)\\R");
    }

    @Test
    void textFileAsModelIsNoTfliteFile() throws IOException {
        Path text = folder.resolve("readme.tflite");
        Files.writeString(text, "This is a text, not a model.\n");

        assertThat(Run.of("inspect", text)).isEqualTo(Run.failed(
                "whittle: [readme.tflite] byte 4: file identifier is \" is \", expected \"TFL3\": not a .tflite file"));
    }

    @Test
    void missingModelIsNamed() {
        Path missing = folder.resolve("missing.tflite");

        assertThat(Run.of("bench", missing)).isEqualTo(Run.failed("whittle: " + missing + ": no such file or folder"));
    }

    @Test
    void folderWithOneClassIsRefused() throws IOException {
        Path photos = folder.resolve("photos");
        TinyModel.writePhotographs(photos, 4, 4);
        Path only = photos.resolve("train");
        try (var files = Files.list(only.resolve("ok_front"))) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(only.resolve("ok_front"));

        assertThat(Run.of("train", "--data", only, "--out", folder.resolve("out"))).isEqualTo(Run.failed(
                "whittle: [" + only + "] only one class, \"def_front\", expected at least two"));
    }

    @Test
    void emptyFolderIsRefused() throws IOException {
        Path empty = Files.createDirectory(folder.resolve("empty"));

        assertThat(Run.of("data", empty)).isEqualTo(Run.failed(
                "whittle: [" + empty + "] the folder is empty, expected one sub-folder per class"));
    }

    @Test
    void arrayOfTheWrongShapeIsRefused() throws IOException {
        Path array = folder.resolve("small.npy");
        Npy.write(array, NpyArray.ofFloats(Shape.of(1, 2, 2, 3), new float[12]));

        assertThat(Run.of("run", model, "--input", array, "--output-dir", folder.resolve("out"))).isEqualTo(Run.failed(
                "whittle: [small.npy] has the shape [1, 2, 2, 3], input \"image\" of tiny.tflite takes [-1, 32, 32, 3];"
                        + " --resize tries other shapes"));
    }

    @Test
    void arrayOfTheWrongTypeIsRefused() throws IOException {
        Path array = folder.resolve("bytes.npy");
        Npy.write(array, new NpyArray(ElementType.INT8, Shape.of(1, 32, 32, 3), ByteBuffer.allocate(32 * 32 * 3)));

        assertThat(Run.of("run", model, "--input", array, "--output-dir", folder.resolve("out"))).isEqualTo(Run.failed(
                "whittle: [bytes.npy] holds INT8, input \"image\" of tiny.tflite takes FLOAT32"));
    }

    @Test
    void tooManyInputsAreRefused() throws IOException {
        Path array = folder.resolve("image.npy");
        Npy.write(array, NpyArray.ofFloats(Shape.of(1, 32, 32, 3), new float[32 * 32 * 3]));

        assertThat(Run.of("run", model, "--input", array, array, "--output-dir", folder.resolve("out"))).isEqualTo(
                Run.failed("whittle: [tiny.tflite] takes 1 inputs [image], 2 given"));
    }

    @Test
    void unknownSignatureIsRefusedNamingThoseThatAreThere() {
        assertThat(
                Run.of("run", model, "--input", "x.npy", "--output-dir", folder.resolve("out"), "--signature", "main"))
                .isEqualTo(Run.failed("whittle: [tiny.tflite] has no signature \"main\", it has [serving_default]"));
    }

    @Test
    void brokenImageIsNamedWithItsReason() throws IOException {
        Path image = folder.resolve("photo.png");
        Files.writeString(image, "not a picture");

        assertThat(Run.of("run", model, "--input", image, "--output-dir", folder.resolve("out"))).isEqualTo(
                Run.failed("whittle: [photo.png] not a JPEG, PNG or BMP image"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"demo", "train --generate"})
    void outputFolderThatIsAFileIsRefusedBeforeAnythingRuns(String command) throws IOException {
        Path file = Files.writeString(folder.resolve("taken"), "");

        assertThat(Run.of((command + " --out " + file).split(" "))).isEqualTo(Run.failed(
                "whittle: " + file + " is a file, expected a folder to write into"));
    }

    @Test
    void otherClassesThanTheModelsAreRefused() throws IOException {
        Path photos = TinyModel.writePhotographs(folder.resolve("photos"), 4, 4);
        for (String set : new String[]{"train", "test"}) {
            Files.move(photos.resolve(set).resolve("ok_front"), photos.resolve(set).resolve("good"));
        }

        assertThat(Run.of("evaluate", model, "--data", photos)).isEqualTo(Run.failed(
                "whittle: [tiny.tflite] has the classes [def_front, ok_front], the images [def_front, good], must be the same"));
    }

    @Test
    void damagedNetworkFileIsRefused() throws IOException {
        Path network = Files.writeString(folder.resolve("best.whittle"), "something else");

        Run run = Run.of("convert", network, "--out", folder.resolve("float.tflite"));

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err())
                .matches("whittle: \\[best\\.whittle] is not a Whittle network, which would start with .*\\R");
    }

    @Test
    void resultsOfAnotherFormatAreRefused() throws IOException {
        Files.writeString(folder.resolve("results.json"), "{\"format\": 99}");

        Run run = Run.of("report", folder);

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).startsWith("whittle: [" + folder.resolve("results.json") + "] ").hasLineCount(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"inspect", "inspect --verify", "run"})
    void noFlippedByteEscapesAsATrace(String command) throws IOException {
        Path array = folder.resolve("x.npy");
        Npy.write(array, NpyArray.ofFloats(Shape.of(2), 1, 2));
        byte[] whole = Files.readAllBytes(SmallModels.endlessLoop(folder.resolve("loop.tflite")));
        Path file = folder.resolve("flipped.tflite");
        List<Object> arguments = new ArrayList<>(List.of(command.split(" ")));
        arguments.add(file);
        arguments.addAll(List.of("--max-loops", "50"));
        if (command.equals("run")) {
            arguments.addAll(List.of("--input", array, "--output-dir", folder.resolve("out")));
        }
        for (int at = 0; at < whole.length; at += 3) {
            byte[] flipped = whole.clone();
            flipped[at] ^= (byte) 0xff;
            Files.write(file, flipped);

            Run run = Run.of(arguments.toArray());

            if (run.code() != 0) {
                assertThat(run.code()).as("byte %d", at).isEqualTo(1);
                assertThat(run.err()).as("byte %d", at).startsWith("whittle: ").hasLineCount(1)
                        .doesNotContain("internal error");
            }
        }
    }

    @Test
    void overflowOfTheStackIsOneLine() {
        assertThat(FailureMessage.of(new StackOverflowError())).matches(
                "nested too deeply \\(StackOverflowError at BadInputTest\\.java:\\d+\\): give java a larger stack with -Xss");
    }

    @Test
    void namesCannotWriteToTheTerminal() {
        assertThat(FailureMessage.oneLine("a\u001b[2Jb\r\nc\0")).isEqualTo("a.[2Jb c.");
    }

    @Test
    void missingOptionIsWrongUsage() {
        assertThat(Run.of("train", "--out", folder)).isEqualTo(
                Run.misused(
                        "whittle train: Missing required option: --data=PATH or --generate (see whittle train --help)"));
    }

    @Test
    void unknownCommandIsWrongUsage() {
        Run run = Run.of("trian");

        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).startsWith("whittle: Unmatched argument at index 0: 'trian'").hasLineCount(1);
    }

    @Test
    void unexpectedExceptionIsOneLineWithItsPlace() {
        assertThat(FailureMessage.of(new NullPointerException("first line\nsecond line"))).matches(
                "internal error: first line second line \\(NullPointerException at BadInputTest\\.java:\\d+\\); please report it with the command");
    }
}

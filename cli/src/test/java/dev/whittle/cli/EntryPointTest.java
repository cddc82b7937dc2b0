package dev.whittle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.npy.Npy;
import dev.whittle.engine.npy.NpyArray;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What `run` gives to models and takes from them.
class EntryPointTest {
    @TempDir private Path folder;

    private Run run(Path model, Object... arguments) {
        Object[] all = new Object[arguments.length + 4];
        all[0] = "run";
        all[1] = model;
        all[2] = "--output-dir";
        all[3] = folder.resolve("out");
        System.arraycopy(arguments, 0, all, 4, arguments.length);
        return Run.of(all);
    }

    private Path array(String name, NpyArray array) throws IOException {
        Path file = folder.resolve(name);
        Npy.write(file, array);
        return file;
    }

    @Test
    void signatureOfAnotherSubgraphTakesItsInputsByNameAndAllNewShapesAtOnce() throws IOException {
        Path model = SmallModels.twoSignatures(folder.resolve("m.tflite"));
        Path a = array("a.npy", NpyArray.ofFloats(Shape.of(3, 1), 1, 2, 3));
        Path b = array("b.npy", NpyArray.ofFloats(Shape.of(3, 2), 10, 20, 30, 40, 50, 60));

        Run run = run(model, "--signature", "sum", "--resize", "--input", a, b);

        assertThat(run.err()).isEmpty();
        assertThat(Npy.read(folder.resolve("out/sum.npy")))
                .isEqualTo(NpyArray.ofFloats(Shape.of(3, 2), 11, 21, 32, 42, 53, 63));
    }

    @Test
    void otherShapesThanTheModelsNeedTheirOption() throws IOException {
        Path model = SmallModels.twoSignatures(folder.resolve("m.tflite"));
        Path x = array("x.npy", NpyArray.ofFloats(Shape.of(3), 1, 2, 3));

        assertThat(run(model, "--input", x)).isEqualTo(Run.failed(
                "whittle: [x.npy] has the shape [3], input \"x\" of m.tflite takes [2]; --resize tries other shapes"));
        assertThat(run(model, "--input", x, "--resize").code()).isZero();
        assertThat(Npy.read(folder.resolve("out/out_0.npy"))).isEqualTo(NpyArray.ofFloats(Shape.of(3), 2, 4, 6));
    }

    @Test
    void stringsPassThrough() throws IOException {
        NpyArray strings = NpyArray.ofStrings(Shape.of(2), "whittle".getBytes(StandardCharsets.UTF_8),
                "é".getBytes(StandardCharsets.UTF_8));

        run(SmallModels.echo(folder.resolve("m.tflite"), ElementType.STRING, 2), "--input", array("s.npy", strings));

        assertThat(Npy.read(folder.resolve("out/out_0.npy"))).isEqualTo(strings);
    }

    @Test
    void packedIntegersTakeAByteEach() throws IOException {
        NpyArray codes = new NpyArray(ElementType.INT8, Shape.of(3), ByteBuffer.wrap(new byte[]{-8, 7, -1}));

        run(SmallModels.echo(folder.resolve("m.tflite"), ElementType.INT4, 3), "--input", array("c.npy", codes));

        assertThat(Npy.read(folder.resolve("out/out_0.npy"))).isEqualTo(codes);
    }

    @Test
    void integerThatDoesNotFitIsRefused() throws IOException {
        NpyArray codes = new NpyArray(ElementType.INT8, Shape.of(2), ByteBuffer.wrap(new byte[]{1, 8}));

        assertThat(run(SmallModels.echo(folder.resolve("m.tflite"), ElementType.INT4, 2), "--input",
                array("c.npy", codes))).isEqualTo(
                        Run.failed("whittle: element 1 for \"echo\" is 8, which INT4 does not hold"));
    }

    @Test
    void brainFloatsAreRoundedToNearestEven() throws IOException {
        float half = Math.scalb(1, -8);
        NpyArray values = NpyArray.ofFloats(Shape.of(4), 1 + half, 1 + 3 * half, Float.NaN, Float.MAX_VALUE);

        run(SmallModels.echo(folder.resolve("m.tflite"), ElementType.BFLOAT16, 4), "--input", array("b.npy", values));

        assertThat(Npy.read(folder.resolve("out/out_0.npy"))).isEqualTo(NpyArray.ofFloats(Shape.of(4), 1,
                1 + 4 * half, Float.NaN, Float.POSITIVE_INFINITY));
    }

    @Test
    void handleIsNoArray() throws IOException {
        Path model = SmallModels.handle(folder.resolve("m.tflite"));

        assertThat(run(model))
                .isEqualTo(Run.failed("whittle: [m.tflite] output \"handle\" is a RESOURCE, a handle inside"
                        + " the interpreter; no .npy file can hold it"));
    }

    @Test
    void endlessLoopEndsWithItsTime() throws IOException {
        Path model = SmallModels.endlessLoop(folder.resolve("m.tflite"));
        Path x = array("x.npy", NpyArray.ofFloats(Shape.of(2), 1, 2));

        assertThat(run(model, "--input", x, "--max-time", "50ms")).isEqualTo(
                Run.failed("whittle: [m.tflite] WHILE #0 \"y\": still running after 50 ms, the limit"));
    }
}

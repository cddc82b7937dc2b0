package dev.whittle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.converter.lower.Lowering;
import dev.whittle.converter.write.ModelWriter;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.layer.Rescaling;
import dev.whittle.trainer.layer.Softmax;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.NetworkSpec;
import dev.whittle.trainer.network.NetworkZoo;
import dev.whittle.trainer.transfer.ModelImport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TransferTest {
    @TempDir private static Path folder;
    private static Path photos;
    private static Path model;

    @BeforeAll
    static void writeModel() throws IOException {
        photos = TinyModel.writePhotographs(folder.resolve("photos"), 24, 8);
        model = write(NetworkZoo.resNet8(List.of("a", "b", "c")), "resnet.tflite");
    }

    private static Path write(NetworkSpec spec, String name) throws IOException {
        Path file = folder.resolve(name);
        ModelWriter.write(Lowering.lower(Network.create(spec, 1), name, "").model(), file);
        return file;
    }

    private static Network train(String out, Object... more) throws IOException {
        Object[] arguments = {"train", "--data", photos, "--epochs", "1", "--quiet", "--out", folder.resolve(out)};
        Object[] all = new Object[arguments.length + more.length];
        System.arraycopy(arguments, 0, all, 0, arguments.length);
        System.arraycopy(more, 0, all, arguments.length, more.length);
        Run run = Run.of(all);
        assertThat(run.code()).as(run.err()).isZero();
        return Network.read(folder.resolve(out).resolve("best.whittle"));
    }

    @Test
    void trainingGoesOnFromAModelWithAHeadForTheImagesClasses() throws IOException {
        Network network = train("frozen", "--from", model, "--freeze", "conv_*,block_1/*");

        Network imported = ModelImport.of(ModelReader.read(model));
        assertThat(network.labels()).containsExactly("def_front", "ok_front");
        assertThat(network.outputShape(network.layers().size() - 1)).isEqualTo(Shape.of(2));
        Conv2D first = (Conv2D) network.layers().getFirst();
        assertThat(network.filterOhwi(first)).isEqualTo(imported.filterOhwi(first));
        assertThat(network.values("block_2/conv_2", "bias")).isNotEqualTo(imported.values("block_2/conv_2", "bias"));
        // The exported model says what its classes are, and serves as a start again.
        Path again = folder.resolve("again.tflite");
        assertThat(Run.of("convert", folder.resolve("frozen/best.whittle"), "--out", again).code()).isZero();
        assertThat(train("again", "--from", again, "--freeze", "*conv*,*shortcut").layers())
                .isEqualTo(ModelImport.of(ModelReader.read(again)).layers());
    }

    @Test
    void pixelsAreScaledToWhatTheModelTakes() throws IOException {
        assertThat(train("scaled", "--from", model, "--from-range", "-1,1").layers().getFirst())
                .isEqualTo(new Rescaling("pixel_range", 2 / 255f, -1));
    }

    @Test
    void aModelOfSomethingElseIsRefused() throws IOException {
        Path other = write(NetworkZoo.autoencoder(), "autoencoder.tflite");
        assertThat(Run.of("train", "--data", photos, "--from", other, "--out", folder.resolve("none"))).isEqualTo(
                Run.failed("whittle: [autoencoder.tflite] takes [640], expected images of [height, width, 3]"));
    }

    @Test
    void aPatternThatFreezesNothingIsRefused() throws IOException {
        Path small = write(NetworkSpec.chain(Shape.of(32, 32, 3), List.of(new Flatten("flatten"),
                new Dense("dense_1", 4), new ReLU("relu"), new Dense("dense_2", 2), new Softmax("softmax")),
                List.of()), "small.tflite");
        assertThat(Run.of("train", "--data", photos, "--from", small, "--freeze", "dense_1,conv*,relu", "--out",
                folder.resolve("none"))).isEqualTo(
                        Run.failed("whittle: frozen conv* names no layer, those with weights are dense_1, dense_2"));
    }
}

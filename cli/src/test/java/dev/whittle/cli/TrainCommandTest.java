package dev.whittle.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.NetworkSpec;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xml.sax.InputSource;

class TrainCommandTest {
    @TempDir private static Path folder;
    private static Path photos;

    @BeforeAll
    static void writePhotographs() throws IOException {
        photos = TinyModel.writePhotographs(folder.resolve("photos"), 40, 12);
    }

    private static Run train(Path out, Object... options) {
        List<Object> arguments = new ArrayList<>(List.of("train", "--data", photos, "--out", out, "--epochs", 2));
        arguments.addAll(Arrays.asList(options));
        return Run.of(arguments.toArray());
    }

    @Test
    void theRunFolderHoldsEverythingAboutTheRun() throws Exception {
        Path out = folder.resolve("run");
        Run run = train(out, "--size", 32, "--class-weights", "balanced", "--optimizer", "sgd,momentum=0.8",
                "--weight-decay", 0.01, "--schedule", "step,epochs=1,factor=0.5", "--label-smoothing", 0.1,
                "--clip-norm", 2, "--tensorboard", folder.resolve("events"), "--json");

        assertThat(run.code()).as(run.err()).isZero();
        try (Stream<Path> files = Files.list(out)) {
            assertThat(files.map(file -> file.getFileName().toString())).containsExactlyInAnyOrder("run.json",
                    "environment.json", "log.csv", "curves.svg", "best.whittle", "last.whittle", "hashes.json",
                    "checkpoint.whittle");
        }
        var config = Json.tree("run", Files.readString(out.resolve("run.json")));
        assertThat(config.at("/data/path").asString()).isEqualTo(photos.toString());
        assertThat(config.at("/training/optimizer").toString())
                .isEqualTo("{\"type\":\"SGD\",\"momentum\":0.8,\"nesterov\":false,\"weightDecay\":0.01}");
        assertThat(config.at("/training/learningRate").toString())
                .isEqualTo("{\"type\":\"Steps\",\"initial\":0.001,\"factor\":0.5,\"epochs\":1}");
        assertThat(config.at("/training/loss").toString())
                .isEqualTo("{\"type\":\"SparseCategoricalCrossEntropy\",\"labelSmoothing\":0.1}");
        assertThat(config.at("/training/classWeights").size()).isEqualTo(2);
        var hashes = Json.tree("hashes", Files.readString(out.resolve("hashes.json")));
        assertThat(hashes.at("/files/best.whittle").asString()).isEqualTo(Sha256.of(out.resolve("best.whittle")));
        assertThat(hashes.at("/files/last.whittle").asString()).isEqualTo(Sha256.of(out.resolve("last.whittle")));
        assertThat(Json.tree("out", run.out()).at("/epochs/1/learningRate").asDouble()).isEqualTo(0.0005);
        assertThat(Json.tree("out", run.out()).at("/epochs/1/cpuSeconds").isNumber()).isTrue();
        assertThat(Files.readAllLines(out.resolve("log.csv"))).hasSize(3);
        var svg = DocumentBuilderFactory.newDefaultNSInstance();
        svg.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
        String curves = Files.readString(out.resolve("curves.svg"));
        assertThat(svg.newDocumentBuilder().parse(new InputSource(new StringReader(curves))).getDocumentElement()
                .getLocalName()).isEqualTo("svg");
        assertThat(curves).contains("height=\"720px\"", "stroke:rgb(31,111,139)");
        assertThat(folder.resolve("events/train")).isNotEmptyDirectory();
    }

    @Test
    void aNetworkDescribedInJsonIsTrained() throws IOException {
        Path file = folder.resolve("net.json");
        Files.writeString(file, """
                {"input": [16, 16, 3], "layers": [
                  {"type": "Conv2D", "name": "conv", "filters": 4, "kernel": 3, "strides": 2},
                  {"type": "ReLU", "name": "relu"},
                  {"type": "GlobalAveragePool", "name": "pool"},
                  {"type": "Dense", "name": "dense", "units": 2},
                  {"type": "Softmax", "name": "softmax"}]}
                """);
        Path out = folder.resolve("described");
        Run run = train(out, "--network", file, "--batch-size", 8);

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(Network.read(out.resolve("best.whittle")).labels()).containsExactly("def_front", "ok_front");
        assertThat(train(out, "--network", file, "--size", 32)).isEqualTo(Run.misused(
                "whittle train: --network says itself what --size would (see whittle train --help)"));
    }

    @Test
    void theAugmentationIsTheOneAskedFor() throws IOException {
        Path out = folder.resolve("augmented");
        Run run = train(out, "--size", 24, "--augment",
                "mirror,rotation=0.1,zoom,shift=0.2,contrast,brightness,noise,cutout=0.25");

        assertThat(run.code()).as(run.err()).isZero();
        NetworkSpec spec = Network.read(out.resolve("last.whittle")).spec();
        assertThat(spec.layers().subList(2, 10)).extracting(Layer::name).containsExactly("random_flip",
                "random_rotation", "random_zoom", "random_translation", "random_contrast", "random_brightness",
                "gaussian_noise", "cutout");
        assertThat(spec.layers().get(5).toString()).contains("heightFactor=0.2, widthFactor=0.2");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --optimizer adm           | --optimizer is "adm", expected adam, adamw, rmsprop or sgd
            --optimizer adam,beta=2   | --optimizer has "beta", which adam does not take
            --optimizer sgd,momentum=x | --optimizer has "momentum=x", expected a number behind the equals sign
            --schedule step,epochs=1.5 | --schedule has epochs=1.5, expected a whole number
            --schedule cosine=3       | --schedule has cosine=3.0, expected no number there
            --augment flip,flip       | --augment has "flip" twice
            --augment turn            | --augment has "turn", expected flip, mirror, rotation, zoom, shift, contrast, brightness, noise and cutout
            --class-weights even      | --class-weights is even, expected balanced or one number for each class
            --validation 1            | --validation is 1.0, must lie between 0 and 1
            --config run.json         | --config says itself what --data would
            """)
    void wrongOptionsAreNamed(String options, String message) {
        assertThat(train(folder.resolve("wrong"), (Object[]) options.split(" "))).isEqualTo(
                Run.misused("whittle train: " + message + " (see whittle train --help)"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\"mixup\" : 0, \"mixUp\" :"})
    void aConfigWithAFieldTooFewOrTooManyIsRefused(String changed) throws IOException {
        Path out = folder.resolve("strict");
        assertThat(train(out, "--size", 24).code()).isZero();
        Path config = out.resolve("run.json");
        Files.writeString(config, Files.readString(config).replace("\"mixup\" :",
                changed.isEmpty() ? "\"seed\" :" : changed));

        Run run = Run.of("train", "--config", config);

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).startsWith("whittle: [run.json] cannot be read: ")
                .contains(changed.isEmpty() ? "'mixup'" : "mixUp").hasLineCount(1);
    }

    @Test
    void otherImagesThanTheRunHadAreRefused() throws IOException {
        Path own = TinyModel.writePhotographs(folder.resolve("own"), 20, 6);
        Path out = folder.resolve("on-own");
        assertThat(Run.of("train", "--data", own, "--size", 24, "--epochs", 1, "--out", out).code()).isZero();
        TinyModel.writePhotographs(own, 22, 6);

        Run run = Run.of("train", "--config", out.resolve("run.json"));

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).startsWith("whittle: [" + own + "] lists other images than the run had: SHA-256 ");
    }

    @Test
    void groupDividesAllImagesAnew() {
        String published = Run.of("data", photos, "--json").out();
        String grouped = Run.of("data", photos, "--split", "group", "--validation", "0.3", "--json").out();

        assertThat(Json.tree("published", published).at("/splitRule").asString())
                .contains("The test set is the data's own");
        assertThat(Json.tree("grouped", grouped).at("/splitRule").asString())
                .startsWith("The test set holds 15 % of the images and validation 30 % of the others");
    }

    @Test
    void twoModelsAreComparedWithMcNemarsTest() throws IOException {
        Path out = folder.resolve("compared");
        assertThat(train(out, "--size", 32).code()).isZero();
        Path trained = folder.resolve("trained.tflite");
        assertThat(Run.of("convert", out.resolve("best.whittle"), "--out", trained).code()).isZero();
        Path untrained = TinyModel.write(folder.resolve("untrained.tflite"));

        Run run = Run.of("evaluate", trained, untrained, "--data", photos, "--set", "all", "--json");
        Run text = Run.of("evaluate", trained, untrained, "--data", photos, "--set", "all");

        assertThat(run.code()).as(run.err()).isZero();
        var document = Json.tree("document", run.out());
        var first = document.at("/results/0");
        int wrongFirst = first.at("/result/evaluation/wrong").asInt();
        int wrongSecond = document.at("/results/1/result/evaluation/wrong").asInt();
        assertThat(document.at("/comparison/onlyFirst").asInt() - document.at("/comparison/onlySecond").asInt())
                .isEqualTo(wrongSecond - wrongFirst);
        assertThat(first.at("/intervals/accuracy/low").asDouble())
                .isLessThanOrEqualTo(first.at("/result/evaluation/accuracy").asDouble());
        // The scores of two classes add up to 1, so that both rank the images alike, but for rounded ties.
        assertThat(first.at("/areas/classes/0").asDouble()).isCloseTo(first.at("/areas/classes/1").asDouble(),
                within(0.01));
        assertThat(text.out()).contains("95 % of F1", "AUC", "McNemar's test").contains("only " + trained + " right: ");
    }
}

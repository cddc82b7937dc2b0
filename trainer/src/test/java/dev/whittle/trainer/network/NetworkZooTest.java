package dev.whittle.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.callback.History;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class NetworkZooTest {

    private static List<String> labels(int count) {
        return IntStream.range(0, count).mapToObj(i -> "class " + i).toList();
    }

    /// The counts that the benchmark's own scripts print, moving averages included.
    @Test
    void parametersAreAsManyAsTheBenchmarks() {
        assertThat(count(NetworkZoo.resNet8(labels(10)))).isEqualTo(78_666);
        assertThat(count(NetworkZoo.dsCnn(labels(12)))).isEqualTo(24_908);
        assertThat(count(NetworkZoo.mobileNet(labels(2)))).isEqualTo(221_794);
        assertThat(count(NetworkZoo.autoencoder())).isEqualTo(269_992);
        assertThat(count(NetworkZoo.houseNumbers(labels(10)))).isEqualTo(3_222_250);
    }

    private static int count(NetworkSpec spec) {
        Network network = Network.create(spec, 1);
        return network.parameterCount() + network.state().length;
    }

    @Test
    void shapesAreTheBenchmarks() {
        assertThat(NetworkZoo.resNet8(labels(10)).shapes()).contains(Shape.of(32, 32, 16), Shape.of(16, 16, 32),
                Shape.of(8, 8, 64), Shape.of(64), Shape.of(10));
        assertThat(NetworkZoo.dsCnn(labels(12)).shapes()).contains(Shape.of(25, 5, 64), Shape.of(1, 1, 64));
        assertThat(NetworkZoo.mobileNet(labels(2)).shapes()).contains(Shape.of(48, 48, 8), Shape.of(3, 3, 256));
        assertThat(NetworkZoo.autoencoder().shapes()).contains(Shape.of(8));
    }

    static Stream<NetworkSpec> specs() {
        return Stream.of(NetworkZoo.resNet8(labels(3)), NetworkZoo.dsCnn(labels(3)), NetworkZoo.mobileNet(labels(3)),
                NetworkZoo.autoencoder());
    }

    /// Examples brighter or darker by class; normalization makes that hard for a few steps, but not the loss large.
    @ParameterizedTest
    @MethodSource("specs")
    void networksTrainOnGeneratedExamples(NetworkSpec spec) throws IOException {
        SplittableRandom random = new SplittableRandom(1);
        List<float[]> inputs = new ArrayList<>();
        int[] classes = new int[12];
        for (int i = 0; i < classes.length; i++) {
            classes[i] = i % 3;
            float[] input = new float[spec.inputShape().elementCount()];
            for (int at = 0; at < input.length; at++) {
                input[at] = (float) random.nextDouble() + (at % 3 == classes[i] ? 1 : 0);
            }
            inputs.add(input);
        }
        Examples examples = spec.labels().isEmpty() ? Examples.ofInputs(inputs) : Examples.ofClasses(inputs, classes);
        Network network = Network.create(spec, 1);
        History history = Trainer.fit(network, examples, Examples.none(),
                TrainingSettings.ofEpochs(2).withBatchSize(6));
        assertThat(history.epochs().getLast().loss()).isLessThan(history.epochs().getFirst().loss());
        assertThat(network.predict(inputs.getFirst())[0]).doesNotContain(Float.NaN);
    }
}

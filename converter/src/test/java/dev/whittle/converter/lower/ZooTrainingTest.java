package dev.whittle.converter.lower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.converter.reference.ReferenceInterpreter;
import dev.whittle.converter.write.ModelWriter;
import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.Model;
import dev.whittle.trainer.callback.History;
import dev.whittle.trainer.network.Examples;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.NetworkSpec;
import dev.whittle.trainer.network.NetworkZoo;
import dev.whittle.trainer.network.Trainer;
import dev.whittle.trainer.network.TrainingSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The benchmark networks trained for an epoch, written to a file and run by others. `benchmarks/zoo.sh` does the same with
/// more examples, and prints what it finds.
class ZooTrainingTest {
    private static final int EXAMPLES = 16;

    static Stream<Named<NetworkSpec>> networks() {
        List<String> classes = List.of("a", "b", "c");
        return Stream.of(Named.of("ResNet-8", NetworkZoo.resNet8(classes)),
                Named.of("DS-CNN", NetworkZoo.dsCnn(classes)),
                Named.of("MobileNet 0.25", NetworkZoo.mobileNet(classes)),
                Named.of("autoencoder", NetworkZoo.autoencoder()));
    }

    @ParameterizedTest
    @MethodSource("networks")
    void aTrainedNetworkRunsInTheReferenceRuntime(NetworkSpec spec) throws IOException {
        Network network = Network.create(spec, 1);
        List<float[]> inputs = inputs(spec.inputShape().elementCount());
        int[] classes = IntStream.range(0, EXAMPLES).map(i -> i % 3).toArray();
        Examples examples = spec.labels().isEmpty() ? Examples.ofInputs(inputs) : Examples.ofClasses(inputs, classes);

        History history = Trainer.fit(network, examples, Examples.none(),
                TrainingSettings.ofEpochs(1).withBatchSize(8).withThreads(2));

        assertThat(history.epochs().getFirst().loss()).isFinite().isPositive();
        Model model = Lowering.lower(network, "trained", "").model();
        byte[] file = ModelWriter.toBytes(model);
        try (Interpreter ours = Interpreter.of(model);
                ReferenceInterpreter builtin = ReferenceInterpreter.of(file);
                ReferenceInterpreter xnnpack = ReferenceInterpreter.withXnnpack(file)) {
            for (float[] input : inputs.subList(0, 6)) {
                float[] expected = builtin.run(input);
                ours.input(0).putFloats(input);
                ours.invoke();
                assertThat(ours.output(0).toFloats()).containsExactly(expected, within(1e-5f));
                assertThat(network.predict(input)[0]).containsExactly(expected, within(1e-5f));
                assertThat(xnnpack.run(input)).containsExactly(expected, within(1e-5f));
            }
        }
    }

    /// Each class is a wave of its own length, under noise.
    private static List<float[]> inputs(int elements) {
        SplittableRandom random = new SplittableRandom(5);
        List<float[]> inputs = new ArrayList<>();
        for (int example = 0; example < EXAMPLES; example++) {
            float[] input = new float[elements];
            for (int i = 0; i < elements; i++) {
                input[i] = (float) (Math.sin(i / (2.0 + example % 3)) + random.nextDouble(-0.5, 0.5));
            }
            inputs.add(input);
        }
        return inputs;
    }
}

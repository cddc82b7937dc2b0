package dev.whittle.benchmarks;

import dev.whittle.cli.Output;
import dev.whittle.cli.bench.LoadedModel;
import dev.whittle.cli.bench.ReferenceRuntime;
import dev.whittle.converter.lower.Lowering;
import dev.whittle.converter.write.ModelWriter;
import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.Model;
import dev.whittle.trainer.callback.EpochReport;
import dev.whittle.trainer.layer.CounterRandom;
import dev.whittle.trainer.network.Examples;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.NetworkSpec;
import dev.whittle.trainer.network.NetworkZoo;
import dev.whittle.trainer.network.Trainer;
import dev.whittle.trainer.network.TrainingSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// Trains the networks of MLPerf Tiny for an epoch on generated examples, writes each as a float file, and says how far its
/// outputs are from those of the reference runtime.
public final class ZooTraining {
    private static final int EXAMPLES = 512;
    private static final int COMPARED = 32;
    private static final long SEED = 7;

    private ZooTraining() {}

    /// @param arguments the folder to write to
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 1) {
            System.err.println("usage: benchmarks/zoo.sh DIR");
            System.exit(2);
        }
        Path folder = Path.of(arguments[0]);
        Output.folder(folder);
        SequencedMap<String, NetworkSpec> networks = new LinkedHashMap<>();
        networks.put("resnet_8", NetworkZoo.resNet8(labels(10)));
        networks.put("ds_cnn", NetworkZoo.dsCnn(labels(12)));
        networks.put("mobilenet_v1_0.25_96", NetworkZoo.mobileNet(labels(2)));
        networks.put("autoencoder", NetworkZoo.autoencoder());
        for (var entry : networks.entrySet()) {
            train(entry.getKey(), entry.getValue(), folder.resolve(entry.getKey() + ".tflite"));
        }
    }

    private static List<String> labels(int count) {
        List<String> labels = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            labels.add("class " + i);
        }
        return labels;
    }

    private static void train(String name, NetworkSpec spec, Path file) throws IOException {
        Network network = Network.create(spec, SEED);
        boolean isAutoencoder = spec.labels().isEmpty();
        int classes = Math.max(1, spec.labels().size());
        // Photographs have values up to 255.
        float amplitude = name.startsWith("resnet") || name.startsWith("mobilenet") ? 64 : 1;
        List<float[]> inputs = new ArrayList<>();
        int[] labels = new int[EXAMPLES];
        for (int i = 0; i < EXAMPLES; i++) {
            labels[i] = i % classes;
            inputs.add(input(spec.inputShape().elementCount(), labels[i], amplitude, i));
        }
        Examples examples = isAutoencoder ? Examples.ofInputs(inputs) : Examples.ofClasses(inputs, labels);
        EpochReport epoch = Trainer.fit(network, examples, Examples.none(), TrainingSettings.ofEpochs(1).withSeed(SEED))
                .epochs().getFirst();
        Model model = Lowering.lower(network, name, "Trained by Whittle on generated examples.").model();
        ModelWriter.write(model, file);
        System.out.printf("%s: loss %.4f%s, %.0f examples/s; %s%n", name, epoch.loss(),
                isAutoencoder ? "" : ", accuracy %.3f".formatted(epoch.accuracy()), epoch.imagesPerSecond(), file);
        for (String runtime : List.of("tflite-noxnnpack", "tflite")) {
            System.out.printf("  furthest from %s in %d examples: %.1e%n", runtime, COMPARED,
                    furthest(ReferenceRuntime.named(List.of(runtime)).getFirst(), file, model,
                            inputs.subList(0, COMPARED)));
        }
    }

    /// A wave, its length that of the class, from a random place on, under noise.
    private static float[] input(int elements, int label, float amplitude, int example) {
        float[] input = new float[elements];
        long key = CounterRandom.fold(SEED, example);
        float phase = CounterRandom.uniform(key, elements);
        for (int i = 0; i < elements; i++) {
            input[i] = amplitude * (float) (1 + Math.sin(i / (1.5 + label) + 6 * phase)
                    + CounterRandom.uniform(key, i) - 0.5);
        }
        return input;
    }

    private static float furthest(ReferenceRuntime runtime, Path file, Model model, List<float[]> inputs) {
        float furthest = 0;
        try (LoadedModel reference = runtime.load(file, 1); Interpreter ours = Interpreter.of(model)) {
            for (float[] input : inputs) {
                ByteBuffer bytes = ByteBuffer.allocate(input.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                bytes.asFloatBuffer().put(input);
                reference.putInput(0, bytes.array());
                reference.invoke();
                var expected = ByteBuffer.wrap(reference.output(0)).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
                ours.input(0).putFloats(input);
                ours.invoke();
                for (float value : ours.output(0).toFloats()) {
                    furthest = Math.max(furthest, Math.abs(value - expected.get()));
                }
            }
        }
        return furthest;
    }
}

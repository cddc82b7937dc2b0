package dev.whittle.quantizer.qat;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.plan.Plan;
import dev.whittle.engine.plan.PlanOptions;
import dev.whittle.quantizer.calibrate.RepresentativeImages;
import dev.whittle.quantizer.observe.Range;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.data.ParallelLoader;
import dev.whittle.trainer.metrics.Evaluation;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.Predictor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/// What the integer model of a fake-quantized network says of labelled images, beside what the network says.
///
/// @param images how many
/// @param accuracy of the integer model, which is that of the file
/// @param fakeQuantizedAccuracy of the network
/// @param disagreements the names of the images that the two put into different classes
public record IntegerEvaluation(int images, double accuracy, double fakeQuantizedAccuracy,
        List<String> disagreements) {
    private static final Range PIXELS = new Range(0, 255);
    private static final float UNDECIDED = 0.5f;
    private static final int NAMES = 5;

    public IntegerEvaluation {
        disagreements = List.copyOf(disagreements);
    }

    /// Runs the model on the engine and the network on the trainer.
    ///
    /// @param model as [QuantizationAwareTraining#toInt8] makes it, with float input and output
    /// @param images one or more
    static IntegerEvaluation of(Network aware, Model model, ImageSource images, int threads) {
        float[][] expected;
        try (Predictor predictor = new Predictor(aware, threads)) {
            expected = predictor.predict(images);
        }
        float[][] found = outputs(model, aware.inputShape(), images, threads);
        int correct = 0;
        int expectedCorrect = 0;
        List<String> disagreements = new ArrayList<>();
        for (int i = 0; i < found.length; i++) {
            int integerClass = classOf(found[i]);
            int networkClass = classOf(expected[i]);
            correct += integerClass == images.label(i) ? 1 : 0;
            expectedCorrect += networkClass == images.label(i) ? 1 : 0;
            if (integerClass != networkClass) {
                disagreements.add(images.name(i));
            }
        }
        return new IntegerEvaluation(found.length, correct / (double) found.length,
                expectedCorrect / (double) found.length, disagreements);
    }

    /// The outputs of a model with float input and output, `[image][output]`. Each thread has an interpreter and runs a part.
    static float[][] outputs(Model model, Shape image, ImageSource images, int threads) {
        float[][] outputs = new float[images.size()][];
        Plan plan = Plan.of(model, PlanOptions.defaults());
        Shape input = Shape.of(1, image.dimension(0), image.dimension(1), image.dimension(2));
        new ParallelLoader(threads).run(threads, part -> {
            int[] own = IntStream.range(0, images.size()).filter(i -> i % threads == part).toArray();
            List<float[]> results = new ArrayList<>();
            if (own.length > 0) {
                try (Interpreter interpreter = Interpreter.of(plan)) {
                    for (List<float[]> pixels : new RepresentativeImages(images.subset(own), own.length, input,
                            PIXELS)) {
                        interpreter.input(0).putFloats(pixels.getFirst());
                        interpreter.invoke();
                        results.add(interpreter.output(0).toFloats());
                    }
                }
            }
            return results;
        }, (part, results) -> {
            for (int i = 0; i < results.size(); i++) {
                outputs[i * threads + part] = results.get(i);
            }
        });
        return outputs;
    }

    /// A single output is the probability of the second class.
    private static int classOf(float[] outputs) {
        return outputs.length == 1 ? (outputs[0] > UNDECIDED ? 1 : 0) : Evaluation.argMax(outputs);
    }

    /// The share of images that model and network put into different classes, 0 to 1.
    public double disagreement() {
        return images == 0 ? 0 : disagreements.size() / (double) images;
    }

    /// Refuses a model that is not what was trained.
    ///
    /// @param source stands for the model in the message
    /// @param maximum the largest share of images that may be put into another class
    /// @throws IllegalStateException naming the share and the first images, when there are more
    public void requireAgreement(String source, double maximum) {
        if (disagreement() > maximum) {
            throw new IllegalStateException(String.format(Locale.ROOT,
                    "[%s] the integer model puts %d of %d validation images (%.2f %%) into another class than the fake-quantized network, at most %.2f %% may be: %s%s",
                    source, disagreements.size(), images, 100 * disagreement(), 100 * maximum,
                    String.join(", ", disagreements.subList(0, Math.min(NAMES, disagreements.size()))),
                    disagreements.size() > NAMES ? ", …" : ""));
        }
    }
}

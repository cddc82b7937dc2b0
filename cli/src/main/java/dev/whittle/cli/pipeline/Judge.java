package dev.whittle.cli.pipeline;

import dev.whittle.engine.model.Model;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.data.ParallelLoader;
import dev.whittle.trainer.data.PixelImage;
import dev.whittle.trainer.metrics.Evaluation;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.commons.math3.stat.StatUtils;

/// Runs models on labelled images. Images are decoded once for all models, on several threads; each model runs on one.
public final class Judge {
    private static final int CHUNK = 128;
    private static final double NANOS_PER_MILLI = 1e6;

    private Judge() {}

    /// What one model gave.
    ///
    /// @param probabilities `[image][class]`
    /// @param millisecondsPerImage the median over all batches
    public record Verdicts(float[][] probabilities, double millisecondsPerImage) {
        /// The figures, judged by the largest probability.
        public Evaluation evaluation(ImageSource images) {
            return Evaluation.of(images.classNames(), labels(images), probabilities);
        }

        /// What the misclassified images are called, and what they were taken for.
        public List<String> wrongImages(ImageSource images) {
            List<String> wrong = new ArrayList<>();
            for (int i = 0; i < probabilities.length; i++) {
                int predicted = Evaluation.argMax(probabilities[i]);
                if (predicted != images.label(i)) {
                    wrong.add(String.format(Locale.ROOT, "%s: %s at %.2f %%", images.name(i),
                            images.classNames().get(predicted), 100 * probabilities[i][predicted]));
                }
            }
            return wrong;
        }
    }

    /// The true class of each image.
    public static int[] labels(ImageSource images) {
        int[] labels = new int[images.size()];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = images.label(i);
        }
        return labels;
    }

    /// The verdicts of each model, in the order of the models.
    ///
    /// @param batch images at once
    public static List<Verdicts> run(List<Model> models, ImageSource images, int batch, int threads) {
        List<Classifier> classifiers = new ArrayList<>();
        try {
            for (Model model : models) {
                classifiers.add(new Classifier(model, images.classNames(), batch));
            }
            float[][][] probabilities = new float[models.size()][images.size()][];
            double[][] nanoseconds = new double[models.size()][Math.ceilDiv(images.size(), batch)];
            int chunk = Math.ceilDiv(CHUNK, batch) * batch;
            for (int from = 0; from < images.size(); from += chunk) {
                int first = from;
                List<PixelImage> decoded = new ArrayList<>();
                new ParallelLoader(threads).run(Math.min(chunk, images.size() - from), i -> images.image(first + i),
                        (i, image) -> decoded.add(image));
                for (int model = 0; model < classifiers.size(); model++) {
                    Classifier classifier = classifiers.get(model);
                    for (int at = 0; at < decoded.size(); at += batch) {
                        List<PixelImage> some = decoded.subList(at, Math.min(at + batch, decoded.size()));
                        float[][] scores = classifier.probabilities(some);
                        System.arraycopy(scores, 0, probabilities[model], from + at, scores.length);
                        nanoseconds[model][(from + at) / batch] = classifier.inferenceNanoseconds();
                    }
                }
            }
            List<Verdicts> verdicts = new ArrayList<>();
            for (int model = 0; model < models.size(); model++) {
                verdicts.add(new Verdicts(probabilities[model],
                        StatUtils.percentile(nanoseconds[model], 50) / batch / NANOS_PER_MILLI));
            }
            return verdicts;
        } finally {
            classifiers.forEach(Classifier::close);
        }
    }
}

package dev.whittle.cli.pipeline;

import dev.whittle.cli.Output;
import dev.whittle.cli.pipeline.Experiment.Explained;
import dev.whittle.engine.file.AtomicFile;
import dev.whittle.engine.model.Model;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.data.ParallelLoader;
import dev.whittle.trainer.data.PixelImage;
import dev.whittle.trainer.explain.Explanation;
import dev.whittle.trainer.explain.Lime;
import dev.whittle.trainer.explain.Overlay;
import dev.whittle.trainer.explain.Selection;
import dev.whittle.trainer.metrics.Evaluation;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;

/// Explains predictions of a model by LIME and draws them.
public final class Explainer {
    private static final int PICTURE_PIXELS = 300;

    private Explainer() {}

    /// Explains the misclassified images, then the least certain ones, up to `count`; writes a PNG picture of each to
    /// `folder`.
    ///
    /// @param probabilities what the model gave each image, `[image][class]`
    /// @param prefix of the pictures' names
    public static List<Explained> explain(Model model, ImageSource images, float[][] probabilities, Lime lime,
            int count,
            Path folder, String prefix, int threads) throws IOException {
        Output.folder(folder);
        List<Integer> selected = Selection.of(Judge.labels(images), probabilities, count);
        List<BufferedImage> pictures = new ArrayList<>();
        List<Explained> explained = new ArrayList<>();
        new ParallelLoader(threads).run(selected.size(), n -> {
            int image = selected.get(n);
            PixelImage pixels = images.image(image);
            int predicted = Evaluation.argMax(probabilities[image]);
            try (Classifier classifier = new Classifier(model, images.classNames(), lime.batch())) {
                Explanation explanation = lime.explain(pixels, classifier, predicted);
                return Overlay.draw(pixels, explanation, PICTURE_PIXELS);
            }
        }, (n, picture) -> {
            int image = selected.get(n);
            int predicted = Evaluation.argMax(probabilities[image]);
            pictures.add(picture);
            explained.add(new Explained(prefix + n + ".png", images.name(image),
                    images.classNames().get(images.label(image)), images.classNames().get(predicted),
                    probabilities[image][predicted]));
        });
        for (int n = 0; n < pictures.size(); n++) {
            BufferedImage picture = pictures.get(n);
            AtomicFile.write(folder.resolve(explained.get(n).picture()), out -> ImageIO.write(picture, "png", out));
        }
        return explained;
    }
}

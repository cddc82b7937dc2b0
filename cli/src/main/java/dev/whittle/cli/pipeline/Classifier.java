package dev.whittle.cli.pipeline;

import dev.whittle.cli.image.ImageInput;
import dev.whittle.converter.lower.ImageModelMetadata;
import dev.whittle.engine.Interpreter;
import dev.whittle.engine.TensorView;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.plan.Plan;
import dev.whittle.engine.plan.PlanOptions;
import dev.whittle.trainer.data.PixelImage;
import dev.whittle.trainer.explain.Scorer;
import java.util.List;

/// A `.tflite` image classifier with its input resized to a batch of images. Used by one thread at a time.
public final class Classifier implements Scorer, AutoCloseable {
    private final Interpreter interpreter;
    private final ImageInput input;
    private final float[] pixels;
    private final int batch;
    private final int classes;
    private long inferenceNanoseconds;

    /// @param batch images at once
    /// @throws IllegalArgumentException if the model does not have one image input and one output `[batch, class]` with as
    ///     many classes as `classNames`, or names other classes
    public Classifier(Model model, List<String> classNames, int batch) {
        if (model.primary().inputs().size() != 1 || model.primary().outputs().size() != 1) {
            throw new IllegalArgumentException(
                    "[%s] has %d inputs and %d outputs, a classifier has one of each".formatted(
                            model.source(), model.primary().inputs().size(), model.primary().outputs().size()));
        }
        ImageModelMetadata.of(model).ifPresent(metadata -> {
            if (!metadata.labels().equals(classNames)) {
                throw new IllegalArgumentException("[%s] has the classes %s, the images %s, must be the same".formatted(
                        model.source(), metadata.labels(), classNames));
            }
        });
        this.batch = batch;
        this.classes = classNames.size();
        interpreter = Interpreter.of(Plan.of(model, PlanOptions.defaults()));
        TensorView image = interpreter.input(0);
        input = ImageInput.of(model, image, null);
        interpreter.resizeInput(0, image.shape().withDimension(0, batch));
        pixels = new float[image.shape().elementCount()];
        Shape output = interpreter.output(0).shape();
        if (output.elementCount() != batch * classes) {
            throw new IllegalArgumentException("[%s] gives %s for %d images of %d classes, expected [%d, %d]".formatted(
                    model.source(), output, batch, classes, batch, classes));
        }
    }

    /// The scores `[image][class]` of up to any number of images, a batch at a time.
    @Override
    public float[][] probabilities(List<PixelImage> images) {
        float[][] probabilities = new float[images.size()][classes];
        float[] scores = new float[batch * classes];
        for (int from = 0; from < images.size(); from += batch) {
            int count = Math.min(batch, images.size() - from);
            for (int i = 0; i < count; i++) {
                input.read(images.get(from + i), pixels, i * input.elementCount());
            }
            // A last batch that is not full keeps the images of the one before in its other places.
            long start = System.nanoTime();
            interpreter.input(0).putFloats(pixels);
            interpreter.invoke();
            interpreter.output(0).readFloats(scores, 0);
            inferenceNanoseconds = System.nanoTime() - start;
            for (int i = 0; i < count; i++) {
                System.arraycopy(scores, i * classes, probabilities[from + i], 0, classes);
            }
        }
        return probabilities;
    }

    /// How long the latest batch took, from pixels in to scores out.
    long inferenceNanoseconds() {
        return inferenceNanoseconds;
    }

    @Override
    public void close() {
        interpreter.close();
    }
}

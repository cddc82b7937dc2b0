package dev.whittle.trainer.network;

import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.data.PixelImage;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.Rescaling;
import dev.whittle.trainer.layer.Resizing;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Images behind the layers that always do the same: the leading resizing and rescaling. What they yield is kept as long
/// as the budget lasts; the other images are decoded and prepared again each time, by the thread that wants them.
final class PreparedImages implements Inputs {
    private final ImageSource source;
    private final Shape inputShape;
    private final int elements;
    private final float[] @Nullable [] kept;
    private final AtomicLong budgetBytes;

    /// @param budgetBytes what may still be kept, shared by all that are given it
    PreparedImages(ImageSource source, Network network, AtomicLong budgetBytes) {
        this.source = source;
        this.budgetBytes = budgetBytes;
        inputShape = network.inputShape();
        elements = network.inputShape(leadingLayers(network)).elementCount();
        kept = new float[source.size()][];
        if (inputShape.rank() != 3 || inputShape.dimension(2) != PixelImage.CHANNELS) {
            throw new IllegalArgumentException(
                    "the network takes %s, images are [height, width, %d]".formatted(inputShape, PixelImage.CHANNELS));
        }
        if (!network.labels().isEmpty() && !source.classNames().equals(network.labels())) {
            throw new IllegalArgumentException(
                    "the images have the classes %s, the network %s, must be the same".formatted(source.classNames(),
                            network.labels()));
        }
    }

    /// How many layers at the start of a network always do the same.
    static int leadingLayers(Network network) {
        int count = 0;
        while (count < network.layers().size() && isPreparation(network.layers().get(count))
                && network.inputs(count).equals(List.of(count))) {
            count++;
        }
        // What later layers take as well cannot be left behind.
        for (int layer = count; layer < network.layers().size(); layer++) {
            for (int input : network.inputs(layer)) {
                count = Math.min(count, input);
            }
        }
        return count;
    }

    private static boolean isPreparation(Layer layer) {
        return layer instanceof Resizing || layer instanceof Rescaling;
    }

    @Override
    public int size() {
        return kept.length;
    }

    @Override
    public int label(int image) {
        return source.label(image);
    }

    @Override
    public void read(int image, Execution.Workspace preparation, float[] to, int offset) {
        float[] found = kept[image];
        if (found != null) {
            System.arraycopy(found, 0, to, offset, elements);
            return;
        }
        put(source.image(image), inputShape, preparation.input(), 0);
        preparation.step().begin(1);
        preparation.forward();
        System.arraycopy(preparation.output(), 0, to, offset, elements);
        long bytes = (long) elements * Float.BYTES;
        if (budgetBytes.addAndGet(-bytes) >= 0) {
            float[] copy = new float[elements];
            System.arraycopy(to, offset, copy, 0, elements);
            kept[image] = copy;
        } else {
            budgetBytes.addAndGet(bytes);
        }
    }

    /// Writes the samples of an image, 0 to 255, resized where it is not as large as the network's input.
    private static void put(PixelImage image, Shape inputShape, float[] to, int offset) {
        int height = inputShape.dimension(0);
        int width = inputShape.dimension(1);
        if (image.height() == height && image.width() == width) {
            image.readFloats(to, offset);
        } else {
            Resizing.resize(image.toFloats(), 0, image.height(), image.width(), PixelImage.CHANNELS, to, offset, height,
                    width);
        }
    }
}

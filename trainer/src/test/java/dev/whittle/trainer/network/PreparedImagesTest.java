package dev.whittle.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.data.PixelImage;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.Rescaling;
import dev.whittle.trainer.layer.Resizing;
import dev.whittle.trainer.layer.Softmax;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PreparedImagesTest {
    private static final int[] ORDER = {3, 1, 0, 2};

    /// Every other image grey; counts how often it was asked.
    private record Counted(ImageSource drawn, AtomicInteger decoded) implements ImageSource {
        @Override
        public List<String> classNames() {
            return drawn.classNames();
        }

        @Override
        public int size() {
            return drawn.size();
        }

        @Override
        public int label(int i) {
            return drawn.label(i);
        }

        @Override
        public String name(int i) {
            return drawn.name(i);
        }

        @Override
        public PixelImage image(int i) {
            decoded.incrementAndGet();
            PixelImage image = drawn.image(i);
            return i % 2 == 0 ? image
                    : PixelImage.ofGrey(image.height(), image.width(), image.toBytes(), 0);
        }
    }

    private static Network network(int inputSide, int side) {
        List<Layer> layers = List.of(new Resizing("resizing", side, side), new Rescaling("rescaling", 1 / 255f, -0.1f),
                new Flatten("flatten"), new Dense("dense", 2), new Softmax("softmax"));
        return Network.create(NetworkSpec.chain(Shape.of(inputSide, inputSide, 3), layers, List.of("lower", "upper")),
                1);
    }

    /// Reads all images three times; the floats of each.
    private static float[][][] read(ImageSource source, Network network, AtomicLong budget, boolean isAhead) {
        Execution preparation = Execution.forInference(network, 0, PreparedImages.leadingLayers(network));
        Execution.Workspace workspace = preparation.workspace(1);
        int elements = preparation.outputElements();
        float[][][] read = new float[3][source.size()][elements];
        try (PreparedImages images = new PreparedImages(source, network, budget)) {
            for (float[][] pass : read) {
                for (int at = 0; at < ORDER.length; at++) {
                    if (isAhead && at % 2 == 0) {
                        images.readAhead(ORDER, at, Math.min(at + 4, ORDER.length), preparation, 2);
                    }
                    images.read(ORDER[at], workspace, pass[ORDER[at]], 0);
                }
            }
        }
        return read;
    }

    @Test
    void keptImagesAreThoseDecodedAgainToTheLastBit() {
        for (int[] sides : new int[][]{{8, 8}, {9, 13}, {40, 7}, {20, 13}}) {
            ImageSource drawn = new DrawnImages(4, 20, 5);
            Network network = network(sides[0], sides[1]);
            float[][][] expected = read(new Counted(drawn, new AtomicInteger()), network, new AtomicLong(), false);
            for (long budget : new long[]{0, 3000, 1 << 20}) {
                for (boolean isAhead : new boolean[]{false, true}) {
                    AtomicInteger decoded = new AtomicInteger();
                    float[][][] found = read(new Counted(drawn, decoded), network, new AtomicLong(budget), isAhead);
                    assertThat(found).isDeepEqualTo(expected);
                    assertThat(decoded.get()).isEqualTo(switch ((int) budget) {
                        case 0 -> 12;
                        case 1 << 20 -> 4;
                        default -> decoded.get();
                    }).isBetween(4, 12);
                }
            }
            assertThat(expected[0]).isDeepEqualTo(expected[2]);
        }
    }

    @Test
    void whatIsKeptIsTheSmallerOfBytesAndFloatsWithOneChannelOfGrey() {
        ImageSource drawn = new Counted(new DrawnImages(4, 20, 5), new AtomicInteger());
        // Bytes: two images of 20 · 20 · 3 and two of 20 · 20 where the floats take 4 · 20 · 20 · 3.
        AtomicLong budget = new AtomicLong(1 << 20);
        read(drawn, network(20, 20), budget, false);
        assertThat((1 << 20) - budget.get()).isEqualTo(2 * 1200 + 2 * 400);
        // Floats: two of 4 · 7 · 7 · 3 and two of 4 · 7 · 7.
        AtomicLong small = new AtomicLong(1 << 20);
        read(drawn, network(20, 7), small, false);
        assertThat((1 << 20) - small.get()).isEqualTo(2 * 588 + 2 * 196);
    }
}

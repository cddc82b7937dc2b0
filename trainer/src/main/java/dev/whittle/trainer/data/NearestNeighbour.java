package dev.whittle.trainer.data;

import dev.whittle.engine.kernel.Gemm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleConsumer;

/// The classifier that has learned nothing: it answers with the class of the image that is nearest among those it has seen.
/// Where it is good on a test set, so is learning by heart.
///
/// Images are grey squares of [#SIDE] × [#SIDE] area averages, rounded to bytes; near is the least squared distance under the
/// eight symmetries of the square, the first of several that are as near. Distances come from matrix products, `|b|² − 2ab`,
/// over blocks of images, so that memory holds one set as bytes and one block of the other.
public final class NearestNeighbour {
    public static final int SIDE = 60;

    private static final int PIXELS = SIDE * SIDE;
    private static final int SYMMETRIES = 8;
    /// Images compared with at a time, and images compared by one task.
    private static final int BLOCK = 256;
    private static final int CHUNK = 8;
    /// Taken off every pixel, so that products are small and their rounding is.
    private static final int MIDDLE = 128;

    private NearestNeighbour() {}

    /// For each of `images`, the index of the nearest among `others`.
    ///
    /// @param progress told the share that is done
    public static int[] indices(ImageSource images, ImageSource others, int threads, DoubleConsumer progress) {
        if (others.size() == 0) {
            throw new IllegalArgumentException("no images to be near to");
        }
        ParallelLoader loader = new ParallelLoader(threads);
        List<byte[]> squares = loader.load(images, NearestNeighbour::square);
        double[] least = new double[images.size()];
        Arrays.fill(least, Double.POSITIVE_INFINITY);
        int[] nearest = new int[images.size()];
        for (int first = 0; first < others.size(); first += BLOCK) {
            int start = first;
            int count = Math.min(BLOCK, others.size() - first);
            List<byte[]> block = new ArrayList<>(count);
            loader.run(count, i -> square(others.image(start + i)), (i, square) -> block.add(square));
            Block compared = new Block(block);
            loader.run(Math.ceilDiv(squares.size(), CHUNK), chunk -> compared.distances(squares, chunk * CHUNK),
                    (chunk, distances) -> {
                        for (int at = 0; at < distances.length; at++) {
                            int image = chunk * CHUNK + at / (SYMMETRIES * count);
                            if (distances[at] < least[image]) {
                                least[image] = distances[at];
                                nearest[image] = start + at % count;
                            }
                        }
                    });
            progress.accept((double) (first + count) / others.size());
        }
        return nearest;
    }

    /// How many of `images` have the class of their nearest among `others`.
    public static int correct(ImageSource images, ImageSource others, int threads, DoubleConsumer progress) {
        int[] nearest = indices(images, others, threads, progress);
        int correct = 0;
        for (int i = 0; i < nearest.length; i++) {
            correct += others.label(nearest[i]) == images.label(i) ? 1 : 0;
        }
        return correct;
    }

    private static byte[] square(PixelImage image) {
        float[] sums = Thumbnail.areaSums(image, SIDE);
        float area = (float) image.height() * image.width() / PIXELS;
        byte[] square = new byte[PIXELS];
        for (int i = 0; i < PIXELS; i++) {
            square[i] = (byte) (Math.round(sums[i] / area) - MIDDLE);
        }
        return square;
    }

    /// Some images as the right side of a product.
    private static final class Block {
        private final int count;
        private final Gemm gemm = Gemm.selected();
        private final float[] packed;
        private final double[] norms;

        Block(List<byte[]> squares) {
            count = squares.size();
            float[] values = new float[count * PIXELS];
            norms = new double[count];
            for (int i = 0; i < count; i++) {
                for (int pixel = 0; pixel < PIXELS; pixel++) {
                    int value = squares.get(i)[pixel];
                    values[i * PIXELS + pixel] = value;
                    norms[i] += value * value;
                }
            }
            packed = new float[gemm.packedLength(PIXELS, count)];
            gemm.pack(values, 0, 1, PIXELS, PIXELS, count, packed, 0);
        }

        /// Squared distances, less the square of the image itself, of up to [#CHUNK] images: `[image, symmetry, count]`.
        double[] distances(List<byte[]> squares, int first) {
            int images = Math.min(CHUNK, squares.size() - first);
            int rows = images * SYMMETRIES;
            float[] turned = new float[rows * PIXELS];
            for (int row = 0; row < rows; row++) {
                turn(squares.get(first + row / SYMMETRIES), row % SYMMETRIES, turned, row * PIXELS);
            }
            float[] products = new float[rows * count];
            gemm.multiply(turned, 0, PIXELS, 1, packed, 0, rows, PIXELS, count, null, Float.NEGATIVE_INFINITY,
                    Float.POSITIVE_INFINITY, false, products, 0, count);
            double[] distances = new double[products.length];
            for (int at = 0; at < distances.length; at++) {
                distances[at] = norms[at % count] - 2.0 * products[at];
            }
            return distances;
        }

        private static void turn(byte[] square, int symmetry, float[] to, int offset) {
            for (int y = 0; y < SIDE; y++) {
                for (int x = 0; x < SIDE; x++) {
                    int flippedY = (symmetry & 1) != 0 ? SIDE - 1 - y : y;
                    int flippedX = (symmetry & 2) != 0 ? SIDE - 1 - x : x;
                    to[offset + y * SIDE + x] = square[(symmetry & 4) != 0 ? flippedX * SIDE + flippedY
                            : flippedY * SIDE + flippedX];
                }
            }
        }
    }
}

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
/// over blocks of images; 3.6 kB are held for each image.
public final class NearestNeighbour {
    public static final int SIDE = 60;

    private static final int PIXELS = SIDE * SIDE;
    private static final int SYMMETRIES = 8;
    /// Images compared with at a time, and images compared by one task.
    private static final int BLOCK = 256;
    private static final int CHUNK = 8;
    /// Taken off every pixel, so that products are small and their rounding is.
    private static final int MIDDLE = 128;

    private final List<byte[]> squares;
    private final int[] labels;
    private final ParallelLoader loader;

    /// Decodes every image of `source` once.
    ///
    /// @param progress told the share that is done
    public NearestNeighbour(ImageSource source, int threads, DoubleConsumer progress) {
        loader = new ParallelLoader(threads);
        squares = new ArrayList<>(source.size());
        labels = new int[source.size()];
        loader.run(source.size(), i -> square(source.image(i)), (i, square) -> {
            squares.add(square);
            labels[i] = source.label(i);
            progress.accept((i + 1.0) / source.size());
        });
    }

    /// For each of `images`, which of `others` is nearest: an index into the source, as all are here.
    ///
    /// @param progress told the share that is done
    public int[] nearest(int[] images, int[] others, DoubleConsumer progress) {
        if (others.length == 0) {
            throw new IllegalArgumentException("no images to be near to");
        }
        double[] least = new double[images.length];
        Arrays.fill(least, Double.POSITIVE_INFINITY);
        int[] nearest = new int[images.length];
        for (int first = 0; first < others.length; first += BLOCK) {
            int start = first;
            int count = Math.min(BLOCK, others.length - first);
            Block block = new Block(Arrays.stream(others, first, first + count).mapToObj(squares::get).toList());
            loader.run(Math.ceilDiv(images.length, CHUNK), chunk -> {
                int end = Math.min((chunk + 1) * CHUNK, images.length);
                return block.distances(
                        Arrays.stream(images, chunk * CHUNK, end).mapToObj(squares::get).toList());
            }, (chunk, distances) -> {
                for (int at = 0; at < distances.length; at++) {
                    int image = chunk * CHUNK + at / (SYMMETRIES * count);
                    if (distances[at] < least[image]) {
                        least[image] = distances[at];
                        nearest[image] = others[start + at % count];
                    }
                }
            });
            progress.accept((double) (first + count) / others.length);
        }
        return nearest;
    }

    /// How many of `images` have the class of their nearest among `others`.
    public int correct(int[] images, int[] others, DoubleConsumer progress) {
        int[] nearest = nearest(images, others, progress);
        int correct = 0;
        for (int i = 0; i < nearest.length; i++) {
            correct += labels[nearest[i]] == labels[images[i]] ? 1 : 0;
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

        /// Squared distances, less the square of the image itself: `[image, symmetry, count]`.
        double[] distances(List<byte[]> images) {
            int rows = images.size() * SYMMETRIES;
            float[] turned = new float[rows * PIXELS];
            for (int row = 0; row < rows; row++) {
                turn(images.get(row / SYMMETRIES), row % SYMMETRIES, turned, row * PIXELS);
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

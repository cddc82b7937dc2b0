package dev.whittle.trainer.explain;

import dev.whittle.trainer.data.PixelImage;
import java.util.Arrays;

/// A division of an image into connected regions of similar colour: SLIC (Achanta et al., "SLIC Superpixels Compared to
/// State-of-the-Art Superpixel Methods", 2012), k-means over colour in CIELAB and place, begun on a regular grid and searched
/// only near each centre. Nothing is random, so an image is always divided alike.
public final class Superpixels {
    private static final int ITERATIONS = 10;
    private static final int[][] NEIGHBOURS = {{0, -1}, {0, 1}, {-1, 0}, {1, 0}};

    private final int height;
    private final int width;
    private final int count;
    private final int[] labels;

    private Superpixels(int height, int width, int count, int[] labels) {
        this.height = height;
        this.width = width;
        this.count = count;
        this.labels = labels;
    }

    /// Divides `image` into about `wanted` regions.
    ///
    /// @param compactness weight of place against colour; 10 is usual, larger values make rounder regions
    public static Superpixels of(PixelImage image, int wanted, double compactness) {
        if (wanted < 1 || !(compactness > 0)) {
            throw new IllegalArgumentException(
                    "%d superpixels of compactness %s: both must be positive".formatted(wanted, compactness));
        }
        int height = image.height();
        int width = image.width();
        double step = Math.max(1, Math.sqrt((double) height * width / wanted));
        float[] lab = lab(image);
        int[] clustered = new Clusters(lab, height, width, step, compactness).assign();
        int smallest = (int) (step * step / 4);
        int[] labels = connected(clustered, height, width, smallest);
        return new Superpixels(height, width, Arrays.stream(labels).max().orElse(0) + 1, labels);
    }

    public int height() {
        return height;
    }

    public int width() {
        return width;
    }

    /// How many regions there are.
    public int count() {
        return count;
    }

    /// The region of the pixel at row `y`, column `x`: 0 to `count() - 1`.
    public int label(int y, int x) {
        return labels[y * width + x];
    }

    /// Gives every connected piece of a cluster its own number, in reading order; pieces below `smallest` pixels join the
    /// region on their left or, at the border, above.
    private static int[] connected(int[] clustered, int height, int width, int smallest) {
        int[] labels = new int[clustered.length];
        Arrays.fill(labels, -1);
        int[] queue = new int[clustered.length];
        int next = 0;
        for (int start = 0; start < clustered.length; start++) {
            if (labels[start] >= 0) {
                continue;
            }
            int filled = 0;
            queue[filled++] = start;
            labels[start] = next;
            for (int head = 0; head < filled; head++) {
                int pixel = queue[head];
                for (int[] step : NEIGHBOURS) {
                    int y = pixel / width + step[0];
                    int x = pixel % width + step[1];
                    int neighbour = y * width + x;
                    if (y >= 0 && y < height && x >= 0 && x < width
                            && labels[neighbour] < 0 && clustered[neighbour] == clustered[pixel]) {
                        labels[neighbour] = next;
                        queue[filled++] = neighbour;
                    }
                }
            }
            if (filled < smallest && start > 0) {
                int joined = start % width > 0 ? labels[start - 1] : labels[start - width];
                for (int i = 0; i < filled; i++) {
                    labels[queue[i]] = joined;
                }
            } else {
                next++;
            }
        }
        return labels;
    }

    /// CIELAB of the sRGB samples under the D65 white (IEC 61966-2-1, CIE 15), `[height, width, 3]`.
    private static float[] lab(PixelImage image) {
        double[] linear = new double[256];
        for (int i = 0; i < linear.length; i++) {
            double v = i / 255.0;
            linear[i] = v <= 0.04045 ? v / 12.92 : StrictMath.pow((v + 0.055) / 1.055, 2.4);
        }
        float[] lab = new float[image.height() * image.width() * PixelImage.CHANNELS];
        int at = 0;
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < image.width(); x++) {
                double r = linear[image.sample(y, x, 0)];
                double g = linear[image.sample(y, x, 1)];
                double b = linear[image.sample(y, x, 2)];
                double fx = labCurve((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
                double fy = labCurve(0.2126729 * r + 0.7151522 * g + 0.0721750 * b);
                double fz = labCurve((0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883);
                lab[at++] = (float) (116 * fy - 16);
                lab[at++] = (float) (500 * (fx - fy));
                lab[at++] = (float) (200 * (fy - fz));
            }
        }
        return lab;
    }

    private static double labCurve(double t) {
        double edge = 6.0 / 29;
        return t > edge * edge * edge ? StrictMath.cbrt(t) : t / (3 * edge * edge) + 4.0 / 29;
    }

    /// The k-means of one image.
    private static final class Clusters {
        private static final int VALUES = 5;

        private final float[] lab;
        private final int height;
        private final int width;
        private final double step;
        private final double placeWeight;
        private final int clusters;
        // Rows of colour (L, a, b), then x, y.
        private final double[][] centres;

        Clusters(float[] lab, int height, int width, double step, double compactness) {
            this.lab = lab;
            this.height = height;
            this.width = width;
            this.step = step;
            this.placeWeight = compactness * compactness / (step * step);
            int rows = (int) Math.max(1, Math.round(height / step));
            int columns = (int) Math.max(1, Math.round(width / step));
            this.clusters = rows * columns;
            this.centres = new double[clusters][VALUES];
            for (int k = 0; k < clusters; k++) {
                int y = (int) ((k / columns + 0.5) * height / rows);
                int x = (int) ((k % columns + 0.5) * width / columns);
                read(y, x, centres[k]);
            }
        }

        int[] assign() {
            int pixels = height * width;
            int[] labels = new int[pixels];
            double[] nearest = new double[pixels];
            double[] here = new double[VALUES];
            for (int iteration = 0; iteration < ITERATIONS; iteration++) {
                Arrays.fill(nearest, Double.POSITIVE_INFINITY);
                for (int k = 0; k < clusters; k++) {
                    double[] centre = centres[k];
                    int bottom = (int) Math.min(height, centre[4] + 2 * step + 1);
                    int right = (int) Math.min(width, centre[3] + 2 * step + 1);
                    for (int y = (int) Math.max(0, centre[4] - 2 * step); y < bottom; y++) {
                        for (int x = (int) Math.max(0, centre[3] - 2 * step); x < right; x++) {
                            double distance = distance(centre, y, x);
                            if (distance < nearest[y * width + x]) {
                                nearest[y * width + x] = distance;
                                labels[y * width + x] = k;
                            }
                        }
                    }
                }
                move(labels, here);
            }
            return labels;
        }

        private void move(int[] labels, double[] here) {
            int[] members = new int[clusters];
            double[][] sums = new double[clusters][VALUES];
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    int k = labels[y * width + x];
                    read(y, x, here);
                    for (int v = 0; v < VALUES; v++) {
                        sums[k][v] += here[v];
                    }
                    members[k]++;
                }
            }
            for (int k = 0; k < clusters; k++) {
                for (int v = 0; v < VALUES && members[k] > 0; v++) {
                    centres[k][v] = sums[k][v] / members[k];
                }
            }
        }

        private double distance(double[] centre, int y, int x) {
            int at = (y * width + x) * PixelImage.CHANNELS;
            double l = lab[at] - centre[0];
            double a = lab[at + 1] - centre[1];
            double b = lab[at + 2] - centre[2];
            double dx = x - centre[3];
            double dy = y - centre[4];
            return l * l + a * a + b * b + placeWeight * (dx * dx + dy * dy);
        }

        private void read(int y, int x, double[] values) {
            int at = (y * width + x) * PixelImage.CHANNELS;
            values[0] = lab[at];
            values[1] = lab[at + 1];
            values[2] = lab[at + 2];
            values[3] = x;
            values[4] = y;
        }
    }
}

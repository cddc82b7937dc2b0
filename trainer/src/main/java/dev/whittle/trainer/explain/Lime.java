package dev.whittle.trainer.explain;

import dev.whittle.trainer.data.PixelImage;
import dev.whittle.trainer.data.SplitMix64;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.CholeskyDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.RealVector;

/// LIME for images: hides random halves of an image's superpixels, asks the model about the copies, and fits a linear model
/// of the answers in which copies close to the image count more.
///
/// With z ∈ {0, 1}ⁿ telling which of n regions a copy shows and d(z) = 1 − √(Σz / n), the cosine distance to the full image,
/// a copy weighs π(z) = √exp(−d² / width²), and weights w and intercept b minimise Σ π(z) (p(z) − w·z − b)² + ridge · |w|².
/// The first copy is the image itself.
///
/// @param superpixels about how many regions
/// @param compactness of the regions, see [Superpixels#of]
/// @param samples copies, the image itself among them
/// @param batch copies asked about at once
/// @param hidden what a hidden region shows
/// @param kernelWidth how far the neighbourhood reaches
/// @param ridge penalty on the weights, positive
/// @param seed names the choice of regions; the same seed gives the same explanation, bit for bit
public record Lime(
        int superpixels,
        double compactness,
        int samples,
        int batch,
        Hidden hidden,
        double kernelWidth,
        double ridge,
        long seed) {
    /// What a hidden region shows.
    public enum Hidden {
        /** The mean colour of the region. */
        MEAN_COLOUR,
        /** Mid-grey, 128 in each channel. */
        GREY
    }

    public Lime {
        if (superpixels < 1 || samples < 2 || batch < 1) {
            throw new IllegalArgumentException("superpixels %d, samples %d, batch %d: must be at least 1, 2 and 1"
                    .formatted(superpixels, samples, batch));
        }
        if (!(compactness > 0 && kernelWidth > 0 && ridge > 0)) {
            throw new IllegalArgumentException("compactness %s, kernelWidth %s, ridge %s: must be positive"
                    .formatted(compactness, kernelWidth, ridge));
        }
    }

    /// 100 regions, 1000 copies in batches of 32, the kernel width of the authors' own code for images (0.25), ridge 1.
    public static Lime withSeed(long seed) {
        return new Lime(100, 10, 1000, 32, Hidden.MEAN_COLOUR, 0.25, 1, seed);
    }

    /// These settings with another number of copies.
    public Lime withSamples(int copies) {
        return new Lime(superpixels, compactness, copies, batch, hidden, kernelWidth, ridge, seed);
    }

    /// Explains why `model` gives class `classIndex` its probability for `image`.
    public Explanation explain(PixelImage image, Scorer model, int classIndex) {
        Superpixels regions = Superpixels.of(image, superpixels, compactness);
        boolean[][] shown = choices(regions.count());
        double[] probabilities = new double[samples];
        byte[] original = image.toBytes();
        byte[] covered = covered(original, regions);
        for (int from = 0; from < samples; from += batch) {
            List<PixelImage> copies = new ArrayList<>();
            for (int i = from; i < Math.min(samples, from + batch); i++) {
                copies.add(copy(original, covered, regions, shown[i]));
            }
            float[][] scores = model.probabilities(copies);
            for (int i = 0; i < copies.size(); i++) {
                probabilities[from + i] = scores[i][classIndex];
            }
        }
        return fit(regions, classIndex, shown, probabilities);
    }

    private boolean[][] choices(int regions) {
        boolean[][] shown = new boolean[samples][regions];
        Arrays.fill(shown[0], true);
        for (int i = 1; i < samples; i++) {
            SplitMix64 random = new SplitMix64(seed, i);
            for (int region = 0; region < regions; region++) {
                shown[i][region] = random.next() < 0;
            }
        }
        return shown;
    }

    private byte[] covered(byte[] original, Superpixels regions) {
        long[] sums = new long[regions.count() * PixelImage.CHANNELS];
        int[] pixels = new int[regions.count()];
        for (int at = 0; at < original.length; at++) {
            int region = region(regions, at);
            sums[region * PixelImage.CHANNELS + at % PixelImage.CHANNELS] += original[at] & 0xFF;
            pixels[region] += at % PixelImage.CHANNELS == 0 ? 1 : 0;
        }
        byte[] covered = new byte[original.length];
        for (int at = 0; at < original.length; at++) {
            int region = region(regions, at);
            covered[at] = switch (hidden) {
                case MEAN_COLOUR ->
                        (byte) Math.round((double) sums[region * PixelImage.CHANNELS + at % PixelImage.CHANNELS]
                                / pixels[region]);
                case GREY -> (byte) 128;
            };
        }
        return covered;
    }

    private static PixelImage copy(byte[] original, byte[] covered, Superpixels regions, boolean[] shown) {
        byte[] rgb = new byte[original.length];
        for (int at = 0; at < rgb.length; at++) {
            rgb[at] = shown[region(regions, at)] ? original[at] : covered[at];
        }
        return PixelImage.of(regions.height(), regions.width(), rgb);
    }

    private static int region(Superpixels regions, int at) {
        int pixel = at / PixelImage.CHANNELS;
        return regions.label(pixel / regions.width(), pixel % regions.width());
    }

    /// Weighted ridge regression with a free intercept: about the weighted means, (XᵀΠX + ridge · I) w = XᵀΠp by Cholesky.
    private Explanation fit(Superpixels regions, int classIndex, boolean[][] shown, double[] probabilities) {
        int count = regions.count();
        double[] kernel = new double[samples];
        double[] means = new double[count];
        double mean = 0;
        double total = 0;
        for (int i = 0; i < samples; i++) {
            kernel[i] = kernel(shown[i]);
            total += kernel[i];
            mean += kernel[i] * probabilities[i];
            for (int region = 0; region < count; region++) {
                means[region] += shown[i][region] ? kernel[i] : 0;
            }
        }
        mean /= total;
        for (int region = 0; region < count; region++) {
            means[region] /= total;
        }

        RealMatrix normal = new Array2DRowRealMatrix(count, count);
        RealVector target = new ArrayRealVector(count);
        double[] centred = new double[count];
        double[][] gram = new double[count][count];
        for (int i = 0; i < samples; i++) {
            for (int region = 0; region < count; region++) {
                centred[region] = (shown[i][region] ? 1 : 0) - means[region];
            }
            for (int row = 0; row < count; row++) {
                double weighted = kernel[i] * centred[row];
                target.addToEntry(row, weighted * (probabilities[i] - mean));
                for (int column = 0; column <= row; column++) {
                    gram[row][column] += weighted * centred[column];
                }
            }
        }
        for (int row = 0; row < count; row++) {
            for (int column = 0; column <= row; column++) {
                double value = gram[row][column] + (row == column ? ridge : 0);
                normal.setEntry(row, column, value);
                normal.setEntry(column, row, value);
            }
        }
        RealVector weights = new CholeskyDecomposition(normal).getSolver().solve(target);
        double intercept = mean - weights.dotProduct(new ArrayRealVector(means));
        return new Explanation(
                regions,
                classIndex,
                probabilities[0],
                Arrays.stream(weights.toArray()).boxed().toList(),
                intercept,
                rSquared(shown, probabilities, kernel, weights, intercept, mean));
    }

    private double kernel(boolean[] shown) {
        int on = 0;
        for (boolean region : shown) {
            on += region ? 1 : 0;
        }
        double distance = 1 - Math.sqrt((double) on / shown.length);
        return Math.sqrt(StrictMath.exp(-distance * distance / (kernelWidth * kernelWidth)));
    }

    private static double rSquared(
            boolean[][] shown, double[] probabilities, double[] kernel, RealVector weights, double intercept,
            double mean) {
        double unexplained = 0;
        double all = 0;
        for (int i = 0; i < shown.length; i++) {
            double predicted = intercept;
            for (int region = 0; region < weights.getDimension(); region++) {
                predicted += shown[i][region] ? weights.getEntry(region) : 0;
            }
            double error = probabilities[i] - predicted;
            double deviation = probabilities[i] - mean;
            unexplained += kernel[i] * error * error;
            all += kernel[i] * deviation * deviation;
        }
        return all == 0 ? 0 : 1 - unexplained / all;
    }
}

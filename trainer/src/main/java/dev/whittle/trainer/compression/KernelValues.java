package dev.whittle.trainer.compression;

import java.util.Arrays;

/// The different values of a kernel.
public final class KernelValues {
    private KernelValues() {}

    /// Whether the weights of a kernel are few numbers that many of them share: at most [Clustering#LARGEST] values other than
    /// zero, each for two weights or more on average. Weights that happen to be equal are not taken for that.
    public static boolean areShared(Kernel kernel) {
        int zeros = 0;
        for (int i = kernel.offset(); i < kernel.end(); i++) {
            zeros += kernel.values()[i] == 0 ? 1 : 0;
        }
        int distinct = distinct(kernel).length;
        return distinct > 0 && distinct <= Clustering.LARGEST && 2 * distinct <= kernel.elementCount() - zeros;
    }

    /// The different values other than zero, ascending; of more than [Clustering#LARGEST] only so many and one.
    static float[] distinct(Kernel kernel) {
        float[] sorted = new float[Clustering.LARGEST + 1];
        int count = 0;
        for (int i = kernel.offset(); i < kernel.end() && count < sorted.length; i++) {
            float value = kernel.values()[i];
            if (value != 0) {
                int found = Arrays.binarySearch(sorted, 0, count, value);
                if (found < 0) {
                    int at = -found - 1;
                    System.arraycopy(sorted, at, sorted, at + 1, count - at);
                    sorted[at] = value;
                    count++;
                }
            }
        }
        return Arrays.copyOf(sorted, count);
    }

    /// Gives each weight that is not zero the nearest of the centroids of all of them, zero being a cluster of its own.
    ///
    /// @param clusters zero counted where it occurs
    static void cluster(Kernel kernel, int clusters, long key) {
        float[] weights = new float[kernel.elementCount()];
        int count = 0;
        for (int i = kernel.offset(); i < kernel.end(); i++) {
            if (kernel.values()[i] != 0) {
                weights[count++] = kernel.values()[i];
            }
        }
        int centroidCount = count < weights.length ? clusters - 1 : clusters;
        float[] nonZero = Arrays.copyOf(weights, count);
        if (count == 0 || distinct(kernel).length <= centroidCount) {
            return;
        }
        float[] centroids = KMeans.centroids(nonZero, centroidCount, key);
        for (int i = kernel.offset(); i < kernel.end(); i++) {
            if (kernel.values()[i] != 0) {
                kernel.values()[i] = KMeans.nearest(kernel.values()[i], centroids);
            }
        }
    }

    /// Replaces each gradient by the mean over the weights of the same value.
    ///
    /// @param gradient laid out as the kernel's values
    public static void shareGradients(Kernel kernel, float[] gradient) {
        float[] distinct = distinct(kernel);
        double[] sums = new double[distinct.length];
        int[] counts = new int[distinct.length];
        int[] clusters = new int[kernel.elementCount()];
        for (int i = kernel.offset(); i < kernel.end(); i++) {
            int cluster = Arrays.binarySearch(distinct, kernel.values()[i]);
            clusters[i - kernel.offset()] = cluster;
            if (cluster >= 0) {
                sums[cluster] += gradient[i];
                counts[cluster]++;
            }
        }
        for (int i = kernel.offset(); i < kernel.end(); i++) {
            int cluster = clusters[i - kernel.offset()];
            gradient[i] = cluster < 0 ? 0 : (float) (sums[cluster] / counts[cluster]);
        }
    }
}

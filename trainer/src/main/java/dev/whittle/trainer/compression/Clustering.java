package dev.whittle.trainer.compression;

/// Weight clustering: before the first step each kernel gets at most `clusters` different values, the centroids of k-means
/// with the start of k-means++ ([KMeans]); from then on the weights of a cluster are one number, which follows the mean of
/// their gradients. Zeros of a pruned kernel are a cluster that stays.
///
/// Source: Han, Mao and Dally 2016, "Deep Compression", section 3 (where gradients are added up, which at a given learning
/// rate moves large clusters faster); Arthur and Vassilvitskii 2007, "k-means++: The Advantages of Careful Seeding".
///
/// @param clusters different values in a kernel, 2 to 256
public record Clustering(int clusters) implements Compression {
    /// The most clusters: what an index of one byte can say.
    public static final int LARGEST = 256;

    public Clustering {
        if (clusters < 2 || clusters > LARGEST) {
            throw new IllegalArgumentException(clusters + " clusters, must be 2 to " + LARGEST);
        }
    }

    /// Gives the weights of a kernel the values of their clusters.
    ///
    /// @param key that the start of k-means is drawn from
    public void apply(Kernel kernel, long key) {
        KernelValues.cluster(kernel, clusters, key);
    }

    @Override
    public boolean isSettled(long steps) {
        return true;
    }
}

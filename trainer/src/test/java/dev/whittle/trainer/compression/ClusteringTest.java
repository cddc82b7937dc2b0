package dev.whittle.trainer.compression;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ClusteringTest {
    private static Kernel kernel(int count) {
        SplittableRandom random = new SplittableRandom(4);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        return new Kernel(values, 0, count / 4, 4, count / 4);
    }

    @Test
    void centroidsOfGroupsFarApartAreTheirMeans() {
        float[] values = {1, 1.5f, 2, -7, -8, -9, 40, 44};
        for (long key = 0; key < 8; key++) {
            assertThat(KMeans.centroids(values, 3, key)).containsExactly(-8, 1.5f, 42);
        }
        assertThat(KMeans.centroids(new float[]{3, 3, 5}, 4, 1)).containsExactly(3, 5);
    }

    @Test
    void aKernelGetsAsManyValuesAsClustersAndEachWeightTheNearest() {
        Kernel kernel = kernel(400);
        float[] before = kernel.values().clone();

        new Clustering(16).apply(kernel, 3);

        float[] distinct = KernelValues.distinct(kernel);
        assertThat(distinct).hasSize(16);
        for (int i = 0; i < before.length; i++) {
            assertThat(kernel.values()[i]).isEqualTo(KMeans.nearest(before[i], distinct));
        }
        assertThat(KernelValues.areShared(kernel)).isTrue();
        assertThat(KernelValues.areShared(kernel(400))).isFalse();
    }

    @Test
    void zerosOfAPrunedKernelAreAClusterThatStays() {
        Kernel kernel = kernel(400);
        new Pruning(new SparsityPattern.Unstructured(), new SparsitySchedule.Constant(0.5, 1)).apply(1, kernel);
        float[] pruned = kernel.values().clone();

        new Clustering(8).apply(kernel, 3);

        assertThat(KernelValues.distinct(kernel)).hasSize(7);
        for (int i = 0; i < pruned.length; i++) {
            assertThat(kernel.values()[i] == 0).isEqualTo(pruned[i] == 0);
        }
    }

    @Test
    void theGradientOfAClusterIsTheMeanOverItsWeights() {
        Kernel kernel = new Kernel(new float[]{2, 0, 3, 2, 3, 2}, 0, 3, 2, 3);
        float[] gradient = {1, 7, 10, 2, 20, 6};

        KernelValues.shareGradients(kernel, gradient);

        assertThat(gradient).containsExactly(3, 0, 15, 3, 15, 3);
    }
}

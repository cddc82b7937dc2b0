package dev.whittle.trainer.explain;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/// What the regions of an image contribute to the probability of one class, in the neighbourhood of that image.
///
/// @param superpixels the regions
/// @param classIndex the class that is explained
/// @param probability what the model gives that class for the undisturbed image
/// @param weights for each region, by how much the probability falls when the region is hidden, in the linear model
/// @param intercept the linear model's probability with every region hidden
/// @param rSquared the weighted share of variance the linear model accounts for, 1 at best; 0 where the model's answer never
///     changed
public record Explanation(
        Superpixels superpixels,
        int classIndex,
        double probability,
        List<Double> weights,
        double intercept,
        double rSquared) {
    public Explanation {
        weights = List.copyOf(weights);
        if (weights.size() != superpixels.count()) {
            throw new IllegalArgumentException(
                    "%d weights for %d superpixels".formatted(weights.size(), superpixels.count()));
        }
    }

    /// The regions by the size of their weight, largest first.
    public List<Integer> strongest() {
        return IntStream.range(0, weights.size())
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -Math.abs(weights.get(i))))
                .toList();
    }
}

package dev.whittle.quantizer.calibrate;

import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.quantizer.observe.Range;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/// Random numbers as samples, for models whose data is not at hand: they show that a model can be quantized, and seldom what
/// ranges its own data has. A sample is a function of the seed and its number.
public final class RandomSamples {
    /// What the numbers are drawn from.
    public sealed interface Distribution {
        /// The distribution that `text` says: `uniform:LOW:HIGH` or `normal:MEAN:DEVIATION`.
        ///
        /// @throws IllegalArgumentException when it says none
        static Distribution of(String text) {
            String[] parts = text.split(":", -1);
            try {
                if (parts.length == 3 && parts[0].equals("uniform")) {
                    return new Uniform(new Range(Float.parseFloat(parts[1]), Float.parseFloat(parts[2])));
                }
                if (parts.length == 3 && parts[0].equals("normal")) {
                    return new Normal(Float.parseFloat(parts[1]), Float.parseFloat(parts[2]));
                }
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("distribution \"" + text + "\", expected numbers behind the colons",
                        e);
            }
            throw new IllegalArgumentException(
                    "distribution \"" + text + "\", expected uniform:LOW:HIGH or normal:MEAN:DEVIATION");
        }

        /// Every number of a range alike.
        record Uniform(Range range) implements Distribution {
        }

        /// The normal distribution.
        record Normal(float mean, float deviation) implements Distribution {
            public Normal {
                if (!Float.isFinite(mean) || !(deviation > 0 && Float.isFinite(deviation))) {
                    throw new IllegalArgumentException("a normal distribution of mean " + mean + " and deviation "
                            + deviation + ", must be finite, the latter above 0");
                }
            }
        }
    }

    private RandomSamples() {}

    /// Samples for all inputs of a model.
    ///
    /// @param count 1 or more
    public static RepresentativeSet of(Model model, Distribution distribution, int count, long seed) {
        if (count < 1) {
            throw new IllegalArgumentException(count + " random samples, must be 1 or more");
        }
        Subgraph subgraph = model.primary();
        Iterable<List<float[]>> samples = () -> IntStream.range(0, count)
                .mapToObj(number -> sample(subgraph, distribution, seed, number)).iterator();
        List<String> hashes = new ArrayList<>();
        samples.forEach(sample -> hashes.add(RepresentativeSet.hash(sample.toArray(float[][]::new))));
        return new RepresentativeSet(count + " random samples, " + text(distribution) + ", seed " + seed, count,
                hashes,
                samples);
    }

    private static String text(Distribution distribution) {
        return switch (distribution) {
            case Distribution.Uniform(Range range) -> "uniform from " + range.minimum() + " to " + range.maximum();
            case Distribution.Normal(float mean, float deviation) ->
                    "normal with mean " + mean + " and deviation " + deviation;
        };
    }

    private static List<float[]> sample(Subgraph subgraph, Distribution distribution, long seed, int number) {
        // Random scrambles its seed only a little: neighbouring ones would begin alike.
        Random random = new Random(seed * 0x9E3779B97F4A7C15L + number * 0xD1B54A32D192ED03L);
        List<float[]> sample = new ArrayList<>();
        for (int input : subgraph.inputs()) {
            float[] values = new float[subgraph.tensor(input).shape().elementCount()];
            for (int i = 0; i < values.length; i++) {
                values[i] = switch (distribution) {
                    case Distribution.Uniform(Range range) ->
                            range.minimum() + (range.maximum() - range.minimum()) * random.nextFloat();
                    case Distribution.Normal(float mean, float deviation) ->
                            mean + deviation * (float) random.nextGaussian();
                };
            }
            sample.add(values);
        }
        return sample;
    }
}

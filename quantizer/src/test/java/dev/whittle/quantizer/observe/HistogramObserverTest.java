package dev.whittle.quantizer.observe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.quantizer.rule.Int8;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Observers that keep a histogram, each against a plain twin that keeps every value.
class HistogramObserverTest {
    /// Values as activations have them.
    enum Kind {
        NORMAL, RELU, OUTLIERS, POSITIVE, NEGATIVE, TINY, CONSTANT, ZEROS;

        float[] values(long seed, int count) {
            Random random = new Random(seed);
            float[] values = new float[count];
            for (int i = 0; i < count; i++) {
                double normal = random.nextGaussian();
                values[i] = (float) switch (this) {
                    case NORMAL -> normal * 3;
                    case RELU -> Math.max(0, normal);
                    case OUTLIERS -> i % 997 == 0 ? normal * 100 : normal;
                    case POSITIVE -> 5 + Math.abs(normal);
                    case NEGATIVE -> -Math.exp(normal);
                    case TINY -> normal * 1e-30;
                    case CONSTANT -> 0.1f;
                    case ZEROS -> 0;
                };
            }
            return values;
        }
    }

    private static final int COUNT = 20_000;

    private static Range observed(Observer observer, float[] values, int part) {
        for (int start = 0; start < values.length; start += part) {
            observer.observe(Arrays.copyOfRange(values, start, Math.min(values.length, start + part)));
        }
        return observer.range();
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void rangesDoNotDependOnTheOrderOrTheSizeOfSamples(Kind kind) {
        float[] values = kind.values(3, COUNT);
        List<Float> shuffled = new ArrayList<>();
        for (float value : values) {
            shuffled.add(value);
        }
        Collections.shuffle(shuffled, new Random(4));
        float[] other = new float[COUNT];
        for (int i = 0; i < COUNT; i++) {
            other[i] = shuffled.get(i);
        }
        for (String method : List.of("percentile:99.5", "entropy", "mse")) {
            assertThat(observed(CalibrationMethod.of(method).observer(), values, 1000)).as(method)
                    .isEqualTo(observed(CalibrationMethod.of(method).observer(), other, 77));
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void percentilesAreThoseOfTheSortedValues(Kind kind) {
        float[] values = kind.values(5, COUNT);
        float[] sorted = values.clone();
        Arrays.sort(sorted);
        float bin = (sorted[COUNT - 1] - sorted[0]) / 2000 + Math.ulp(sorted[COUNT - 1]);
        int cut = COUNT / 200;

        Range range = observed(new PercentileObserver(99), values, 1000);

        // Half of a percent is cut off at either end.
        assertThat(range.minimum()).isBetween(sorted[cut - 1] - bin, sorted[cut + 1] + bin);
        assertThat(range.maximum()).isBetween(sorted[COUNT - cut - 2] - bin, sorted[COUNT - cut] + bin);
        assertThat(observed(new PercentileObserver(100), values, 1000)).isEqualTo(Range.of(values));
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void theEntropyRangeLosesNoMoreThanAnyOtherWindow(Kind kind) {
        float[] values = kind.values(6, COUNT);
        Histogram histogram = new Histogram(values);

        Range range = observed(new EntropyObserver(), values, 1000);

        int best = histogram.bestThreshold();
        if (best < 0) {
            assertThat(range).isEqualTo(Range.of(values));
        } else {
            assertThat(range.minimum())
                    .isEqualTo((float) Math.max(histogram.seen.minimum(), -best * histogram.width));
            assertThat(range.maximum()).isEqualTo((float) Math.min(histogram.seen.maximum(), best * histogram.width));
        }
    }

    @Test
    void entropyCutsOffOutliers() {
        Range range = observed(new EntropyObserver(), Kind.OUTLIERS.values(7, COUNT), 1000);

        assertThat(range.maximum()).isBetween(2.5f, 40f);
        assertThat(range.minimum()).isBetween(-40f, -2.5f);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void theSquaredErrorIsAsSmallAsAnyRangeOfAGridGives(Kind kind) {
        float[] values = kind.values(8, COUNT);
        Range whole = Range.of(values);
        double least = Double.POSITIVE_INFINITY;
        for (int low = 0; low <= 20; low++) {
            for (int high = 0; high <= 20; high++) {
                float minimum = whole.minimum() * low / 20;
                float maximum = whole.maximum() * high / 20;
                if (minimum <= maximum && (minimum != 0 || maximum != 0)) {
                    least = Math.min(least, squaredError(values, new Range(minimum, maximum)));
                }
            }
        }

        double error = squaredError(values, observed(new MeanSquaredErrorObserver(), values, 1000));

        // Bins count as their middles, and the two ends are not searched together.
        assertThat(error).isLessThanOrEqualTo(Math.min(1.05 * least, squaredError(values, whole) * 1.001) + 1e-12);
    }

    private static double squaredError(float[] values, Range range) {
        QuantizationParameters parameters = Int8.covering(range);
        byte[] codes = Int8.quantize(values, parameters);
        double error = 0;
        for (int i = 0; i < values.length; i++) {
            double difference = values[i] - parameters.scale(0) * (codes[i] - parameters.zeroPoint(0));
            error += difference * difference;
        }
        return error / values.length;
    }

    /// The narrowest bins of a power of two, counted at once, and the divergence as it is written in the article.
    private static final class Histogram {
        private final Range seen;
        private double width = 0x1p-140;
        private final long first;
        private final double[] counts;

        Histogram(float[] values) {
            seen = Range.of(values);
            double largest = Math.max(Math.abs(seen.minimum()), Math.abs(seen.maximum()));
            while (Math.floor(seen.maximum() / width) - Math.floor(seen.minimum() / width) >= 4096
                    || largest / width > 0x1p40) {
                width *= 2;
            }
            first = (long) Math.floor(seen.minimum() / width);
            counts = new double[(int) ((long) Math.floor(seen.maximum() / width) - first) + 1];
            for (float value : values) {
                if (value != 0) {
                    counts[(int) ((long) Math.floor(value / width) - first)]++;
                }
            }
        }

        /// The window's half width in bins; −1 where no window has 256 bins.
        int bestThreshold() {
            long last = first + counts.length;
            long farthest = Math.max(-first, last);
            int best = -1;
            double least = Double.POSITIVE_INFINITY;
            for (long threshold = 1; counts.length > 256 && threshold <= farthest; threshold++) {
                int from = (int) (Math.max(first, -threshold) - first);
                int to = (int) (Math.min(last, threshold) - first);
                if (to - from >= 256) {
                    double divergence = divergence(from, to);
                    if (divergence < least + 1e-12) {
                        least = Math.min(least, divergence);
                        best = (int) threshold;
                    }
                }
            }
            return best;
        }

        private double divergence(int from, int to) {
            int size = to - from;
            double[] p = Arrays.copyOfRange(counts, from, to);
            for (int bin = 0; bin < from; bin++) {
                p[0] += counts[bin];
            }
            for (int bin = to; bin < counts.length; bin++) {
                p[size - 1] += counts[bin];
            }
            // Shares of levels that are filled up are negative until the end.
            double[] q = new double[size];
            for (int level = 0; level < 256; level++) {
                int start = level * size / 256;
                int end = (level + 1) * size / 256;
                double sum = IntStream.range(start, end).mapToDouble(bin -> counts[from + bin]).sum();
                long occupied = IntStream.range(start, end).filter(bin -> p[bin] > 0).count();
                for (int bin = start; bin < end; bin++) {
                    q[bin] = p[bin] > 0 ? sum / occupied : 0;
                }
            }
            for (int level : new int[]{0, 255}) {
                int start = level * size / 256;
                int end = (level + 1) * size / 256;
                double sum = Arrays.stream(p, start, end).sum();
                if (sum > 0 && Arrays.stream(q, start, end).sum() == 0) {
                    long occupied = IntStream.range(start, end).filter(bin -> p[bin] > 0).count();
                    for (int bin = start; bin < end; bin++) {
                        q[bin] = p[bin] > 0 ? -1e-4 / occupied : 0;
                    }
                }
            }
            double pSum = Arrays.stream(p).sum();
            double qSum = Arrays.stream(q).filter(value -> value > 0).sum();
            double filled = -Arrays.stream(q).filter(value -> value < 0).sum();
            double divergence = 0;
            for (int bin = 0; bin < size; bin++) {
                if (p[bin] > 0) {
                    double share = q[bin] < 0 ? -q[bin] : q[bin] / qSum * (1 - filled);
                    divergence += p[bin] / pSum * Math.log(p[bin] / pSum / share);
                }
            }
            return divergence;
        }
    }
}

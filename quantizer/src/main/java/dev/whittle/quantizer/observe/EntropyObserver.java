package dev.whittle.quantizer.observe;

/// The range within which int8 codes tell most of the values' distribution: of all windows `[max(min, −t), min(max, t)]`,
/// that whose 256 steps lose the least by the Kullback-Leibler divergence (Migacz 2017, "8-bit Inference with TensorRT",
/// slides 34 to 36; equation 15 of `docs/QUANTIZATION.md`).
///
/// `P` is the histogram within the window, with all that lies outside added to its end bins; `Q` is what is left of the
/// histogram within the window when it is merged into 256 levels, each spread evenly over the bins that `P` has something in.
///
/// Four things differ from the slides: a level of `Q` that is empty where `P` is not, which would lose without bound, gets a
/// share of 0.0001, as in Apache MXNet's and ONNX Runtime's calibration; there are 256 levels, since int8 codes here are asymmetric; bins are divided among
/// levels evenly, so that none is left over; and exact zeros do not count, since they have a code in every window.
public final class EntropyObserver implements Observer {
    private static final int LEVELS = 256;
    private static final double EMPTY_LEVEL = 1e-4;

    private final WideningHistogram histogram = new WideningHistogram();

    @Override
    public void observe(float[] values) {
        histogram.add(values);
    }

    @Override
    public Range range() {
        Range seen = histogram.seen();
        long[] counts = histogram.counts();
        if (counts.length <= LEVELS || histogram.nonzeros() == 0) {
            return seen;
        }
        Distribution distribution = new Distribution(counts, histogram.nonzeros());
        // Bins as they are counted from zero.
        long first = Math.round(histogram.start() / histogram.width());
        long last = first + counts.length;
        long farthest = Math.max(-first, last);
        double least = Double.POSITIVE_INFINITY;
        Range best = seen;
        for (long threshold = Math.max(1, farthest - counts.length + 1); threshold <= farthest; threshold++) {
            long from = Math.max(first, -threshold);
            long to = Math.min(last, threshold);
            if (to - from < LEVELS) {
                continue;
            }
            double divergence = distribution.divergence((int) (from - first), (int) (to - first));
            // Of equals the widest, which cuts off the least.
            if (divergence <= least) {
                least = divergence;
                best = new Range(Math.max(seen.minimum(), (float) (from * histogram.width())),
                        Math.min(seen.maximum(), (float) (to * histogram.width())));
            }
        }
        return best;
    }

    /// A histogram with the sums that make a window's divergence a matter of its levels, not its bins:
    /// `Σ p · log(p / q) = Σ p · log p − Σ over levels (Σ p) · log q`, since `q` is the same within a level.
    private static final class Distribution {
        private final long[] counts;
        private final double total;
        /// Of each bin, what those before it sum up to.
        private final long[] sums;
        private final int[] occupied;
        private final double[] logs;

        Distribution(long[] counts, long total) {
            this.counts = counts;
            this.total = total;
            sums = new long[counts.length + 1];
            occupied = new int[counts.length + 1];
            logs = new double[counts.length + 1];
            for (int bin = 0; bin < counts.length; bin++) {
                sums[bin + 1] = sums[bin] + counts[bin];
                occupied[bin + 1] = occupied[bin] + (counts[bin] > 0 ? 1 : 0);
                logs[bin + 1] = logs[bin] + product(counts[bin] / this.total);
            }
        }

        private static double product(double p) {
            return p > 0 ? p * Math.log(p) : 0;
        }

        /// What the window from bin `from` until bin `to` loses.
        double divergence(int from, int to) {
            int size = to - from;
            long below = sums[from];
            long above = sums[counts.length] - sums[to];
            double inside = sums[to] - below;
            if (inside == 0) {
                return Double.POSITIVE_INFINITY;
            }
            // Only the end levels can be empty where `P` is not, by what lies outside.
            int firstEnd = from + size / LEVELS;
            int lastStart = from + (int) ((LEVELS - 1L) * size / LEVELS);
            int empty = (below > 0 && sums[firstEnd] == below ? 1 : 0)
                    + (above > 0 && sums[to] == sums[lastStart] ? 1 : 0);
            double rest = 1 - empty * EMPTY_LEVEL;
            double result = logs[to - 1] - logs[from + 1] + product((counts[from] + below) / total)
                    + product((counts[to - 1] + above) / total);
            for (int level = 0; level < LEVELS; level++) {
                int start = from + (int) ((long) level * size / LEVELS);
                int end = from + (int) ((long) (level + 1) * size / LEVELS);
                long left = sums[end] - sums[start];
                long p = left;
                int bins = occupied[end] - occupied[start];
                if (level == 0) {
                    p += below;
                    bins += below > 0 && counts[from] == 0 ? 1 : 0;
                }
                if (level == LEVELS - 1) {
                    p += above;
                    bins += above > 0 && counts[to - 1] == 0 ? 1 : 0;
                }
                if (p > 0) {
                    result -= p / total * Math.log((left == 0 ? EMPTY_LEVEL : rest * left / inside) / bins);
                }
            }
            return result;
        }
    }
}

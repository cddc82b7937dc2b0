package dev.whittle.quantizer.observe;

/// The range that a given percentage of all elements lies in, as much cut off at either end: `percent = 99.99` takes the
/// quantiles 0.00005 and 0.99995 (McKinstry et al. 2018, "Discovering Low-Precision Networks Close to Full-Precision
/// Networks for Efficient Embedded Inference"; Wu et al. 2020, "Integer Quantization for Deep Learning Inference", which
/// takes magnitudes instead; equation 14 of `docs/QUANTIZATION.md`). Elements count alike, whichever sample they are from.
///
/// Quantiles are those of a histogram, straight lines between the edges of its bins, and so exact to a two-thousandth of the
/// whole range.
public final class PercentileObserver implements Observer {
    private final double percent;
    private final WideningHistogram histogram = new WideningHistogram();

    /// @param percent above 0, up to 100
    public PercentileObserver(double percent) {
        this.percent = CalibrationMethod.Percentile.required(percent);
    }

    @Override
    public void observe(float[] values) {
        histogram.add(values);
    }

    @Override
    public Range range() {
        Range seen = histogram.seen();
        double cut = (100 - percent) / 200 * (histogram.zeros() + histogram.nonzeros());
        float low = quantile(cut, seen);
        float high = quantile(histogram.zeros() + histogram.nonzeros() - cut, seen);
        return new Range(Math.min(low, high), high);
    }

    /// The value that `rank` elements lie below.
    private float quantile(double rank, Range seen) {
        long[] counts = histogram.counts();
        double below = 0;
        boolean zerosPassed = histogram.zeros() == 0;
        for (int bin = 0; bin < counts.length; bin++) {
            double left = histogram.start() + bin * histogram.width();
            if (!zerosPassed && left >= 0) {
                zerosPassed = true;
                below += histogram.zeros();
                if (rank <= below) {
                    return within(0, seen);
                }
            }
            if (counts[bin] > 0 && rank <= below + counts[bin]) {
                return within(left + (rank - below) / counts[bin] * histogram.width(), seen);
            }
            below += counts[bin];
        }
        return zerosPassed ? seen.maximum() : within(0, seen);
    }

    private static float within(double value, Range seen) {
        return (float) Math.clamp(value, seen.minimum(), seen.maximum());
    }
}

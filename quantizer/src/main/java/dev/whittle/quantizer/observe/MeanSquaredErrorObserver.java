package dev.whittle.quantizer.observe;

import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.trainer.layer.FakeQuantize;
import java.util.Objects;

/// The range at which quantizing to int8 and back changes the values the least, by the mean of the squared differences: what
/// is cut off is weighed against steps that become finer (Sung, Shin, Hwang 2015, "Resiliency of Deep Neural Networks under
/// Quantization"; Nagel et al. 2021, "A White Paper on Neural Network Quantization", section 3.1; equation 16 of
/// `docs/QUANTIZATION.md`).
///
/// Both ends are first scaled together in steps of a hundredth of the whole range, then each by itself. A bin of the
/// histogram counts as its middle; exact zeros have no error and do not count.
public final class MeanSquaredErrorObserver implements Observer {
    private static final int STEPS = 100;
    private static final int MIN_CODE = -128;
    private static final int MAX_CODE = 127;

    private final WideningHistogram histogram = new WideningHistogram();

    @Override
    public void observe(float[] values) {
        histogram.add(values);
    }

    @Override
    public Range range() {
        Range seen = histogram.seen();
        Search search = new Search(seen);
        for (int step = STEPS - 1; step > 0; step--) {
            search.propose(scaled(seen.minimum(), step), scaled(seen.maximum(), step));
        }
        Range together = search.best;
        for (int step = STEPS; step > 0; step--) {
            search.propose(scaled(seen.minimum(), step), together.maximum());
        }
        Range lower = search.best;
        for (int step = STEPS; step > 0; step--) {
            search.propose(lower.minimum(), scaled(seen.maximum(), step));
        }
        return search.best;
    }

    private static float scaled(float end, int step) {
        return end * step / STEPS;
    }

    private final class Search {
        private final long[] counts = histogram.counts();
        private Range best;
        private double least;

        Search(Range whole) {
            best = whole;
            least = error(whole);
        }

        void propose(float minimum, float maximum) {
            if (minimum <= maximum) {
                Range range = new Range(minimum, maximum);
                double error = error(range);
                if (error < least) {
                    least = error;
                    best = range;
                }
            }
        }

        private double error(Range range) {
            QuantizationParameters parameters =
                    Objects.requireNonNull(FakeQuantize.parametersOf(range.minimum(), range.maximum()));
            double scale = parameters.scale(0);
            int zeroPoint = parameters.zeroPoint(0);
            double error = 0;
            for (int bin = 0; bin < counts.length; bin++) {
                if (counts[bin] > 0) {
                    double value = histogram.start() + (bin + 0.5) * histogram.width();
                    double code = Math.clamp(Math.rint(value / scale), MIN_CODE - zeroPoint, MAX_CODE - zeroPoint);
                    double difference = value - code * scale;
                    error += counts[bin] * difference * difference;
                }
            }
            return error;
        }
    }
}

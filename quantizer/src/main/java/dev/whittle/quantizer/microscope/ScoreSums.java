package dev.whittle.quantizer.microscope;

import dev.whittle.trainer.metrics.Evaluation;

/// The sums behind a [Score].
final class ScoreSums {
    private double signal;
    private double noise;
    private long agreed;
    private long correct;
    private long labelled;
    private long count;

    /// @param exact what the float model gives
    void add(float[] exact, float[] actual, int label) {
        for (int i = 0; i < exact.length; i++) {
            double error = (double) actual[i] - exact[i];
            signal += (double) exact[i] * exact[i];
            noise += error * error;
        }
        int predicted = Evaluation.argMax(actual);
        agreed += predicted == Evaluation.argMax(exact) ? 1 : 0;
        if (label != Samples.NO_LABEL) {
            labelled++;
            correct += predicted == label ? 1 : 0;
        }
        count++;
    }

    /// Adds what another thread has summed up.
    void add(ScoreSums other) {
        signal += other.signal;
        noise += other.noise;
        agreed += other.agreed;
        correct += other.correct;
        labelled += other.labelled;
        count += other.count;
    }

    /// The power of the error as a share of the signal's.
    double noiseToSignal() {
        return noise == 0 ? 0 : noise / signal;
    }

    Score score() {
        return new Score(labelled == 0 ? Double.NaN : (double) correct / labelled, (double) agreed / count,
                OperatorTrace.decibels(signal, noise));
    }
}

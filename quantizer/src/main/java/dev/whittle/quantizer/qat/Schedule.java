package dev.whittle.quantizer.qat;

import dev.whittle.trainer.optimizer.LearningRate;

/// How fine-tuning goes: where that is asked for, first without fake quantization; then ranges follow the activations; then
/// they stand still, with the statistics of normalizations, and the weights settle. The learning
/// rate falls by the same factor from each epoch to the next, so that the last one hardly moves the network: at a constant
/// rate where it stops is a matter of chance.
///
/// @param delayEpochs epochs before fake quantization begins, 0 or more
/// @param movingEpochs epochs in which ranges move, 1 or more
/// @param frozenEpochs epochs after that, with ranges frozen, 0 or more
/// @param firstRate learning rate of the first epoch
/// @param lastRate learning rate of the last epoch, at most that of the first
public record Schedule(int delayEpochs, int movingEpochs, int frozenEpochs, float firstRate, float lastRate) {
    public Schedule {
        if (delayEpochs < 0 || movingEpochs < 1 || frozenEpochs < 0) {
            throw new IllegalArgumentException(
                    "%d epochs before fake quantization, %d with moving ranges and %d with frozen ones, must be at least 0, 1 and 0"
                            .formatted(delayEpochs, movingEpochs, frozenEpochs));
        }
        if (!(lastRate > 0 && lastRate <= firstRate)) {
            throw new IllegalArgumentException("learning rates from " + firstRate + " to " + lastRate
                    + ", must fall and stay above 0");
        }
    }

    /// Fake quantization from the first epoch on.
    public Schedule(int movingEpochs, int frozenEpochs, float firstRate, float lastRate) {
        this(0, movingEpochs, frozenEpochs, firstRate, lastRate);
    }

    /// Two epochs with moving ranges and one with frozen ones, from 10⁻⁴ down to 3 · 10⁻⁶.
    public static Schedule standard() {
        return new Schedule(2, 1, 1e-4f, 3e-6f);
    }

    /// All epochs.
    public int epochs() {
        return delayEpochs + movingEpochs + frozenEpochs;
    }

    /// The learning rates from an epoch on, which is counted as epoch 0.
    public LearningRate learningRateFrom(int epoch) {
        float factor = epochs() == 1 ? 1 : (float) StrictMath.pow(lastRate / (double) firstRate, 1.0 / (epochs() - 1));
        return new LearningRate.Exponential((float) (firstRate * StrictMath.pow(factor, epoch)), factor);
    }
}

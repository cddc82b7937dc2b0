package dev.whittle.quantizer.qat;

import dev.whittle.trainer.optimizer.LearningRate;

/// How fine-tuning goes: first ranges follow the activations, then they stand still and the weights settle. The learning
/// rate falls by the same factor from each epoch to the next, so that the last one hardly moves the network: at a constant
/// rate where it stops is a matter of chance.
///
/// @param movingEpochs epochs in which ranges move, 1 or more
/// @param frozenEpochs epochs after that, with ranges frozen, 0 or more
/// @param firstRate learning rate of the first epoch
/// @param lastRate learning rate of the last epoch, at most that of the first
public record Schedule(int movingEpochs, int frozenEpochs, float firstRate, float lastRate) {
    public Schedule {
        if (movingEpochs < 1 || frozenEpochs < 0) {
            throw new IllegalArgumentException(movingEpochs + " epochs with moving ranges and " + frozenEpochs
                    + " with frozen ones, must be at least 1 and 0");
        }
        if (!(lastRate > 0 && lastRate <= firstRate)) {
            throw new IllegalArgumentException("learning rates from " + firstRate + " to " + lastRate
                    + ", must fall and stay above 0");
        }
    }

    /// Two epochs with moving ranges and one with frozen ones, from 10⁻⁴ down to 3 · 10⁻⁶.
    public static Schedule standard() {
        return new Schedule(2, 1, 1e-4f, 3e-6f);
    }

    /// All epochs.
    public int epochs() {
        return movingEpochs + frozenEpochs;
    }

    /// The learning rates from an epoch on, which is counted as epoch 0.
    public LearningRate learningRateFrom(int epoch) {
        float factor = epochs() == 1 ? 1 : (float) StrictMath.pow(lastRate / (double) firstRate, 1.0 / (epochs() - 1));
        return new LearningRate.Exponential((float) (firstRate * StrictMath.pow(factor, epoch)), factor);
    }
}

package dev.whittle.quantizer.qat;

/// How fine-tuning goes: first ranges follow the activations, then they stand still and the weights settle.
///
/// @param movingEpochs epochs in which ranges move, 1 or more
/// @param frozenEpochs epochs after that, with ranges frozen, 0 or more
/// @param learningRate while ranges move
/// @param frozenLearningRate while ranges are frozen
public record Schedule(int movingEpochs, int frozenEpochs, float learningRate, float frozenLearningRate) {
    public Schedule {
        if (movingEpochs < 1 || frozenEpochs < 0) {
            throw new IllegalArgumentException(movingEpochs + " epochs with moving ranges and " + frozenEpochs
                    + " with frozen ones, must be at least 1 and 0");
        }
    }

    /// Two epochs at 10⁻⁴, one at 3 · 10⁻⁵.
    public static Schedule standard() {
        return new Schedule(2, 1, 1e-4f, 3e-5f);
    }
}

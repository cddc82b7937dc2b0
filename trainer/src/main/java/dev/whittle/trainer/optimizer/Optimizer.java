package dev.whittle.trainer.optimizer;

/// How a gradient becomes an update of the parameters. Formulas and defaults are those of Keras 3, whose ε stand outside of
/// the square root unless said otherwise.
public sealed interface Optimizer permits SGD, Adam, AdamW, RMSprop {

    /// How many numbers are kept for each parameter; all are zero before the first step.
    int slotCount();

    /// What [#update] is given for a step.
    ///
    /// @param step from 1
    default float stepSize(float learningRate, long step) {
        return learningRate;
    }

    /// The share of each parameter that is taken off before the update (decoupled weight decay).
    default float decay(float learningRate) {
        return 0;
    }

    /// Updates the elements `from … to − 1` of all arrays.
    ///
    /// @param slots [#slotCount] arrays of one number for each parameter
    void update(float stepSize, float[] gradient, float[] parameters, float[][] slots, int from,
            int to);

    /// Refuses a number that is not in `[0, 1)`.
    static void requireFraction(String what, float value) {
        if (!(value >= 0 && value < 1)) {
            throw new IllegalArgumentException(what + " " + value + ", must be at least 0 and below 1");
        }
    }
}

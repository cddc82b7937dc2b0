package dev.whittle.trainer.optimizer;

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization", algorithm 2, the
/// decay times the learning rate): `w ← w − α · weightDecay · w`, then Adam's update.
///
/// @param adam the update behind the decay
/// @param weightDecay times the learning rate is the share of each parameter that a step takes off
public record AdamW(Adam adam, float weightDecay) implements Optimizer {

    public AdamW {
        Optimizer.requireFraction("AdamW's weight decay is", weightDecay);
    }

    /// Adam's defaults with a weight decay of 0.004.
    public static AdamW defaults() {
        return new AdamW(Adam.defaults(), 0.004f);
    }

    @Override
    public int slotCount() {
        return adam.slotCount();
    }

    @Override
    public float stepSize(float learningRate, long step) {
        return adam.stepSize(learningRate, step);
    }

    @Override
    public float decay(float learningRate) {
        return weightDecay * learningRate;
    }

    @Override
    public void update(float stepSize, float[] gradient, float[] parameters, float[][] slots,
            int from, int to) {
        adam.update(stepSize, gradient, parameters, slots, from, to);
    }
}

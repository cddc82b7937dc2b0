package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Shape;
import java.util.Arrays;
import java.util.List;

/// Batch normalization over the last dimension (Ioffe and Szegedy 2015, "Batch Normalization: Accelerating Deep Network
/// Training by Reducing Internal Covariate Shift", algorithm 1):
///
/// ```
/// x̂ = (x − mean) / √(variance + ε)        y = gamma · x̂ + beta
/// ```
///
/// While training, mean and variance are those of the whole batch, added up in double precision chunk by chunk, and moving
/// averages follow them: `moving ← momentum · moving + (1 − momentum) · batch`, the variance divided by the number of values.
/// Otherwise, and where the layer or its statistics are frozen, the moving averages stand for them.
///
/// @param momentum how much of the moving averages stays at each step
/// @param epsilon keeps the quotient finite
/// @param frozenStatistics the moving averages stand still, while gamma and beta are trained
public record BatchNorm(String name, float momentum, float epsilon, boolean frozenStatistics) implements Layer {

    public BatchNorm {
        if (!(momentum >= 0 && momentum <= 1)) {
            throw new IllegalArgumentException("layer \"%s\": momentum %s, must be 0 to 1".formatted(name, momentum));
        }
        if (!(epsilon > 0)) {
            throw new IllegalArgumentException("layer \"%s\": epsilon %s, must be > 0".formatted(name, epsilon));
        }
    }

    /// With statistics that follow the batches.
    public BatchNorm(String name, float momentum, float epsilon) {
        this(name, momentum, epsilon, false);
    }

    public BatchNorm withFrozenStatistics() {
        return new BatchNorm(name, momentum, epsilon, true);
    }

    /// With a momentum of 0.99 and an ε of 0.001, as Keras has them.
    public BatchNorm(String name) {
        this(name, 0.99f, 1e-3f);
    }

    @Override
    public Shape outputShape(Shape input) {
        if (input.rank() < 1) {
            throw refused("input " + input + ", must have a channel dimension");
        }
        return input;
    }

    @Override
    public List<Variable> variables(Shape input) {
        Shape channels = Shape.of(input.dimension(input.rank() - 1));
        return List.of(new Variable("gamma", channels, new Variable.Trained(Initializer.ONES, 1, 1)),
                new Variable("beta", channels, new Variable.Trained(Initializer.ZEROS, 1, 1)),
                new Variable("moving_mean", channels, new Variable.Kept(0)),
                new Variable("moving_variance", channels, new Variable.Kept(1)));
    }

    @Override
    public BoundLayer bind(Binding binding) {
        return new Bound(binding);
    }

    private final class Bound implements BoundLayer {
        private final float[] parameters;
        private final int gammaOffset;
        private final int betaOffset;
        private final float[] state;
        private final int meanOffset;
        private final int varianceOffset;
        private final int channels;
        private final int pixels;
        private final boolean batchStatistics;
        private final boolean inputGradient;
        private final float[] mean;
        /// `1 / √(variance + ε)`.
        private final float[] inverse;
        private final float[] gamma;
        private final float[] beta;
        /// What the batch's mean and variance take off `dy`, per channel: `mean dy` and `mean (dy · x̂)`.
        private final float[] meanDy;
        private final float[] meanDyX;

        Bound(Binding binding) {
            parameters = binding.parameters();
            state = binding.state();
            channels = binding.input().dimension(binding.input().rank() - 1);
            pixels = binding.input().elementCount() / channels;
            gammaOffset = binding.parameterOffset();
            betaOffset = gammaOffset + channels;
            meanOffset = binding.stateOffset();
            varianceOffset = meanOffset + channels;
            batchStatistics = binding.batchStatistics() && !frozenStatistics;
            inputGradient = binding.inputGradient();
            mean = new float[channels];
            inverse = new float[channels];
            gamma = new float[channels];
            beta = new float[channels];
            meanDy = new float[channels];
            meanDyX = new float[channels];
        }

        @Override
        public void refresh() {
            System.arraycopy(parameters, gammaOffset, gamma, 0, channels);
            System.arraycopy(parameters, betaOffset, beta, 0, channels);
            if (!batchStatistics) {
                System.arraycopy(state, meanOffset, mean, 0, channels);
                for (int c = 0; c < channels; c++) {
                    inverse[c] = inverseDeviation(state[varianceOffset + c]);
                }
            }
        }

        private float inverseDeviation(double variance) {
            return (float) (1 / Math.sqrt(variance + epsilon));
        }

        @Override
        public int sumCount() {
            return batchStatistics ? 2 * channels : 0;
        }

        @Override
        public void takeSums(double[] sums, int images) {
            double count = (double) images * pixels;
            for (int c = 0; c < channels; c++) {
                double batchMean = sums[c] / count;
                // Squares of floats are exact in double, so little is lost where the mean is far from zero.
                double variance = Math.max(sums[channels + c] / count - batchMean * batchMean, 0);
                mean[c] = (float) batchMean;
                inverse[c] = inverseDeviation(variance);
                follow(meanOffset + c, (float) batchMean);
                follow(varianceOffset + c, (float) variance);
            }
        }

        private void follow(int at, float value) {
            state[at] = state[at] * momentum + value * (1 - momentum);
        }

        @Override
        public void takeGradientSums(double[] sums, int images) {
            double count = (double) images * pixels;
            for (int c = 0; c < channels; c++) {
                meanDy[c] = (float) (sums[c] / count);
                meanDyX[c] = (float) (sums[channels + c] / count);
            }
        }

        @Override
        public Pass pass(int images) {
            return new Normalization();
        }

        private final class Normalization implements Pass {
            private final float[] scale = new float[channels];
            private final double[] ownSums = new double[2 * channels];

            @Override
            public void sum(Step step, float[] x, double[] sums) {
                Arrays.fill(sums, 0, 2 * channels, 0);
                for (int at = 0; at < step.images() * pixels * channels; at += channels) {
                    for (int c = 0; c < channels; c++) {
                        double value = x[at + c];
                        sums[c] += value;
                        sums[channels + c] += value * value;
                    }
                }
            }

            @Override
            public void forward(Step step, float[] x, float[] y) {
                for (int c = 0; c < channels; c++) {
                    scale[c] = gamma[c] * inverse[c];
                }
                for (int at = 0; at < step.images() * pixels * channels; at += channels) {
                    for (int c = 0; c < channels; c++) {
                        y[at + c] = (x[at + c] - mean[c]) * scale[c] + beta[c];
                    }
                }
            }

            @Override
            public void sumGradients(Step step, float[] x, float[] dy, double[] sums) {
                Arrays.fill(sums, 0, 2 * channels, 0);
                for (int at = 0; at < step.images() * pixels * channels; at += channels) {
                    for (int c = 0; c < channels; c++) {
                        double gradient = dy[at + c];
                        sums[c] += gradient;
                        sums[channels + c] += gradient * ((x[at + c] - mean[c]) * inverse[c]);
                    }
                }
                write(step.gradient(), sums);
            }

            @Override
            public void backward(Step step, float[] x, float[] y, float[] dy, float[] dx) {
                if (!batchStatistics) {
                    sumGradients(step, x, dy, ownSums);
                }
                if (!inputGradient) {
                    return;
                }
                for (int c = 0; c < channels; c++) {
                    scale[c] = gamma[c] * inverse[c];
                }
                for (int at = 0; at < step.images() * pixels * channels; at += channels) {
                    for (int c = 0; c < channels; c++) {
                        float normalized = (x[at + c] - mean[c]) * inverse[c];
                        dx[at + c] = scale[c] * (dy[at + c] - meanDy[c] - normalized * meanDyX[c]);
                    }
                }
            }

            private void write(float[] gradient, double[] sums) {
                for (int c = 0; c < channels; c++) {
                    gradient[betaOffset + c] = (float) sums[c];
                    gradient[gammaOffset + c] = (float) sums[channels + c];
                }
            }
        }
    }
}

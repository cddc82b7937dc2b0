package dev.whittle.trainer.layer;

import org.apache.commons.math3.distribution.NormalDistribution;

/// How the weights of a layer begin. `fanIn` is how many inputs an output sums up, `fanOut` how many outputs an input goes
/// to, both with the taps of the kernel counted. Normal distributions are cut off at two standard deviations and widened
/// so that what is left has the variance asked for, as Keras does it.
public enum Initializer {
    /// Uniform in `±√(6 / (fanIn + fanOut))` (Glorot and Bengio 2010, "Understanding the difficulty of training deep
    /// feedforward neural networks", equation 16).
    GLOROT_UNIFORM("GlorotUniform") {
        @Override
        float draw(int fanIn, int fanOut, long key, int counter) {
            return uniform(6.0 / ((double) fanIn + fanOut), key, counter);
        }
    },

    /// Normal with variance `2 / (fanIn + fanOut)` (the same, equation 12).
    GLOROT_NORMAL("GlorotNormal") {
        @Override
        float draw(int fanIn, int fanOut, long key, int counter) {
            return normal(2.0 / ((double) fanIn + fanOut), key, counter);
        }
    },

    /// Uniform in `±√(6 / fanIn)` (He et al. 2015, "Delving Deep into Rectifiers", equation 10, as a uniform distribution).
    HE_UNIFORM("HeUniform") {
        @Override
        float draw(int fanIn, int fanOut, long key, int counter) {
            return uniform(6.0 / fanIn, key, counter);
        }
    },

    /// Normal with variance `2 / fanIn` (He et al. 2015, equation 10).
    HE_NORMAL("HeNormal") {
        @Override
        float draw(int fanIn, int fanOut, long key, int counter) {
            return normal(2.0 / fanIn, key, counter);
        }
    },

    ZEROS("Zeros") {
        @Override
        float draw(int fanIn, int fanOut, long key, int counter) {
            return 0;
        }
    },

    ONES("Ones") {
        @Override
        float draw(int fanIn, int fanOut, long key, int counter) {
            return 1;
        }
    };

    private static final NormalDistribution STANDARD_NORMAL = new NormalDistribution(null, 0, 1);
    private static final double CUT = 2;
    private static final double BELOW_CUT = STANDARD_NORMAL.cumulativeProbability(-CUT);
    /// The standard deviation of a standard normal distribution that is cut off at ±2.
    private static final double CUT_DEVIATION = 0.87962566103423978;

    private final String fieldName;

    Initializer(String fieldName) {
        this.fieldName = fieldName;
    }

    /// The name that the field knows it by, such as `HeNormal`.
    public String fieldName() {
        return fieldName;
    }

    /// Number `counter` of what is drawn with `key`.
    abstract float draw(int fanIn, int fanOut, long key, int counter);

    /// Writes the first values of a variable.
    ///
    /// @param key of the layer, for the random ones
    public void fill(float[] to, int offset, int count, int fanIn, int fanOut, long key) {
        for (int i = 0; i < count; i++) {
            to[offset + i] = draw(fanIn, fanOut, key, i);
        }
    }

    private static float uniform(double squaredLimit, long key, int counter) {
        return (2 * CounterRandom.uniform(key, counter) - 1) * (float) Math.sqrt(squaredLimit);
    }

    private static float normal(double variance, long key, int counter) {
        double middle = CounterRandom.uniform(key, counter) + 0x1p-25;
        double value = STANDARD_NORMAL.inverseCumulativeProbability(BELOW_CUT + (1 - 2 * BELOW_CUT) * middle);
        return (float) (value * Math.sqrt(variance) / CUT_DEVIATION);
    }
}

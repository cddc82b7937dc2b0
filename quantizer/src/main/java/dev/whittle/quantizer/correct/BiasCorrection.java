package dev.whittle.quantizer.correct;

import dev.whittle.engine.model.Model;
import java.util.List;
import java.util.Map;

/// Takes from each bias what rounding the weights has added to the layer's mean output (Nagel et al. 2019, "Data-Free
/// Quantization Through Weight Equalization and Bias Correction", section 4.2, with measured means;
/// equation 17 of `docs/QUANTIZATION.md`):
///
/// `b[c] ← b[c] + E[W x + b][c] − E[Ŵ x̂ + b][c]`, layer by layer, where `Ŵ` are the rounded weights and `x̂` is what the
/// layers before, rounded and corrected, give. Means are over samples and positions, in front of the activation.
///
/// Weights stay as they are. Models without samples cannot be corrected; all activations of a layer for all samples are held
/// in memory, twice.
public final class BiasCorrection {
    private BiasCorrection() {}

    /// The model with corrected biases; layers without a bias get one.
    ///
    /// @param samples at least one; as for [dev.whittle.quantizer.calibrate.Calibrator#calibrate]
    /// @param weightBits of a quantized weight, 2 to 8, with one scale for each output channel
    /// @throws IllegalArgumentException when there is no sample
    public static Model correct(Model model, List<List<float[]>> samples, int weightBits, int threads,
            CorrectionListener listener) {
        return Corrections.layerByLayer(model, samples, weightBits, threads, Correction.BIAS, listener,
                (layer, _, real, rounded, corrected) -> {
                    float[] weights = layer.weights();
                    float[] grid = new WeightGrid(layer, weights, weightBits).nearest(layer, weights);
                    List<float[]> expected = real.outputs(layer.linear(), Map.of());
                    List<float[]> actual = rounded.outputs(layer.linear(), Map.of(layer.filterTensor(), grid));
                    double[] missing = means(expected, layer.channels());
                    double[] mean = means(actual, layer.channels());
                    float[] bias = layer.bias();
                    for (int channel = 0; channel < bias.length; channel++) {
                        missing[channel] -= mean[channel];
                        bias[channel] += (float) missing[channel];
                    }
                    corrected.replaceBias(layer, bias);
                    for (float[] values : actual) {
                        for (int i = 0; i < values.length; i++) {
                            values[i] += (float) missing[i % missing.length];
                        }
                    }
                    return new Corrections.Linear(expected, actual);
                });
    }

    /// The mean of each channel; channels are the last dimension.
    private static double[] means(List<float[]> samples, int channels) {
        double[] sums = new double[channels];
        long count = 0;
        for (float[] values : samples) {
            for (int i = 0; i < values.length; i++) {
                sums[i % channels] += values[i];
            }
            count += values.length / channels;
        }
        for (int channel = 0; channel < channels; channel++) {
            sums[channel] /= count;
        }
        return sums;
    }
}

package dev.whittle.quantizer.correct;

import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Subgraph;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// Corrections that a float model gets before it is calibrated and quantized, each of which can be left out.
///
/// @param chosen in whatever order; they are made in that of [Correction]
/// @param weightBits of a quantized weight, 2 to 8, with one scale for each output channel
/// @param rounding how [Correction#ADAROUND] learns
/// @param threads to compute with; their number changes nothing of the result
public record Corrections(Set<Correction> chosen, int weightBits, AdaptiveRounding.Settings rounding, int threads) {
    public Corrections {
        chosen = Set.copyOf(chosen);
    }

    /// Corrections for int8 weights.
    public static Corrections of(Set<Correction> chosen, long seed, int threads) {
        return new Corrections(chosen, Byte.SIZE, AdaptiveRounding.Settings.standard(seed), threads);
    }

    /// The corrections in the order in which they are made.
    public List<Correction> inOrder() {
        EnumSet<Correction> ordered = EnumSet.noneOf(Correction.class);
        ordered.addAll(chosen);
        return List.copyOf(ordered);
    }

    /// The corrected model.
    ///
    /// @param samples as for [dev.whittle.quantizer.calibrate.Calibrator#calibrate]; their activations are held in memory,
    ///        those of a layer or two at a time
    /// @throws IllegalArgumentException when a correction that needs samples has none
    public Model apply(Model model, List<List<float[]>> samples, CorrectionListener listener) {
        Model corrected = model;
        for (Correction correction : inOrder()) {
            corrected = switch (correction) {
                case EQUALIZE -> CrossLayerEqualization.equalize(corrected);
                case ADAROUND -> AdaptiveRounding.round(corrected, samples, weightBits, rounding, threads, listener);
                case BIAS -> BiasCorrection.correct(corrected, samples, weightBits, threads, listener);
            };
        }
        return corrected;
    }

    static void require(Model model, List<List<float[]>> samples, int weightBits) {
        if (samples.isEmpty()) {
            throw new IllegalArgumentException(
                    "[" + model.source() + "] no sample to correct with, expected at least one");
        }
        if (weightBits < 2 || weightBits > Byte.SIZE) {
            throw new IllegalArgumentException("weights of " + weightBits + " bits, must be 2 to 8");
        }
        for (int sample = 0; sample < samples.size(); sample++) {
            if (samples.get(sample).size() != model.primary().inputs().size()) {
                throw new IllegalArgumentException("[" + model.source() + "] sample " + sample + " has "
                        + samples.get(sample).size() + " arrays, the model has " + model.primary().inputs().size()
                        + " inputs");
            }
        }
    }

    static int layerCount(Subgraph subgraph) {
        return (int) subgraph.operators().stream()
                .filter(operator -> WeightedLayer.of(subgraph, operator).isPresent()).count();
    }

    /// Lets a stream pass a layer whose linear part has been computed.
    static void finish(WeightedLayer layer, ActivationStream stream, List<float[]> linear) {
        Operator operator = layer.operator();
        linear.forEach(layer::activate);
        stream.put(layer.output(), linear);
        stream.release(operator);
    }
}

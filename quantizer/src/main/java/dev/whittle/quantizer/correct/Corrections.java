package dev.whittle.quantizer.correct;

import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Subgraph;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
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

    /// As this, for weights of so many bits.
    public Corrections withWeightBits(int bits) {
        return new Corrections(chosen, bits, rounding, threads);
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

    /// What a correction does to one layer.
    interface LayerStep {
        /// @param number of the layer, from 0
        /// @param real the activations of the float model
        /// @param rounded those behind quantized weights
        /// @return what the layer's linear part now puts out
        Linear correct(WeightedLayer layer, int number, ActivationStream real, ActivationStream rounded,
                CorrectedModel corrected);
    }

    /// What the linear part of a layer puts out, for each sample.
    ///
    /// @param real in the float model
    /// @param rounded with quantized weights, behind layers with quantized weights
    record Linear(List<float[]> real, List<float[]> rounded) {
    }

    /// Corrects one layer after the other, each on what the layers before it give once they are corrected.
    static Model layerByLayer(Model model, List<List<float[]>> samples, int weightBits, int threads,
            Correction correction, CorrectionListener listener, LayerStep step) {
        require(model, samples, weightBits);
        Subgraph subgraph = model.primary();
        ActivationStream real = new ActivationStream(model, samples, threads);
        ActivationStream rounded = new ActivationStream(model, samples, threads);
        CorrectedModel corrected = new CorrectedModel(model);
        int total = layerCount(subgraph);
        int done = 0;
        for (Operator operator : subgraph.operators()) {
            Optional<WeightedLayer> layer = WeightedLayer.of(subgraph, operator);
            if (layer.isEmpty()) {
                real.run(operator);
                rounded.run(operator);
                continue;
            }
            Linear linear = step.correct(layer.get(), done, real, rounded, corrected);
            finish(layer.get(), real, linear.real);
            finish(layer.get(), rounded, linear.rounded);
            done++;
            listener.layer(correction, layer.get().name(), done, total);
        }
        return corrected.model();
    }

    private static void require(Model model, List<List<float[]>> samples, int weightBits) {
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

    private static int layerCount(Subgraph subgraph) {
        return (int) subgraph.operators().stream()
                .filter(operator -> WeightedLayer.of(subgraph, operator).isPresent()).count();
    }

    /// Lets a stream pass a layer whose linear part has been computed.
    private static void finish(WeightedLayer layer, ActivationStream stream, List<float[]> linear) {
        Operator operator = layer.operator();
        linear.forEach(layer::activate);
        stream.put(layer.output(), linear);
        stream.release(operator);
    }
}

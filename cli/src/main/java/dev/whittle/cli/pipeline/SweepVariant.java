package dev.whittle.cli.pipeline;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.quantizer.correct.Correction;
import dev.whittle.quantizer.observe.CalibrationMethod;
import dev.whittle.quantizer.recipe.Granularity;
import dev.whittle.quantizer.recipe.Mode;
import dev.whittle.quantizer.recipe.Recipe;
import dev.whittle.quantizer.recipe.Rule;
import dev.whittle.quantizer.rewrite.Ends;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One way to quantize a whole model after training.
///
/// @param granularity of weights; null for what is customary for the mode
/// @param calibration null where no range is measured
/// @param corrections made before calibration
record SweepVariant(Mode mode, int weightBits, @Nullable Granularity granularity, Ends ends,
        @Nullable CalibrationMethod calibration, Set<Correction> corrections) {
    private static final int FOUR_BITS = 4;
    private static final int BLOCK = 32;

    SweepVariant {
        corrections = Set.copyOf(corrections);
    }

    /// Every mode; those that calibrate with each method; int8 activations, and weights of 4 bits alone, with each correction
    /// by itself and all of them.
    static List<SweepVariant> all(List<CalibrationMethod> methods, Set<Correction> corrections) {
        Granularity channels = new Granularity.PerChannel();
        Granularity blocks = new Granularity.Blockwise(BLOCK);
        List<SweepVariant> all = new ArrayList<>(List.of(of(Mode.FLOAT16, 16, null),
                of(Mode.DYNAMIC_RANGE, Byte.SIZE, null), of(Mode.DYNAMIC_RANGE, FOUR_BITS, channels),
                of(Mode.DYNAMIC_RANGE, FOUR_BITS, blocks), of(Mode.WEIGHT_ONLY, Byte.SIZE, channels),
                of(Mode.WEIGHT_ONLY, FOUR_BITS, channels), of(Mode.WEIGHT_ONLY, FOUR_BITS, blocks)));
        List<Set<Correction>> corrected = aloneAndTogether(corrections);
        corrected.forEach(some -> all.add(of(Mode.WEIGHT_ONLY, FOUR_BITS, channels).with(null, some)));
        SweepVariant int8 = of(Mode.INT8, Byte.SIZE, channels);
        SweepVariant int4 = of(Mode.INT8, FOUR_BITS, channels);
        for (CalibrationMethod method : methods) {
            all.add(int8.with(method, Set.of()));
        }
        CalibrationMethod first = methods.getFirst();
        all.add(int8.with(first, Set.of()).with(ElementType.UINT8));
        all.add(int8.with(first, Set.of()).with(ElementType.FLOAT32));
        all.add(of(Mode.INT8, Byte.SIZE, new Granularity.PerTensor()).with(first, Set.of()));
        for (CalibrationMethod method : methods) {
            all.add(of(Mode.UINT8, Byte.SIZE, new Granularity.PerTensor()).with(method, Set.of()));
        }
        for (CalibrationMethod method : methods) {
            all.add(of(Mode.INT16X8, Byte.SIZE, channels).with(method, Set.of()));
        }
        for (CalibrationMethod method : methods) {
            all.add(int4.with(method, Set.of()));
        }
        for (SweepVariant variant : List.of(int8, int4)) {
            corrected.forEach(some -> methods.forEach(method -> all.add(variant.with(method, some))));
        }
        return all;
    }

    private static List<Set<Correction>> aloneAndTogether(Set<Correction> corrections) {
        Set<Set<Correction>> sets = new LinkedHashSet<>();
        for (Correction correction : Correction.values()) {
            if (corrections.contains(correction)) {
                sets.add(EnumSet.of(correction));
            }
        }
        if (!corrections.isEmpty()) {
            sets.add(EnumSet.copyOf(corrections));
        }
        return List.copyOf(sets);
    }

    /// A mode with its own ends.
    private static SweepVariant of(Mode mode, int weightBits, @Nullable Granularity granularity) {
        return new SweepVariant(mode, weightBits, granularity, Ends.of(mode.activationType()), null, Set.of());
    }

    private SweepVariant with(@Nullable CalibrationMethod method, Set<Correction> some) {
        return new SweepVariant(mode, weightBits, granularity, ends, method, some);
    }

    private SweepVariant with(ElementType end) {
        return new SweepVariant(mode, weightBits, granularity, Ends.of(end), calibration, corrections);
    }

    /// Only rows of dense layers have blocks; the weights of other operators then have a scale for each channel.
    Recipe recipe() {
        Rule rule = Rule.of(mode).withWeights(weightBits, granularity);
        Rule calibrated = calibration == null ? rule : rule.withCalibration(calibration);
        return granularity instanceof Granularity.Blockwise
                ? Recipe.of(calibrated.forOperator(OperatorCode.FULLY_CONNECTED),
                        calibrated.withWeights(weightBits, new Granularity.PerChannel()))
                : Recipe.of(calibrated);
    }

    /// Corrections in the order in which they are made.
    List<Correction> inOrder() {
        return corrections.stream().sorted().toList();
    }
}

package dev.whittle.quantizer.microscope.lint;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.quantizer.calibrate.CalibrationRecord;
import dev.whittle.quantizer.microscope.lint.Evidence.Prediction;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// What the records of a calibration and of a run say.
final class RunChecks {
    /// Of n samples and one more, each is the largest as often as any other: the next image leaves a range that was measured
    /// on n in 1 of n + 1 cases, at either end. Below 100 that is more than the 1 % at which [RangeChecks] calls a range
    /// saturated.
    private static final int FEWEST_SAMPLES = 100;
    /// Scores are recorded in decimal digits, often as floats.
    private static final double ROUNDING = 0.02;

    private final Subgraph graph;
    private final Optional<CalibrationRecord> record;
    private final Evidence evidence;

    RunChecks(Model model, Evidence evidence) {
        this.graph = model.primary();
        this.record = CalibrationRecord.of(model);
        this.evidence = evidence;
    }

    List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        calibration(findings);
        scale(findings);
        return findings;
    }

    private void calibration(List<Finding> findings) {
        Set<String> calibrated = kept(evidence.calibrationImages());
        record.ifPresent(known -> calibrated.addAll(known.hashes()));
        Set<String> tested = kept(evidence.testImages());
        long shared = calibrated.stream().filter(tested::contains).count();
        if (shared > 0) {
            findings.add(LintRule.CALIBRATED_ON_TEST_IMAGES.at(Severity.ERROR, "calibration",
                    "%d of %d calibration images are test images".formatted(shared, calibrated.size())));
        }
        record.filter(known -> known.sampleCount() < FEWEST_SAMPLES).ifPresent(
                known -> findings.add(LintRule.FEW_CALIBRATION_SAMPLES.at(Severity.WARNING, "calibration",
                        "ranges are those of %d samples (%s)".formatted(known.sampleCount(), known.method()))));
    }

    private static Set<String> kept(Set<String> hashes) {
        return hashes.stream().map(CalibrationRecord::kept).collect(Collectors.toCollection(HashSet::new));
    }

    private void scale(List<Finding> findings) {
        if (evidence.predictions().isEmpty() || graph.inputs().isEmpty() || graph.outputs().isEmpty()) {
            return;
        }
        Tensor input = graph.tensor(graph.inputs().getFirst());
        Tensor output = graph.tensor(graph.outputs().getFirst());
        QuantizationParameters inputParameters = input.quantization();
        QuantizationParameters outputParameters = output.quantization();
        if (inputParameters == null || outputParameters == null || inputParameters.equals(outputParameters)) {
            return;
        }
        boolean isReadAsInput = evidence.predictions().stream()
                .allMatch(prediction -> isReadWith(inputParameters, output.type(), prediction));
        boolean isReadAsOutput = evidence.predictions().stream()
                .allMatch(prediction -> isReadWith(outputParameters, output.type(), prediction));
        if (isReadAsInput && !isReadAsOutput) {
            findings.add(LintRule.OUTPUT_READ_WITH_INPUT_SCALE.at(Severity.ERROR, "output \"" + output.name() + "\"",
                    "all %d recorded predictions fit the input's scale %.6g and zero point %d, not the output's %.6g and %d"
                            .formatted(evidence.predictions().size(), inputParameters.scale(0),
                                    inputParameters.zeroPoint(0), outputParameters.scale(0),
                                    outputParameters.zeroPoint(0))));
        }
    }

    /// Whether scores are codes of the output's type, those recorded where they are, read with some parameters.
    private static boolean isReadWith(QuantizationParameters parameters, ElementType type, Prediction prediction) {
        List<Integer> codes = prediction.codes();
        for (int i = 0; i < prediction.scores().size(); i++) {
            double code = prediction.scores().get(i) / parameters.scale(0) + parameters.zeroPoint(0);
            double expected = codes == null ? Math.rint(code) : codes.get(i);
            if (Math.abs(code - expected) > ROUNDING || !isCode(type, expected)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isCode(ElementType type, double code) {
        return switch (type) {
            case INT8 -> code >= Byte.MIN_VALUE && code <= Byte.MAX_VALUE;
            case UINT8 -> code >= 0 && code <= 255;
            case INT16 -> code >= Short.MIN_VALUE && code <= Short.MAX_VALUE;
            default -> false;
        };
    }
}

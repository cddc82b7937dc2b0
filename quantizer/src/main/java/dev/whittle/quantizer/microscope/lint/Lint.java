package dev.whittle.quantizer.microscope.lint;

import dev.whittle.engine.model.Model;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Looks for the mistakes of [LintRule] in a model's first subgraph and in what is known beside it.
public final class Lint {
    private Lint() {}

    /// The findings, the worst first.
    ///
    /// @throws dev.whittle.engine.model.UnsupportedModelException when there are samples and the model does not run here
    public static List<Finding> check(Model model, Evidence evidence) {
        List<Finding> findings = new ArrayList<>();
        findings.addAll(new QuantizationChecks(model, evidence).findings());
        findings.addAll(new WeightChecks(model).findings());
        findings.addAll(new RunChecks(model, evidence).findings());
        findings.addAll(new InputChecks(model, evidence.samples()).findings());
        findings.addAll(new TargetChecks(model, evidence.targets()).findings());
        if (!evidence.samples().isEmpty()) {
            findings.addAll(new RangeChecks(model).findings(evidence.samples()));
        }
        findings.sort(Comparator.comparing(Finding::severity));
        return findings;
    }
}

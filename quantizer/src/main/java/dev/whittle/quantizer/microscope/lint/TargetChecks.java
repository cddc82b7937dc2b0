package dev.whittle.quantizer.microscope.lint;

import dev.whittle.engine.model.Model;
import dev.whittle.quantizer.microscope.device.EdgeTpu;
import dev.whittle.quantizer.microscope.device.Mapping;
import dev.whittle.quantizer.microscope.device.Micro;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Operators that a target does not take: warnings where the model is meant for it, else notes. The Edge TPU takes integer
/// models only, so that without being asked it is of interest for those alone.
final class TargetChecks {
    private final Model model;
    private final Set<Target> targets;

    TargetChecks(Model model, Set<Target> targets) {
        this.model = model;
        this.targets = targets;
    }

    List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        add(findings, LintRule.MICRO_UNSUPPORTED, Micro.map(model), targets.contains(Target.MICRO));
        boolean isMeant = targets.contains(Target.EDGETPU);
        if (isMeant || Graph.hasQuantizedActivations(model.primary())) {
            add(findings, LintRule.EDGETPU_UNMAPPED, EdgeTpu.map(model), isMeant);
        }
        return findings;
    }

    private static void add(List<Finding> findings, LintRule rule, Mapping mapping, boolean isMeant) {
        mapping.groups().stream().filter(group -> !group.isMapped()).forEach(group -> findings.add(
                rule.at(isMeant ? Severity.WARNING : Severity.NOTE, where(group), group.reason())));
    }

    private static String where(Mapping.Group group) {
        return group.count() == 1
                ? group.operator() + " #" + group.indices().getFirst()
                : "%d %s, from #%d on".formatted(group.count(), group.operator(), group.indices().getFirst());
    }
}

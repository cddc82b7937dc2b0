package dev.whittle.quantizer.microscope.device;

import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Subgraph;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Where each operator of a model's first subgraph runs.
///
/// @param target what it is mapped to
/// @param source where the rules are published
/// @param placements one for each operator, in the order of the graph
public record Mapping(String target, String source, List<Placement> placements) {
    public Mapping {
        placements = List.copyOf(placements);
    }

    /// Operators of one kind that share a fate.
    ///
    /// @param indices their numbers
    public record Group(String operator, boolean isMapped, String reason, List<Integer> indices) {
        public Group {
            indices = List.copyOf(indices);
        }

        public int count() {
            return indices.size();
        }
    }

    /// How many operators the target runs.
    public int mapped() {
        return (int) placements.stream().filter(Placement::isMapped).count();
    }

    /// The placements, equal ones together, in the order of their first operator.
    public List<Group> groups() {
        Map<Placement, List<Integer>> indices = new LinkedHashMap<>();
        for (Placement placement : placements) {
            Placement kind = new Placement(0, placement.operator(), "", placement.isMapped(), placement.reason());
            indices.computeIfAbsent(kind, _ -> new ArrayList<>()).add(placement.index());
        }
        return indices.entrySet().stream().map(entry -> new Group(entry.getKey().operator(),
                entry.getKey().isMapped(), entry.getKey().reason(), entry.getValue())).toList();
    }

    /// What a report calls an operator.
    static String kind(Operator operator) {
        return operator.options() instanceof Options.Custom custom ? custom.name() : operator.code().name();
    }

    /// The name of an operator's first output.
    static String name(Subgraph graph, Operator operator) {
        return operator.outputs().isEmpty() ? "" : graph.tensor(operator.outputs().getFirst()).name();
    }
}

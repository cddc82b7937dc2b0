package dev.whittle.engine.plan;

import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.UnsupportedModelException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// One act of planning: a subgraph and those that it calls. A subgraph is planned once for each list of input shapes, so
/// that calls nested in calls do not multiply.
final class Planning {
    private static final int MAX_DEPTH = 64;

    private final Model model;
    private final PlanOptions options;
    /// By subgraph and input shapes.
    private final List<Map<List<Shape>, Plan>> plans = new ArrayList<>();
    private int depth;
    private long operators;

    Planning(Model model, PlanOptions options) {
        this.model = model;
        this.options = options;
        for (int i = 0; i < model.subgraphs().size(); i++) {
            plans.add(new HashMap<>());
        }
    }

    Plan plan(int subgraph, List<Shape> inputShapes) {
        Map<List<Shape>, Plan> ofSubgraph = plans.get(subgraph);
        Plan known = ofSubgraph.get(inputShapes);
        if (known != null) {
            return known;
        }
        operators += model.subgraphs().get(subgraph).operators().size();
        if (operators > options.limits().maxOperators()) {
            throw new UnsupportedModelException("[" + model.source() + "] has more than "
                    + options.limits().maxOperators() + " operators to plan, the limit");
        }
        if (depth == MAX_DEPTH) {
            throw new UnsupportedModelException("[" + model.source() + "] subgraph " + subgraph
                    + ": called more than " + MAX_DEPTH + " calls deep, the limit");
        }
        depth++;
        Plan plan = new PlanBuilder(this, model, subgraph, inputShapes, options).build();
        depth--;
        ofSubgraph.put(inputShapes, plan);
        return plan;
    }
}

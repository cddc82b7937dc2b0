package dev.whittle.engine.schema;

import dev.whittle.engine.model.ModelLimits;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Subgraph;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Which subgraphs call which. A sound model has no cycle of calls, nests them a few deep, and stays within the limit of
/// operators even when each call is written out.
final class CallGraph {
    private static final int MAX_DEPTH = 64;
    private static final long UNKNOWN = -1;

    private final FlatFile file;
    private final ModelLimits limits;
    private final List<Subgraph> subgraphs;
    private final List<Integer> path = new ArrayList<>();
    private final long[] operatorCounts;

    private CallGraph(FlatFile file, ModelLimits limits, List<Subgraph> subgraphs) {
        this.file = file;
        this.limits = limits;
        this.subgraphs = subgraphs;
        this.operatorCounts = new long[subgraphs.size()];
        Arrays.fill(operatorCounts, UNKNOWN);
    }

    /// @throws dev.whittle.engine.model.MalformedModelException for a cycle
    /// @throws dev.whittle.engine.model.UnsupportedModelException for calls too deep, or too many operators
    static void requireSound(FlatFile file, ModelLimits limits, List<Subgraph> subgraphs) {
        CallGraph graph = new CallGraph(file, limits, subgraphs);
        for (int i = 0; i < subgraphs.size(); i++) {
            graph.visit(i);
        }
    }

    /// Operators that one call of the subgraph comes to, those of the subgraphs it calls among them.
    private long visit(int index) {
        if (operatorCounts[index] != UNKNOWN) {
            return operatorCounts[index];
        }
        int earlier = path.indexOf(index);
        path.add(index);
        if (earlier >= 0) {
            throw file.malformed("model", "subgraphs call each other in a cycle: " + path.subList(earlier, path.size())
                    + ", expected none");
        }
        if (path.size() > MAX_DEPTH) {
            throw file.unsupported("model", "subgraphs call each other more than " + MAX_DEPTH + " deep");
        }
        long count = 0;
        for (Operator operator : subgraphs.get(index).operators()) {
            count++;
            for (int callee : operator.options().callees()) {
                count += visit(callee);
            }
            if (count > limits.maxOperators()) {
                throw file.unsupported("subgraph " + index, "comes to more than " + limits.maxOperators()
                        + " operators with those it calls, which is the limit");
            }
        }
        path.removeLast();
        operatorCounts[index] = count;
        return count;
    }
}

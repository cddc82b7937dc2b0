package dev.whittle.quantizer.microscope.compare;

import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Subgraph;
import java.util.ArrayList;
import java.util.List;

/// Which operator of one subgraph stands for which of another: the alignment of the two sequences with the most in common,
/// where the same operator under the same name (of its first output) counts four, another operator under the same name
/// three and the same operator under another name two (Needleman and Wunsch 1970, without a price for gaps). So names lead,
/// and where they say nothing the order does.
final class GraphAlignment {
    /// Stands for an operator that the other subgraph has not.
    static final int NONE = -1;

    private static final int SAME = 4;
    private static final int SAME_NAME = 3;
    private static final int SAME_KIND = 2;
    /// What rewriters append to the name of a tensor that they put beside another.
    private static final String SUFFIX = "(_int8|_uint8|_quantized|_dequantize)$";

    private GraphAlignment() {}

    /// @param first an operator's number, or [#NONE]
    /// @param second likewise
    record Pair(int first, int second) {
    }

    /// All operators of both, in order.
    static List<Pair> of(Subgraph first, Subgraph second) {
        List<Operator> a = first.operators();
        List<Operator> b = second.operators();
        int[][] best = new int[a.size() + 1][b.size() + 1];
        for (int i = a.size() - 1; i >= 0; i--) {
            for (int j = b.size() - 1; j >= 0; j--) {
                int common = common(first, a.get(i), second, b.get(j));
                best[i][j] = Math.max(Math.max(best[i + 1][j], best[i][j + 1]),
                        common == 0 ? 0 : common + best[i + 1][j + 1]);
            }
        }
        List<Pair> pairs = new ArrayList<>();
        int i = 0;
        int j = 0;
        while (i < a.size() || j < b.size()) {
            int common = i < a.size() && j < b.size() ? common(first, a.get(i), second, b.get(j)) : 0;
            if (common > 0 && best[i][j] == common + best[i + 1][j + 1]) {
                pairs.add(new Pair(i++, j++));
            } else if (j == b.size() || i < a.size() && best[i][j] == best[i + 1][j]) {
                pairs.add(new Pair(i++, NONE));
            } else {
                pairs.add(new Pair(NONE, j++));
            }
        }
        return pairs;
    }

    private static int common(Subgraph first, Operator one, Subgraph second, Operator other) {
        String name = name(first, one);
        boolean isSameName = !name.isEmpty() && name.equals(name(second, other));
        boolean isSameKind = one.code() == other.code();
        if (isSameKind) {
            return isSameName ? SAME : SAME_KIND;
        }
        return isSameName ? SAME_NAME : 0;
    }

    private static String name(Subgraph graph, Operator operator) {
        return operator.outputs().isEmpty()
                ? ""
                : graph.tensor(operator.outputs().getFirst()).name().replaceFirst(SUFFIX, "");
    }
}

package dev.whittle.quantizer.microscope;

import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Which operators with constants of two models belong together: those of one kind and shape, in the order of both
/// models, names deciding where there is a choice. It is the best common subsequence, an equal name worth as much as ten
/// pairs of kind and shape alone.
final class OperatorAlignment {
    private static final int SAME_NAME = 10;

    private record Weighted(int number, OperatorCode code, List<Shape> shapes, String name) {
    }

    private OperatorAlignment() {}

    /// From operator numbers of `one` to those of `other`; operators without a partner are left out.
    static Map<Integer, Integer> of(Model one, Model other) {
        List<Weighted> left = weighted(one);
        List<Weighted> right = weighted(other);
        int[][] best = new int[left.size() + 1][right.size() + 1];
        for (int i = left.size() - 1; i >= 0; i--) {
            for (int j = right.size() - 1; j >= 0; j--) {
                int score = score(left.get(i), right.get(j));
                best[i][j] = Math.max(Math.max(best[i + 1][j], best[i][j + 1]),
                        score > 0 ? score + best[i + 1][j + 1] : 0);
            }
        }
        Map<Integer, Integer> pairs = new HashMap<>();
        int i = 0;
        int j = 0;
        while (i < left.size() && j < right.size()) {
            int score = score(left.get(i), right.get(j));
            if (score > 0 && best[i][j] == score + best[i + 1][j + 1]) {
                pairs.put(left.get(i++).number(), right.get(j++).number());
            } else if (best[i][j] == best[i + 1][j]) {
                i++;
            } else {
                j++;
            }
        }
        return pairs;
    }

    private static int score(Weighted one, Weighted other) {
        if (one.code() != other.code() || !one.shapes().equals(other.shapes())) {
            return 0;
        }
        return one.name().equals(other.name()) ? SAME_NAME : 1;
    }

    private static List<Weighted> weighted(Model model) {
        RealConstants constants = new RealConstants(model);
        List<Weighted> weighted = new ArrayList<>();
        List<Operator> operators = model.primary().operators();
        for (int number = 0; number < operators.size(); number++) {
            Operator operator = operators.get(number);
            // Whether there is a bias is no matter: a rewriter may add one of zeros.
            List<Shape> shapes = operator.inputs().stream().limit(2).map(constants::real).filter(Objects::nonNull)
                    .map(Tensor::shape).toList();
            if (!shapes.isEmpty() && !constants.isWidening(operator)) {
                String name = model.primary().tensor(operator.outputs().getFirst()).name();
                weighted.add(new Weighted(number, operator.code(), shapes, name.replaceAll("_int8$", "")));
            }
        }
        return weighted;
    }
}

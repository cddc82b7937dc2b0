package dev.whittle.quantizer.rewrite;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Tensor;
import dev.whittle.quantizer.rule.QuantizationRule;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Prepares a pruned model for `ModelWriter.toSparseBytes`: a filter with many zeros, which its operator takes only in full,
/// stands behind a DENSIFY, which runtimes carry out when they load the model. FLOAT32 filters of FULLY_CONNECTED need none.
/// INT4 filters stay in full: the format has no sparse form of elements below a byte.
public final class SparseRewriter {
    /// Filters with a smaller share of zeros stay as they are: indices take as much as the zeros did.
    private static final double LEAST_SPARSITY = 0.5;

    private SparseRewriter() {}

    /// The model with a DENSIFY before each filter of that kind.
    public static Model rewrite(Model model) {
        GraphRewrite graph = new GraphRewrite(model);
        Map<Integer, Integer> dense = new HashMap<>();
        for (Operator operator : graph.original().operators()) {
            List<Integer> inputs = new ArrayList<>(operator.inputs());
            if (isWeighted(operator) && isWorthIt(operator, graph.tensor(inputs.get(1)))) {
                int filter = inputs.get(1);
                inputs.set(1, dense.computeIfAbsent(filter, sparse -> densify(graph, sparse)));
            }
            graph.operator(operator.options(), inputs, operator.outputs());
        }
        return graph.finish();
    }

    private static boolean isWeighted(Operator operator) {
        return switch (operator.code()) {
            case CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED -> QuantizationRule
                    .of(operator.options()) instanceof QuantizationRule.Weighted;
            default -> false;
        };
    }

    private static boolean isWorthIt(Operator operator, Tensor filter) {
        boolean takesSparse = operator.code() == OperatorCode.FULLY_CONNECTED
                && filter.type() == ElementType.FLOAT32;
        return !takesSparse && (filter.type() == ElementType.FLOAT32 || filter.type() == ElementType.INT8)
                && sparsity(filter) >= LEAST_SPARSITY;
    }

    /// The share of zeros of a constant whose zero is code 0.
    private static double sparsity(Tensor filter) {
        if (filter.buffer() == null) {
            return 0;
        }
        ByteBuffer bytes = filter.buffer().bytes();
        int width = filter.type().bits() / Byte.SIZE;
        int elements = bytes.limit() / width;
        int zeros = 0;
        for (int i = 0; i < elements; i++) {
            zeros += (width == 1 ? bytes.get(i) : bytes.getInt(i * width)) == 0 ? 1 : 0;
        }
        return elements == 0 ? 0 : zeros / (double) elements;
    }

    private static int densify(GraphRewrite graph, int filter) {
        Tensor sparse = graph.tensor(filter);
        int full = graph.add(new Tensor(sparse.name() + "/dense", sparse.type(), sparse.shape(),
                sparse.shapeSignature(), sparse.quantization(), null, false));
        graph.operator(Options.Plain.DENSIFY, List.of(filter), List.of(full));
        return full;
    }
}

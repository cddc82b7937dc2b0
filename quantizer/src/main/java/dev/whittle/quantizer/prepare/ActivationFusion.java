package dev.whittle.quantizer.prepare;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Fuses RELU, RELU6 and RELU_N1_TO_1 into the operator before, where that has an activation to give and nothing else takes
/// its result.
final class ActivationFusion {
    private ActivationFusion() {}

    static void apply(Graph graph) {
        for (int place = 0; place < graph.operatorCount(); place++) {
            int second = graph.soleConsumer(place).orElse(-1);
            if (second == -1) {
                continue;
            }
            Operator producer = graph.operator(place);
            Activation behind = clamp(graph.operator(second).options());
            if (behind != null && activation(producer.options()) == Activation.NONE) {
                graph.merge(place, second, withActivation(producer.options(), behind).orElseThrow(),
                        producer.inputs());
                place--;
            }
        }
    }

    private static @Nullable Activation clamp(Options options) {
        return switch (options) {
            case Options.Plain.RELU -> Activation.RELU;
            case Options.Plain.RELU6 -> Activation.RELU6;
            case Options.Plain.RELU_N1_TO_1 -> Activation.RELU_N1_TO_1;
            default -> null;
        };
    }

    /// The activation of an operator that can fuse one; null for all others.
    static @Nullable Activation activation(Options options) {
        return switch (options) {
            case Options.Conv2d conv -> conv.activation();
            case Options.DepthwiseConv2d conv -> conv.activation();
            case Options.FullyConnected dense -> dense.activation();
            case Options.Add add -> add.activation();
            case Options.Sub sub -> sub.activation();
            case Options.Mul mul -> mul.activation();
            default -> null;
        };
    }

    /// The operator with another activation; empty where it has none.
    static Optional<Options> withActivation(Options options, Activation activation) {
        return Optional.ofNullable(switch (options) {
            case Options.Conv2d c -> new Options.Conv2d(c.padding(), c.strideHeight(), c.strideWidth(),
                    c.dilationHeight(), c.dilationWidth(), activation);
            case Options.DepthwiseConv2d c -> new Options.DepthwiseConv2d(c.padding(), c.strideHeight(),
                    c.strideWidth(), c.depthMultiplier(), c.dilationHeight(), c.dilationWidth(), activation);
            case Options.FullyConnected dense -> new Options.FullyConnected(activation, dense.keepNumDims(),
                    dense.asymmetricQuantizeInputs());
            case Options.Add add -> new Options.Add(activation, add.potScaleInt16());
            case Options.Sub sub -> new Options.Sub(activation, sub.potScaleInt16());
            case Options.Mul _ -> new Options.Mul(activation);
            default -> null;
        });
    }
}

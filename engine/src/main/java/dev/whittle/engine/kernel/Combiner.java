package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.OperatorCode;
import java.util.List;

/// How two elements become one, where an operator names its function by a number or by a subgraph of one operator.
/// Integers wrap at their width.
enum Combiner {
    ADD, MULTIPLY, MINIMUM, MAXIMUM, ALL, ANY,
    /** The second replaces the first. */
    REPLACE;

    /// The function of a subgraph: that of its only operator, [#REPLACE] where it has none.
    ///
    /// @throws dev.whittle.engine.model.UnsupportedModelException when it is another
    static Combiner of(Preparation p, int subgraph) {
        List<OperatorCode> operators = p.subroutine(subgraph).operators();
        if (operators.isEmpty()) {
            return REPLACE;
        }
        if (operators.size() > 1) {
            throw p.unsupported("subgraph " + subgraph + " has " + operators.size()
                    + " operators, supported is one at most");
        }
        return switch (operators.getFirst()) {
            case ADD, STABLEHLO_ADD -> ADD;
            case MUL, STABLEHLO_MULTIPLY -> MULTIPLY;
            case MINIMUM, STABLEHLO_MINIMUM -> MINIMUM;
            case MAXIMUM, STABLEHLO_MAXIMUM -> MAXIMUM;
            case LOGICAL_AND, STABLEHLO_AND -> ALL;
            case LOGICAL_OR, STABLEHLO_OR -> ANY;
            default -> throw p.unsupported("subgraph " + subgraph + " is " + operators.getFirst()
                    + ", supported are sums, products, minimum, maximum, and, or");
        };
    }

    /// Real numbers of any type: a sum or product in double precision, rounded to float afterwards, is what float
    /// arithmetic gives.
    double apply(double a, double b) {
        return switch (this) {
            case ADD -> a + b;
            case MULTIPLY -> a * b;
            case MINIMUM -> b < a ? b : a;
            case MAXIMUM -> a < b ? b : a;
            case ALL -> a != 0 && b != 0 ? 1 : 0;
            case ANY -> a != 0 || b != 0 ? 1 : 0;
            case REPLACE -> b;
        };
    }

    long apply(ElementType type, long a, long b) {
        // As signed numbers with the sign turned over, unsigned ones are ordered alike.
        long flip = type == ElementType.UINT64 ? Long.MIN_VALUE : 0;
        return switch (this) {
            case ADD -> a + b;
            case MULTIPLY -> a * b;
            case MINIMUM -> (b ^ flip) < (a ^ flip) ? b : a;
            case MAXIMUM -> (a ^ flip) < (b ^ flip) ? b : a;
            case ALL -> a != 0 && b != 0 ? 1 : 0;
            case ANY -> a != 0 || b != 0 ? 1 : 0;
            case REPLACE -> b;
        };
    }
}

package dev.whittle.engine.model;

import java.time.Duration;

/// How much one model may cost, for files from strangers: what asks for more is refused before it is granted. A limit
/// speaks of one model, one plan or one run; callers that hold several multiply.
///
/// @param maxBytes what a plan's activations and constants may take together, and what reading may allocate for data
///        that the file holds in a shorter form (sparse weights)
/// @param maxElements of one tensor
/// @param maxOperators of all subgraphs together
/// @param maxLoopIterations of all loops of one run together
/// @param maxTime of one run; it is looked at between operators
/// @param maxMultiplications of one run, as far as operators can tell beforehand
public record ModelLimits(long maxBytes, long maxElements, int maxOperators, long maxLoopIterations, Duration maxTime,
        long maxMultiplications) {

    public ModelLimits {
        requirePositive("maxBytes", maxBytes);
        requirePositive("maxElements", maxElements);
        requirePositive("maxOperators", maxOperators);
        requirePositive("maxLoopIterations", maxLoopIterations);
        requirePositive("maxMultiplications", maxMultiplications);
        if (!maxTime.isPositive()) {
            throw new IllegalArgumentException("maxTime is " + maxTime + ", must be positive");
        }
    }

    private static void requirePositive(String name, long value) {
        if (value <= 0) {
            throw new IllegalArgumentException(name + " is " + value + ", must be positive");
        }
    }

    /// Three quarters of the heap, and more of everything else than a sound model needs: 2³¹−1 elements, 2²⁰ operators,
    /// 2²⁴ iterations, ten minutes, 2⁴⁰ multiplications.
    public static ModelLimits defaults() {
        return new ModelLimits(Runtime.getRuntime().maxMemory() / 4 * 3, Integer.MAX_VALUE, 1 << 20, 1L << 24,
                Duration.ofMinutes(10), 1L << 40);
    }

    /// As this, with [#maxBytes] chosen.
    public ModelLimits withMaxBytes(long bytes) {
        return new ModelLimits(bytes, maxElements, maxOperators, maxLoopIterations, maxTime, maxMultiplications);
    }

    /// As this, with [#maxElements] chosen.
    public ModelLimits withMaxElements(long elements) {
        return new ModelLimits(maxBytes, elements, maxOperators, maxLoopIterations, maxTime, maxMultiplications);
    }

    /// As this, with [#maxOperators] chosen.
    public ModelLimits withMaxOperators(int operators) {
        return new ModelLimits(maxBytes, maxElements, operators, maxLoopIterations, maxTime, maxMultiplications);
    }

    /// As this, with [#maxLoopIterations] chosen.
    public ModelLimits withMaxLoopIterations(long iterations) {
        return new ModelLimits(maxBytes, maxElements, maxOperators, iterations, maxTime, maxMultiplications);
    }

    /// As this, with [#maxTime] chosen.
    public ModelLimits withMaxTime(Duration time) {
        return new ModelLimits(maxBytes, maxElements, maxOperators, maxLoopIterations, time, maxMultiplications);
    }

    /// As this, with [#maxMultiplications] chosen.
    public ModelLimits withMaxMultiplications(long multiplications) {
        return new ModelLimits(maxBytes, maxElements, maxOperators, maxLoopIterations, maxTime, multiplications);
    }
}

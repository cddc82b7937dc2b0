package dev.whittle.quantizer.microscope.device;

import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// How many bytes of a microcontroller's arena the activations take: every tensor from the operator that writes it to the
/// last that reads it, aligned to 16 bytes, the largest placed first at the lowest free offset. That is the plan of TFLite
/// Micro's `GreedyMemoryPlanner`.
///
/// Left out, since it depends on the build and the processor: the descriptions of tensors and operators, the multipliers of
/// channels and what else kernels keep, and their scratch. Constants stay in flash and count separately.
///
/// @param bytes of the plan
/// @param lowerBoundBytes what the busiest operator needs, whatever the plan
/// @param busiest the number of that operator; -1 where there is none
/// @param tensors how many are planned
/// @param constantBytes weights, biases and sizes, in flash
public record TensorArena(long bytes, long lowerBoundBytes, int busiest, int tensors, long constantBytes) {
    private static final long ALIGNMENT = 16;

    /// @param first the operator that writes it; -1 for an input of the graph
    /// @param last the operator that reads it last
    private record Life(int tensor, long bytes, int first, int last) {
        boolean meets(Life other) {
            return first <= other.last && other.first <= last;
        }
    }

    private record Placed(Life life, long offset) {
        long end() {
            return offset + life.bytes;
        }
    }

    /// The arena of a subgraph with the shapes that the file gives.
    public static TensorArena of(Subgraph graph) {
        List<Life> lives = lives(graph);
        List<Placed> placed = new ArrayList<>();
        long bytes = 0;
        List<Life> bySize = lives.stream()
                .sorted(Comparator.comparingLong(Life::bytes).reversed().thenComparingInt(Life::tensor)).toList();
        for (Life life : bySize) {
            long offset = 0;
            List<Placed> neighbours = placed.stream().filter(other -> other.life.meets(life))
                    .sorted(Comparator.comparingLong(Placed::offset)).toList();
            for (Placed other : neighbours) {
                if (offset + life.bytes > other.offset) {
                    offset = Math.max(offset, other.end());
                }
            }
            placed.add(new Placed(life, offset));
            bytes = Math.max(bytes, offset + life.bytes);
        }
        long busiestBytes = 0;
        int busiest = -1;
        for (int step = 0; step < graph.operators().size(); step++) {
            int at = step;
            long alive = lives.stream().filter(life -> life.first <= at && at <= life.last).mapToLong(Life::bytes)
                    .sum();
            if (alive > busiestBytes) {
                busiestBytes = alive;
                busiest = step;
            }
        }
        long constants = graph.tensors().stream().map(Tensor::buffer).mapToLong(
                buffer -> buffer == null ? 0 : buffer.byteLength()).sum();
        return new TensorArena(bytes, busiestBytes, busiest, lives.size(), constants);
    }

    private static List<Life> lives(Subgraph graph) {
        int steps = graph.operators().size();
        List<Life> lives = new ArrayList<>();
        for (int tensor = 0; tensor < graph.tensors().size(); tensor++) {
            Tensor described = graph.tensor(tensor);
            if (described.isConstant() || described.type().bits() == 0) {
                continue;
            }
            int first = graph.inputs().contains(tensor) || described.isVariable() ? -1 : steps;
            int last = graph.outputs().contains(tensor) || described.isVariable() ? steps : -1;
            for (int step = 0; step < steps; step++) {
                Operator operator = graph.operators().get(step);
                if (operator.outputs().contains(tensor)) {
                    first = Math.min(first, step);
                    last = Math.max(last, step);
                }
                if (operator.inputs().contains(tensor)) {
                    last = Math.max(last, step);
                }
            }
            if (first < steps) {
                lives.add(new Life(tensor, aligned(described), first, last));
            }
        }
        return lives;
    }

    private static long aligned(Tensor tensor) {
        long bytes = tensor.type().byteLength(tensor.shape().elementCount());
        return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
    }
}

package dev.whittle.quantizer.prepare;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Tensor;
import dev.whittle.quantizer.rewrite.GraphRewrite;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A subgraph while operators are folded into each other. Operators are spoken of by their place, from 0.
final class Graph {
    private final Model original;
    private final GraphRewrite rewrite;
    private final List<Operator> operators;
    private boolean isChanged;

    Graph(Model original) {
        this.original = original;
        this.rewrite = new GraphRewrite(original);
        this.operators = new ArrayList<>(original.primary().operators());
    }

    Model original() {
        return original;
    }

    int operatorCount() {
        return operators.size();
    }

    Operator operator(int place) {
        return operators.get(place);
    }

    Tensor tensor(int index) {
        return rewrite.tensor(index);
    }

    int add(Tensor tensor) {
        return rewrite.add(tensor);
    }

    /// The elements of a FLOAT32 constant, or null where a tensor is none.
    float @Nullable [] reals(int index) {
        Buffer data = index == Operator.ABSENT ? null : tensor(index).buffer();
        return data != null && tensor(index).type() == ElementType.FLOAT32 ? data.toFloats() : null;
    }

    /// The place of the operator that alone takes the given one's only output, which no caller sees.
    Optional<Integer> soleConsumer(int place) {
        Operator producer = operators.get(place);
        if (producer.outputs().size() != 1) {
            return Optional.empty();
        }
        int output = producer.outputs().getFirst();
        if (isEnd(output)) {
            return Optional.empty();
        }
        int consumer = -1;
        for (int other = 0; other < operators.size(); other++) {
            for (int input : operators.get(other).inputs()) {
                if (input == output) {
                    if (consumer != -1) {
                        return Optional.empty();
                    }
                    consumer = other;
                }
            }
        }
        return consumer == -1 ? Optional.empty() : Optional.of(consumer);
    }

    /// Whether callers read a tensor.
    boolean isEnd(int index) {
        return original.primary().outputs().contains(index);
    }

    /// Replaces two operators, the second of which alone takes the first one's output, by one in the second one's place.
    void merge(int first, int second, Options options, List<Integer> inputs) {
        Operator last = operators.get(second);
        Operator kept = operators.get(operators.get(first).options().code() == options.code() ? first : second);
        operators.set(second, new Operator(options, inputs, last.outputs(), kept.version()));
        operators.remove(first);
        isChanged = true;
    }

    /// Takes an operator out and makes its outputs constants.
    void replaceByConstants(int place, List<Buffer> values, List<Tensor> described) {
        Operator operator = operators.remove(place);
        for (int number = 0; number < values.size(); number++) {
            Tensor constant = described.get(number).withBuffer(values.get(number));
            rewrite.replace(operator.outputs().get(number), _ -> constant);
        }
        isChanged = true;
    }

    /// The model as it is now.
    Model model() {
        if (!isChanged) {
            return original;
        }
        operators.forEach(operator -> rewrite.operator(operator, operator.options(), operator.inputs()));
        return rewrite.finish();
    }
}

package dev.whittle.quantizer.microscope;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.TensorView;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.plan.PlanOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One operator as a model of its own, so that it can be run on inputs of any origin. Used by one thread at a time.
final class OperatorStep implements AutoCloseable {
    private final Interpreter interpreter;

    /// @param model of [#model]
    OperatorStep(Model model) {
        interpreter = Interpreter.of(model, PlanOptions.defaults());
    }

    /// The model of one operator. Inputs that are not constant are the model's inputs, in their order.
    ///
    /// @param inputs null for one that is absent
    static Model model(String source, Options options, List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        List<Tensor> tensors = new ArrayList<>();
        List<Integer> reads = new ArrayList<>();
        List<Integer> ends = new ArrayList<>();
        for (Tensor input : inputs) {
            if (input == null) {
                reads.add(Operator.ABSENT);
                continue;
            }
            reads.add(tensors.size());
            if (!input.isConstant()) {
                ends.add(tensors.size());
            }
            tensors.add(input);
        }
        List<Integer> writes = new ArrayList<>();
        for (Tensor output : outputs) {
            writes.add(tensors.size());
            tensors.add(output);
        }
        Subgraph subgraph =
                new Subgraph("step", tensors, ends, writes, List.of(new Operator(options, reads, writes, 1)));
        return new Model(source, Model.SCHEMA_VERSION, "", List.of(subgraph), List.of(), List.of());
    }

    /// The outputs as real numbers, from the inputs that are not constant as real numbers.
    List<float[]> run(List<float[]> inputs) {
        for (int i = 0; i < inputs.size(); i++) {
            interpreter.input(i).putFloats(inputs.get(i));
        }
        interpreter.invoke();
        return interpreter.outputs().stream().map(TensorView::toFloats).toList();
    }

    /// As [#run], all elements as they are held.
    List<ByteBuffer> runRaw(List<ByteBuffer> inputs) {
        for (int i = 0; i < inputs.size(); i++) {
            interpreter.input(i).putBytes(inputs.get(i).duplicate().order(ByteOrder.LITTLE_ENDIAN));
        }
        interpreter.invoke();
        return interpreter.outputs().stream().map(TensorView::toBytes).toList();
    }

    @Override
    public void close() {
        interpreter.close();
    }
}

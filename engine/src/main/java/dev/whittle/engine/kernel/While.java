package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// WHILE: passes the loop's variables to the body as long as the condition, a subgraph with one BOOL output of one
/// element, holds for them. The outputs are the variables after the last pass, and hold them during the loop. Where the
/// body changes a shape, the run decides all shapes.
///
/// How often it may go round in one run is limited. Source: LiteRT `kernels/while.cc`.
final class While implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return EnumSet.allOf(ElementType.class);
    }

    @Override
    public boolean isStateful() {
        return true;
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        Options.While options = (Options.While) p.options();
        List<Shape> variables = new ArrayList<>();
        for (int i = 0; i < p.inputCount(); i++) {
            TensorChecks.present(p, i);
            variables.add(p.inputTensor(i).shape());
        }
        Subroutine condition = p.subroutine(options.condSubgraph());
        List<Tensor> verdict = condition.outputs();
        if (verdict.size() != 1 || verdict.getFirst().type() != ElementType.BOOL) {
            throw p.malformed("condition, subgraph " + options.condSubgraph() + ", gives "
                    + verdict.stream().map(tensor -> tensor.type().name()).toList() + ", must give one BOOL");
        }
        requireSameCount(p, condition, options.condSubgraph());
        Subroutine body = p.subroutine(options.bodySubgraph());
        ControlFlow.requireMatch(p, body, options.bodySubgraph(), 0);
        condition.outputShapes(variables);
        if (body.outputShapes(variables).equals(variables)) {
            return variables;
        }
        return variables.stream().map(variable -> Shape.of(-1)).toList();
    }

    private static void requireSameCount(Preparation p, Subroutine condition, int subgraph) {
        List<Tensor> parameters = condition.inputs();
        if (parameters.size() != p.inputCount()) {
            throw p.malformed("passes " + p.inputCount() + " tensors to subgraph " + subgraph + ", which takes "
                    + parameters.size());
        }
        for (int i = 0; i < parameters.size(); i++) {
            if (parameters.get(i).type() != p.inputTensor(i).type()) {
                throw p.malformed("passes " + p.inputTensor(i).type() + " for input " + i + " of subgraph " + subgraph
                        + ", which takes " + parameters.get(i).type());
            }
        }
    }

    @Override
    public Kernel prepare(Preparation p) {
        Options.While options = (Options.While) p.options();
        Subroutine condition = p.subroutine(options.condSubgraph());
        Subroutine body = p.subroutine(options.bodySubgraph());
        int count = p.inputCount();
        List<Slot> inputs = new ArrayList<>();
        List<Slot> outputs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            inputs.add(p.input(i));
            outputs.add(p.output(i));
        }
        boolean isFixed = outputs.stream().allMatch(output -> output.shape().isKnown());
        String where = p.where();
        return memory -> {
            Frame conditionFrame = condition.frame(memory);
            Frame bodyFrame = body.frame(memory);
            List<Slot> variables = isFixed ? outputs : new ArrayList<>(outputs);
            for (int i = 0; i < count; i++) {
                Slot from = inputs.get(i);
                if (!isFixed) {
                    variables.set(i, memory.shaped(outputs.get(i), from.shape()));
                }
                Slot to = variables.get(i);
                System.arraycopy(memory.array(from), memory.offset(from), memory.array(to), memory.offset(to),
                        from.elementCount() * StorageType.width(from.type()));
            }
            while (holds(conditionFrame, memory, variables, where)) {
                memory.countLoop(where);
                bodyFrame.call(memory, variables);
                for (int i = 0; i < count; i++) {
                    if (!isFixed) {
                        variables.set(i, memory.shaped(outputs.get(i), bodyFrame.result(i).shape()));
                    }
                    bodyFrame.copyResult(i, memory, variables.get(i));
                }
            }
        };
    }

    private static boolean holds(Frame condition, Memory memory, List<Slot> variables, String where) {
        condition.call(memory, variables);
        Slot verdict = condition.result(0);
        if (verdict.elementCount() != 1) {
            throw new MalformedModelException(
                    where + "condition gives shape " + verdict.shape() + ", must give one element");
        }
        return condition.memory().bytes(verdict)[condition.memory().offset(verdict)] != 0;
    }
}

package dev.whittle.engine.plan;

import dev.whittle.engine.kernel.Frame;
import dev.whittle.engine.kernel.Memory;
import dev.whittle.engine.kernel.Slot;
import dev.whittle.engine.kernel.Subroutine;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A subgraph at one place where it is called.
final class PlannedSubroutine implements Subroutine {
    private final Supplier<Planning> planning;
    private final Model model;
    private final PlanOptions options;
    private final int subgraph;
    /// The plan for the shapes asked about last; frames start from it.
    private @Nullable Plan plan;

    /// @param planning the act of planning that this is a part of, or a new one each time
    PlannedSubroutine(Supplier<Planning> planning, Model model, int subgraph, PlanOptions options) {
        this.planning = planning;
        this.model = model;
        this.subgraph = subgraph;
        this.options = options;
    }

    @Override
    public List<Tensor> inputs() {
        Subgraph called = model.subgraphs().get(subgraph);
        return called.inputs().stream().map(called::tensor).toList();
    }

    @Override
    public List<Tensor> outputs() {
        Subgraph called = model.subgraphs().get(subgraph);
        return called.outputs().stream().map(called::tensor).toList();
    }

    @Override
    public List<OperatorCode> operators() {
        return model.subgraphs().get(subgraph).operators().stream().map(Operator::code).toList();
    }

    @Override
    public List<Shape> outputShapes(List<Shape> inputShapes) {
        Plan planned = planning.get().plan(subgraph, inputShapes);
        plan = planned;
        return planned.subgraph().outputs().stream().map(output -> planned.tensors().get(output).shape()).toList();
    }

    @Override
    public Frame frame(Memory caller) {
        return ((Arena) caller).frame(this);
    }

    /// Memory for the calls of one interpreter from one place.
    Frame newFrame(InterpreterState state) {
        return new CallFrame(state, plan);
    }

    private final class CallFrame implements Frame {
        private final InterpreterState state;
        private @Nullable Plan current;
        private Arena arena = Arena.empty();

        CallFrame(InterpreterState state, @Nullable Plan plan) {
            this.state = state;
            if (plan != null) {
                use(plan);
            }
        }

        private Arena use(Plan plan) {
            arena.release();
            arena = plan.newArena(state);
            current = plan;
            return arena;
        }

        @Override
        public void call(Memory caller, List<Slot> arguments) {
            Arena into = current != null && fits(current, arguments) ? arena : use(replan(arguments));
            List<Integer> inputs = model.subgraphs().get(subgraph).inputs();
            for (int i = 0; i < arguments.size(); i++) {
                into.copyFrom(caller, arguments.get(i), inputs.get(i));
            }
            into.run();
        }

        private boolean fits(Plan plan, List<Slot> arguments) {
            List<Integer> inputs = plan.subgraph().inputs();
            for (int i = 0; i < arguments.size(); i++) {
                if (!plan.tensors().get(inputs.get(i)).shape().equals(arguments.get(i).shape())) {
                    return false;
                }
            }
            return true;
        }

        private Plan replan(List<Slot> arguments) {
            Plan prepared = plan;
            if (prepared != null && fits(prepared, arguments)) {
                return prepared;
            }
            List<Shape> shapes = new ArrayList<>(arguments.size());
            arguments.forEach(argument -> shapes.add(argument.shape()));
            return new Planning(model, options).plan(subgraph, shapes);
        }

        @Override
        public Slot result(int output) {
            return arena.slot(model.subgraphs().get(subgraph).outputs().get(output));
        }

        @Override
        public Memory memory() {
            return arena;
        }

    }

    /// Lets go of a frame's memory.
    static void release(Frame frame) {
        ((CallFrame) frame).arena.release();
    }

    /// Fills the variables of a frame with zeros.
    static void resetVariables(Frame frame) {
        CallFrame call = (CallFrame) frame;
        if (call.current != null) {
            call.arena.resetVariables();
        }
    }
}

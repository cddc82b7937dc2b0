package dev.whittle.engine.plan;

import dev.whittle.engine.kernel.Kernel;
import dev.whittle.engine.kernel.Memory;
import dev.whittle.engine.kernel.OperatorKernel;
import dev.whittle.engine.kernel.Slot;
import dev.whittle.engine.kernel.StorageType;
import dev.whittle.engine.kernel.Subroutine;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// An operator that can be prepared at run time only, because the shape of an input or a value that decides is computed.
/// It is bound when it first runs, and bound anew when those shapes or values have changed.
final class DeferredOperator implements Kernel {
    private final int number;
    private final int index;
    private final Operator operator;
    private final OperatorKernel rule;

    /// @param number of this one among the deferred operators of its plan
    /// @param index of the operator in its subgraph
    DeferredOperator(int number, int index, Operator operator, OperatorKernel rule) {
        this.number = number;
        this.index = index;
        this.operator = operator;
        this.rule = rule;
    }

    @Override
    public void invoke(Memory memory) {
        Arena arena = (Arena) memory;
        Binding binding = arena.binding(number);
        if (binding == null || !binding.holds(arena)) {
            RunScope scope = new RunScope(arena, binding == null ? new HashMap<>() : binding.subroutines());
            if (binding != null) {
                // Gone before the new one is made: a failure must not leave one that no longer fits.
                arena.bind(number, null);
                binding.scratch().forEach(arena::release);
            }
            binding = scope.bind();
            arena.bind(number, binding);
        }
        binding.kernel().invoke(arena);
    }

    /// Preparation over the memory of one run.
    private final class RunScope implements Scope {
        private final Arena arena;
        private final List<Binding.Values> values = new ArrayList<>();
        /// What was read of them, since a shape rule and a binding ask for the same.
        private final Map<Integer, Buffer> read = new HashMap<>();
        private final List<Slot> scratch = new ArrayList<>();
        private final Map<Integer, Subroutine> subroutines;
        /// Outputs whose shape the kernel gives while it runs.
        private final BitSet undecided = new BitSet();

        RunScope(Arena arena, Map<Integer, Subroutine> subroutines) {
            this.arena = arena;
            this.subroutines = subroutines;
        }

        Binding bind() {
            OperatorPreparation preparation = new OperatorPreparation(this, index, operator);
            preparation.requireType(rule);
            List<Shape> shapes = preparation.outputShapes(rule);
            for (int i = 0; i < shapes.size(); i++) {
                int output = operator.outputs().get(i);
                if (!shapes.get(i).isKnown()) {
                    undecided.set(output);
                } else if (arena.plan().slot(output) == null) {
                    arena.shaped(output, shapes.get(i));
                }
            }
            Kernel kernel = preparation.prepare(rule);
            List<Binding.Input> inputs = new ArrayList<>();
            for (int input : operator.inputs()) {
                if (input != Operator.ABSENT && !arena.plan().tensors().get(input).isConstant()) {
                    inputs.add(new Binding.Input(input, arena.slot(input).shape()));
                }
            }
            return new Binding(kernel, inputs, values, scratch, subroutines);
        }

        @Override
        public Model model() {
            return arena.plan().model();
        }

        @Override
        public PlanOptions options() {
            return arena.plan().options();
        }

        @Override
        public Tensor tensor(int tensor) {
            return arena.tensor(tensor);
        }

        @Override
        public Slot use(int tensor) {
            if (arena.plan().tensors().get(tensor).isConstant() && arena.plan().slot(tensor) == null) {
                return arena.hold(tensor);
            }
            if (undecided.get(tensor)) {
                Tensor output = arena.tensor(tensor);
                return new Slot(tensor, output.name(), output.type(), Plan.UNKNOWN, output.quantization());
            }
            return arena.slot(tensor);
        }

        @Override
        public Slot scratch(int operatorIndex, ElementType type, int elementCount) {
            Slot slot = arena.scratch("scratch of operator #" + operatorIndex, type, elementCount);
            scratch.add(slot);
            return slot;
        }

        @Override
        public Buffer values(int tensor) {
            Buffer constant = arena.plan().tensors().get(tensor).buffer();
            return constant != null ? constant : read.computeIfAbsent(tensor, this::readNow);
        }

        private Buffer readNow(int tensor) {
            Slot slot = arena.slot(tensor);
            StorageType storage = StorageType.of(slot.type());
            int count = slot.elementCount() * StorageType.width(slot.type());
            if (storage != null) {
                Object copy = storage.allocate(count);
                System.arraycopy(arena.array(slot), arena.offset(slot), copy, 0, count);
                values.add(new Binding.Values(tensor, copy, count));
            }
            return Buffer.wrap(Elements.read(arena, slot));
        }

        @Override
        public Subroutine subroutine(int subgraph) {
            return subroutines.computeIfAbsent(subgraph, _ -> new PlannedSubroutine(
                    () -> new Planning(model(), options()), model(), subgraph, options()));
        }
    }
}

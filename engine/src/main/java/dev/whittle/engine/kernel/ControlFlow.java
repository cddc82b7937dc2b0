package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// The operators that call other subgraphs once: CALL, CALL_ONCE, IF, STABLEHLO_CASE and STABLEHLO_COMPOSITE. What a
/// subgraph takes is copied into its own memory, and what it gives is copied back.
///
/// IF picks by the first (and only) element of input 0, STABLEHLO_CASE by its number, an index out of range meaning the
/// last branch. CALL_ONCE runs its subgraph in the first run of an interpreter only. Where branches give different
/// shapes, the run decides.
///
/// Source: LiteRT `kernels/if.cc`, `kernels/call_once.cc`, `kernels/stablehlo_composite.cc`, `kernels/stablehlo_case.cc`.
final class ControlFlow implements OperatorKernel {

    /// Which of the operators.
    enum Kind {
        CALL, CALL_ONCE, IF, CASE, COMPOSITE
    }

    private final Kind kind;

    ControlFlow(Kind kind) {
        this.kind = kind;
    }

    @Override
    public Set<ElementType> types() {
        return switch (kind) {
            case IF -> Set.of(ElementType.BOOL);
            case CASE -> Set.of(ElementType.INT32);
            case CALL, CALL_ONCE, COMPOSITE -> EnumSet.allOf(ElementType.class);
        };
    }

    @Override
    public boolean isStateful() {
        return true;
    }

    private List<Integer> branches(Preparation p) {
        return switch (p.options()) {
            case Options.If branches -> List.of(branches.thenSubgraph(), branches.elseSubgraph());
            case Options.StablehloCase branches -> branches.branchSubgraphs();
            case Options.Call call -> List.of(call.subgraph());
            case Options.CallOnce call -> List.of(call.initSubgraph());
            case Options.StablehloComposite composite -> List.of(composite.decompositionSubgraph());
            default -> throw new AssertionError(p.options());
        };
    }

    /// The inputs before those that are passed on.
    private int ownInputs() {
        return kind == Kind.IF || kind == Kind.CASE ? 1 : 0;
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        List<Integer> branches = branches(p);
        if (branches.isEmpty()) {
            throw p.malformed("no branch, must have at least one");
        }
        if (ownInputs() > 0) {
            TensorChecks.present(p, 0);
            if (p.inputTensor(0).shape().elementCount() != 1) {
                throw p.malformed("input 0 has shape " + p.inputTensor(0).shape() + ", must be one element");
            }
        }
        List<Shape> arguments = new ArrayList<>();
        for (int i = ownInputs(); i < p.inputCount(); i++) {
            TensorChecks.present(p, i);
            arguments.add(p.inputTensor(i).shape());
        }
        List<Shape> common = shapes(p, branches.getFirst(), arguments);
        for (int branch : branches.subList(1, branches.size())) {
            common = common(common, shapes(p, branch, arguments));
        }
        return common;
    }

    private List<Shape> shapes(Preparation p, int branch, List<Shape> arguments) {
        Subroutine subroutine = p.subroutine(branch);
        requireMatch(p, subroutine, branch, ownInputs());
        return subroutine.outputShapes(arguments);
    }

    private static List<Shape> common(List<Shape> some, List<Shape> others) {
        List<Shape> common = new ArrayList<>();
        for (int i = 0; i < some.size(); i++) {
            common.add(some.get(i).equals(others.get(i)) ? some.get(i) : Shape.of(-1));
        }
        return common;
    }

    /// Refuses a subgraph that does not take what the operator gives, from input `first` on, or gives what it does not
    /// take.
    static void requireMatch(Preparation p, Subroutine subroutine, int subgraph, int first) {
        List<Tensor> parameters = subroutine.inputs();
        if (parameters.size() != p.inputCount() - first) {
            throw p.malformed("passes " + (p.inputCount() - first) + " tensors to subgraph " + subgraph
                    + ", which takes " + parameters.size());
        }
        for (int i = 0; i < parameters.size(); i++) {
            if (parameters.get(i).type() != p.inputTensor(first + i).type()) {
                throw p.malformed("passes " + p.inputTensor(first + i).type() + " for input " + i + " of subgraph "
                        + subgraph + ", which takes " + parameters.get(i).type());
            }
        }
        List<Tensor> results = subroutine.outputs();
        if (results.size() != p.outputCount()) {
            throw p.malformed("takes " + p.outputCount() + " tensors from subgraph " + subgraph + ", which gives "
                    + results.size());
        }
        for (int i = 0; i < results.size(); i++) {
            if (results.get(i).type() != p.outputTensor(i).type()) {
                throw p.malformed("takes " + p.outputTensor(i).type() + " from output " + i + " of subgraph "
                        + subgraph + ", which gives " + results.get(i).type());
            }
        }
    }

    @Override
    public Kernel prepare(Preparation p) {
        List<Integer> branches = branches(p);
        List<Subroutine> subroutines = branches.stream().map(p::subroutine).toList();
        List<Slot> arguments = new ArrayList<>();
        for (int i = ownInputs(); i < p.inputCount(); i++) {
            arguments.add(p.input(i));
        }
        List<Slot> results = new ArrayList<>();
        for (int i = 0; i < p.outputCount(); i++) {
            results.add(p.output(i));
        }
        return switch (kind) {
            case CALL, COMPOSITE -> memory -> call(subroutines.getFirst(), memory, arguments, results);
            case CALL_ONCE -> {
                int subgraph = branches.getFirst();
                yield memory -> {
                    if (memory.resources().isFirstRun(subgraph)) {
                        call(subroutines.getFirst(), memory, arguments, results);
                    }
                };
            }
            case IF -> {
                Slot condition = p.input(0);
                yield memory -> {
                    boolean isTrue = memory.bytes(condition)[memory.offset(condition)] != 0;
                    call(subroutines.get(isTrue ? 0 : 1), memory, arguments, results);
                };
            }
            case CASE -> {
                Slot index = p.input(0);
                int last = subroutines.size() - 1;
                yield memory -> {
                    int branch = memory.ints(index)[memory.offset(index)];
                    call(subroutines.get(branch < 0 || branch > last ? last : branch), memory, arguments, results);
                };
            }
        };
    }

    private static void call(Subroutine subroutine, Memory memory, List<Slot> arguments, List<Slot> results) {
        Frame frame = subroutine.frame(memory);
        frame.call(memory, arguments);
        for (int i = 0; i < results.size(); i++) {
            frame.copyResult(i, memory, results.get(i));
        }
    }
}

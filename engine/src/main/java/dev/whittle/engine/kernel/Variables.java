package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// The operators on variables that outlive a run: VAR_HANDLE gives the number of a variable by its name, ASSIGN_VARIABLE
/// stores a copy of a tensor in it, READ_VARIABLE gives what was stored last. A variable takes the type and shape of
/// what it is assigned. Source: LiteRT `kernels/var_handle.cc`, `assign_variable.cc`, `read_variable.cc`.
final class Variables implements OperatorKernel {

    /// Which of the operators.
    enum Kind {
        VAR_HANDLE, READ, ASSIGN
    }

    private final Kind kind;

    Variables(Kind kind) {
        this.kind = kind;
    }

    @Override
    public Set<ElementType> types() {
        return switch (kind) {
            case VAR_HANDLE -> Set.of(ElementType.RESOURCE);
            // Old files type a handle as INT32.
            case READ, ASSIGN -> Set.of(ElementType.RESOURCE, ElementType.INT32);
        };
    }

    @Override
    public int typedInput() {
        return kind == Kind.VAR_HANDLE ? -1 : 0;
    }

    @Override
    public boolean isStateful() {
        return true;
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        return switch (kind) {
            case VAR_HANDLE -> {
                TensorChecks.counts(p, 0, 0);
                yield List.of(Shape.of(1));
            }
            case READ -> {
                TensorChecks.counts(p, 1, 1);
                requireOne(p);
                Tensor output = p.outputTensor(0);
                Shape declared = output.shapeSignature();
                // An empty shape of a file says nothing; the variable knows better.
                yield List.of(declared.isKnown() && declared.rank() > 0 ? declared : Shape.of(-1));
            }
            case ASSIGN -> {
                TensorChecks.counts(p, 2, 2, 0);
                requireOne(p);
                yield List.of();
            }
        };
    }

    private static void requireOne(Preparation p) {
        if (p.inputTensor(0).shape().elementCount() != 1) {
            throw p.malformed("variable has shape " + p.inputTensor(0).shape() + ", must be one element");
        }
    }

    @Override
    public Kernel prepare(Preparation p) {
        return switch (kind) {
            case VAR_HANDLE -> {
                Options.VarHandle options = (Options.VarHandle) p.options();
                Resources.VariableName name = new Resources.VariableName(options.container(), options.sharedName());
                Slot handle = p.output(0);
                yield memory -> memory.ints(handle)[memory.offset(handle)] = memory.resources().variable(name);
            }
            case READ -> read(p);
            case ASSIGN -> assign(p);
        };
    }

    private static Kernel read(Preparation p) {
        Slot handle = p.input(0);
        Slot output = p.output(0);
        String where = p.where();
        return memory -> {
            Resources.Variable variable = memory.resources().read(memory.ints(handle)[memory.offset(handle)]);
            if (variable == null) {
                throw new MalformedModelException(where + "reads a variable that nothing was assigned to");
            }
            if (variable.type() != output.type()
                    || output.shape().isKnown() && !output.shape().equals(variable.shape())) {
                throw new MalformedModelException(where + "variable holds " + variable.type() + " " + variable.shape()
                        + ", expected " + output.type() + " " + output.shape());
            }
            Slot into = output.shape().isKnown() ? output : memory.shaped(output, variable.shape());
            System.arraycopy(variable.elements(), 0, memory.array(into), memory.offset(into),
                    into.elementCount() * StorageType.width(into.type()));
        };
    }

    private static Kernel assign(Preparation p) {
        Slot handle = p.input(0);
        Slot value = p.input(1);
        StorageType storage = StorageType.of(value.type());
        if (storage == null || !EnumSet.complementOf(EnumSet.of(ElementType.RESOURCE)).contains(value.type())) {
            throw p.unsupported("assigns " + value.type() + ", supported are numbers and strings");
        }
        int length = value.elementCount() * StorageType.width(value.type());
        String where = p.where();
        return memory -> {
            int number = memory.ints(handle)[memory.offset(handle)];
            Resources.Variable present = memory.resources().read(number);
            Resources.Variable variable = present != null && present.type() == value.type()
                    && present.shape().equals(value.shape())
                            ? present
                            : new Resources.Variable(value.type(), value.shape(), storage.allocate(length));
            System.arraycopy(memory.array(value), memory.offset(value), variable.elements(), 0, length);
            if (!memory.resources().assign(number, variable)) {
                throw new MalformedModelException(where + "assigns to variable " + number + ", which does not exist");
            }
        };
    }
}

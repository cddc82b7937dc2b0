package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// FILL and ZEROS_LIKE: a tensor of the shape in input 0 that holds input 1 everywhere, and one of the shape of input 0
/// that holds 0.
final class Fill implements OperatorKernel {

    /// Where shape and value come from.
    enum Kind {
        FILL, ZEROS_LIKE
    }

    private final Kind kind;

    Fill(Kind kind) {
        this.kind = kind;
    }

    @Override
    public Set<ElementType> types() {
        return kind == Kind.FILL ? Movement.types()
                : EnumSet.of(ElementType.FLOAT32, ElementType.FLOAT16, ElementType.BFLOAT16, ElementType.FLOAT64,
                        ElementType.INT32, ElementType.INT64);
    }

    @Override
    public int typedInput() {
        return kind == Kind.FILL ? 1 : 0;
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        if (kind == Kind.ZEROS_LIKE) {
            TensorChecks.counts(p, 1, 1);
            return List.of(p.inputTensor(0).shape());
        }
        TensorChecks.counts(p, 2, 2);
        TensorChecks.isInteger(p, "shape", p.inputTensor(0));
        TensorChecks.rank(p, "shape", p.inputTensor(0), 1);
        TensorChecks.elementCount(p, "value", p.inputTensor(1), 1);
        return List.of(TensorChecks.shape(p, "shape", p.intValues(0)));
    }

    @Override
    public Kernel prepare(Preparation p) {
        ElementType type = p.inputTensor(typedInput()).type();
        TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        Slot output = p.output(0);
        if (kind == Kind.ZEROS_LIKE) {
            return Movement.fill(Movement.zero(type), output);
        }
        TensorChecks.sameQuantization(p, "value", p.inputTensor(1), "the output", p.outputTensor(0));
        return Movement.fill(p.input(1), output);
    }
}

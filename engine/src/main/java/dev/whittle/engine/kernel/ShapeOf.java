package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// SHAPE and RANK: the dimensions of the input as a vector of INT32 or INT64, and their number as an INT32 scalar.
final class ShapeOf implements OperatorKernel {

    /// What is asked.
    enum Kind {
        DIMENSIONS, RANK
    }

    private final Kind kind;

    ShapeOf(Kind kind) {
        this.kind = kind;
    }

    @Override
    public Set<ElementType> types() {
        return EnumSet.allOf(ElementType.class);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 1, 1);
        return List.of(kind == Kind.RANK ? Shape.of() : Shape.of(p.inputTensor(0).shape().rank()));
    }

    @Override
    public Kernel prepare(Preparation p) {
        Shape shape = p.inputTensor(0).shape();
        ElementType type = kind == Kind.RANK ? ElementType.INT32 : ((Options.ShapeOf) p.options()).outputType();
        TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        TensorChecks.isInteger(p, "output", p.outputTensor(0));
        int[] values = kind == Kind.RANK ? new int[]{shape.rank()} : shape.toArray();
        Object elements = type == ElementType.INT32 ? values : Arrays.stream(values).asLongStream().toArray();
        Slot output = p.output(0);
        return memory -> Movement.run(elements, 0, 1, memory.array(output), memory.offset(output), 1, values.length);
    }
}

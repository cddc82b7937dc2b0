package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// DENSIFY: sparse weights as dense ones. Constants are dense from when the file is read, so this is a copy.
final class Densify implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return Movement.types();
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 1, 1);
        return List.of(p.inputTensor(0).shape());
    }

    @Override
    public Kernel prepare(Preparation p) {
        TensorChecks.sameType(p, "output", p.outputTensor(0), p.inputTensor(0).type());
        return Movement.view(p);
    }
}

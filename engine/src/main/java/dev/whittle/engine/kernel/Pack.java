package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// PACK: inputs of one shape stacked along a new axis; a negative axis counts from the end of the output.
final class Pack implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return Movement.types();
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        int count = ((Options.Pack) p.options()).valuesCount();
        if (count < 1) {
            throw p.malformed("values_count is " + count + ", must be 1 or more");
        }
        TensorChecks.counts(p, count, count);
        Shape input = p.inputTensor(0).shape();
        for (int i = 1; i < count; i++) {
            TensorChecks.sameShape(p, "input " + i, p.inputTensor(i), input);
        }
        return List.of(ExpandDims.expanded(input, axis(p, input), count));
    }

    private static int axis(Preparation p, Shape input) {
        return Axis.of(p, ((Options.Pack) p.options()).axis(), input.rank() + 1);
    }

    @Override
    public Kernel prepare(Preparation p) {
        ElementType type = p.inputTensor(0).type();
        TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        Slot output = p.output(0);
        Shape input = p.inputTensor(0).shape();
        int axis = axis(p, input);
        int[] outputSteps = Movement.denseSteps(output.shape());
        Shape part = output.shape().withDimension(axis, 1);
        List<Kernel> copies = new ArrayList<>();
        for (int i = 0; i < p.inputCount(); i++) {
            TensorChecks.sameType(p, "input " + i, p.inputTensor(i), type);
            copies.add(Movement.strided(p.input(i), 0, Movement.denseSteps(part), output, i * outputSteps[axis],
                    outputSteps, part.toArray()));
        }
        return Movement.sequence(copies);
    }
}

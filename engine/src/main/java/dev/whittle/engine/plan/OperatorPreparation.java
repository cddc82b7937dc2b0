package dev.whittle.engine.plan;

import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.kernel.Preparation;
import dev.whittle.engine.kernel.Slot;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;

/// What one operator sees while a plan is built.
final class OperatorPreparation implements Preparation {
    private final PlanBuilder builder;
    private final int index;
    private final Operator operator;

    OperatorPreparation(PlanBuilder builder, int index, Operator operator) {
        this.builder = builder;
        this.index = index;
        this.operator = operator;
    }

    @Override
    public Options options() {
        return operator.options();
    }

    @Override
    public int version() {
        return operator.version();
    }

    @Override
    public KernelTier tier() {
        return builder.options().tier();
    }

    @Override
    public int inputCount() {
        return operator.inputs().size();
    }

    @Override
    public int outputCount() {
        return operator.outputs().size();
    }

    @Override
    public boolean hasInput(int i) {
        return i < inputCount() && operator.inputs().get(i) != Operator.ABSENT;
    }

    @Override
    public Tensor inputTensor(int i) {
        if (!hasInput(i)) {
            throw malformed("input " + i + " is missing");
        }
        return builder.tensor(operator.inputs().get(i));
    }

    @Override
    public Tensor outputTensor(int i) {
        if (i >= outputCount()) {
            throw malformed("output " + i + " is missing");
        }
        return builder.tensor(operator.outputs().get(i));
    }

    @Override
    public Slot input(int i) {
        inputTensor(i);
        return builder.use(operator.inputs().get(i));
    }

    @Override
    public Slot output(int i) {
        outputTensor(i);
        return builder.use(operator.outputs().get(i));
    }

    @Override
    public Slot scratch(ElementType type, int elementCount) {
        return builder.scratch(index, type, Shape.of(elementCount));
    }

    @Override
    public UnsupportedModelException unsupported(String foundAndExpected) {
        return new UnsupportedModelException(where() + foundAndExpected);
    }

    @Override
    public MalformedModelException malformed(String foundAndExpected) {
        return new MalformedModelException(where() + foundAndExpected);
    }

    private String where() {
        String output = operator.outputs().isEmpty() ? "" : builder.tensor(operator.outputs().getFirst()).name();
        return "[" + builder.source() + "] " + operator.code() + " #" + index + " \"" + output + "\": ";
    }
}

package dev.whittle.engine.plan;

import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.kernel.Preparation;
import dev.whittle.engine.kernel.ReferenceKernels;
import dev.whittle.engine.kernel.Slot;
import dev.whittle.engine.model.Buffer;
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
    public Buffer values(int i) {
        Buffer values = inputTensor(i).buffer();
        if (values == null) {
            throw unsupported("input " + i + " \"" + inputTensor(i).name() + "\" is computed, supported is a constant");
        }
        return values;
    }

    @Override
    public int[] intValues(int i) {
        Buffer values = values(i);
        return switch (inputTensor(i).type()) {
            case INT32 -> values.toInts();
            case INT64 -> {
                long[] longs = values.toLongs();
                int[] ints = new int[longs.length];
                for (int k = 0; k < longs.length; k++) {
                    if (longs[k] != (int) longs[k]) {
                        throw malformed("input " + i + " holds " + longs[k] + ", must be within 32 bits");
                    }
                    ints[k] = (int) longs[k];
                }
                yield ints;
            }
            case INT16 -> {
                short[] shorts = values.toShorts();
                int[] ints = new int[shorts.length];
                for (int k = 0; k < shorts.length; k++) {
                    ints[k] = shorts[k];
                }
                yield ints;
            }
            case INT8 -> {
                byte[] bytes = values.toBytes();
                int[] ints = new int[bytes.length];
                for (int k = 0; k < bytes.length; k++) {
                    ints[k] = bytes[k];
                }
                yield ints;
            }
            default -> throw unsupported("input " + i + " is " + inputTensor(i).type()
                    + ", supported are INT8, INT16, INT32 and INT64");
        };
    }

    @Override
    public void requireWork(long multiplications) {
        builder.requireWork(this, multiplications);
    }

    @Override
    public ReferenceKernels reference() {
        return builder.options().reference();
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

    @Override
    public String where() {
        String output = operator.outputs().isEmpty() ? "" : builder.tensor(operator.outputs().getFirst()).name();
        return "[" + builder.source() + "] " + operator.code() + " #" + index + " \"" + output + "\": ";
    }
}

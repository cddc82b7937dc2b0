package dev.whittle.engine.plan;

import dev.whittle.engine.kernel.Kernel;
import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.kernel.MachineCode;
import dev.whittle.engine.kernel.OperatorKernel;
import dev.whittle.engine.kernel.Preparation;
import dev.whittle.engine.kernel.ReferenceKernels;
import dev.whittle.engine.kernel.Slot;
import dev.whittle.engine.kernel.StorageType;
import dev.whittle.engine.kernel.Subroutine;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What one operator sees while a plan is built.
final class OperatorPreparation implements Preparation {
    private final Scope scope;
    private final int index;
    private final Operator operator;
    private final Options.@Nullable Pool2d pooling;
    private long work;
    private long keptBytes;
    private final List<SharedMemory.Offer> offers = new ArrayList<>();

    OperatorPreparation(Scope scope, int index, Operator operator) {
        this(scope, index, operator, null);
    }

    /// @param operator whose output is that of a pooling that it takes over, unless `pooling` is null
    OperatorPreparation(Scope scope, int index, Operator operator, Options.@Nullable Pool2d pooling) {
        this.scope = scope;
        this.index = index;
        this.operator = operator;
        this.pooling = pooling;
    }

    /// @throws UnsupportedModelException when the operator does not compute with the type of the tensor that decides
    void requireType(OperatorKernel rule) {
        int decides = rule.typedInput();
        if (decides < 0 ? operator.outputs().isEmpty() : !hasInput(decides)) {
            // Too few tensors: the shape rule says so in its own words.
            return;
        }
        ElementType type = decides < 0 ? outputTensor(0).type() : inputTensor(decides).type();
        if (!rule.types().contains(type)) {
            List<ElementType> supported = rule.types().stream().sorted().toList();
            throw unsupported((decides < 0 ? "output 0" : "input " + decides) + " is " + type + ", supported "
                    + (supported.size() == 1 ? "is " : "are ")
                    + supported.stream().map(ElementType::name).collect(Collectors.joining(", ")));
        }
    }

    /// The shapes that the rule gives, as many as there are outputs, each within the limits.
    List<Shape> outputShapes(OperatorKernel rule) {
        List<Shape> shapes = placed(() -> rule.outputShapes(this));
        if (shapes.size() != operator.outputs().size()) {
            throw malformed(operator.outputs().size() + " outputs, expected " + shapes.size());
        }
        for (Shape shape : shapes) {
            requireAddressable(shape);
        }
        return shapes;
    }

    Kernel prepare(OperatorKernel rule) {
        return placed(() -> rule.prepare(this));
    }

    /// What constructors refuse (a shape, a multiplier, parameters that cannot be) and sums that pass the range of their
    /// type come from what the file says, and are refused with the place.
    private <T> T placed(Supplier<T> step) {
        try {
            return step.get();
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw malformed(String.valueOf(e.getMessage()));
        }
    }

    private void requireAddressable(Shape shape) {
        if (!shape.isKnown()) {
            return;
        }
        long limit = scope.options().limits().maxElements();
        try {
            if (shape.elementCount() <= limit) {
                return;
            }
        } catch (ArithmeticException e) {
            throw unsupported("output shape " + shape + " has more than 2^31-1 elements");
        }
        throw unsupported(
                "output shape " + shape + " has " + shape.elementCount() + " elements, the limit is " + limit);
    }

    @Override
    public Options options() {
        return operator.options();
    }

    @Override
    public Options.@Nullable Pool2d pooling() {
        return pooling;
    }

    @Override
    public int version() {
        return operator.version();
    }

    @Override
    public KernelTier tier() {
        return scope.options().portableTier();
    }

    @Override
    public @Nullable MachineCode machineCode() {
        return scope.options().tier() == KernelTier.EMITTED ? MachineCode.installed() : null;
    }

    @Override
    public int threads() {
        return scope.options().threads();
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
        return scope.tensor(operator.inputs().get(i));
    }

    @Override
    public Tensor outputTensor(int i) {
        if (i >= outputCount()) {
            throw malformed("output " + i + " is missing");
        }
        return scope.tensor(operator.outputs().get(i));
    }

    @Override
    public int intermediateCount() {
        return operator.intermediates().size();
    }

    @Override
    public Tensor intermediateTensor(int i) {
        if (i >= intermediateCount() || operator.intermediates().get(i) == Operator.ABSENT) {
            throw malformed("intermediate tensor " + i + " is missing");
        }
        return scope.tensor(operator.intermediates().get(i));
    }

    @Override
    public Buffer values(int i) {
        inputTensor(i);
        return scope.values(operator.inputs().get(i));
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

    /// The most that was said to [#requireWork].
    long work() {
        return work;
    }

    @Override
    public void requireWork(long multiplications) {
        work = Math.max(work, multiplications);
        long limit = scope.options().limits().maxMultiplications();
        if (multiplications > limit) {
            throw unsupported("brings the work of one run to " + multiplications
                    + " multiplications, the limit is " + limit);
        }
    }

    @Override
    public void requireBytes(long bytes) {
        long limit = scope.options().limits().maxBytes();
        if (bytes > limit) {
            throw unsupported("needs " + bytes + " bytes for itself, the limit is " + limit);
        }
    }

    /// The sum of what was said to [#keepBytes].
    long keptBytes() {
        return keptBytes;
    }

    @Override
    public void keepBytes(long bytes) {
        keptBytes += bytes;
    }

    /// What was said to [#mayOverwrite] and [#mayLieInOutput].
    List<SharedMemory.Offer> offers() {
        return offers;
    }

    @Override
    public void mayOverwrite(int input) {
        offer(input, SharedMemory.Offer.OVERWRITTEN);
    }

    @Override
    public void mayLieInOutput(int input, int firstElement) {
        offer(input, firstElement * StorageType.width(inputTensor(input).type()));
    }

    private void offer(int input, int offset) {
        offers.add(new SharedMemory.Offer(index, input, operator.inputs().get(input), operator.outputs().getFirst(),
                offset));
    }

    @Override
    public Subroutine subroutine(int subgraph) {
        int count = scope.model().subgraphs().size();
        if (subgraph < 0 || subgraph >= count) {
            throw malformed("calls subgraph " + subgraph + ", expected one of " + count);
        }
        return scope.subroutine(subgraph);
    }

    @Override
    public ReferenceKernels reference() {
        return scope.options().reference();
    }

    @Override
    public Slot input(int i) {
        inputTensor(i);
        return scope.use(operator.inputs().get(i));
    }

    @Override
    public Slot output(int i) {
        outputTensor(i);
        return scope.use(operator.outputs().get(i));
    }

    @Override
    public Slot scratch(ElementType type, int elementCount) {
        return scope.scratch(index, type, elementCount);
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
        String output = operator.outputs().isEmpty() ? "" : scope.tensor(operator.outputs().getFirst()).name();
        return "[" + scope.model().source() + "] " + operator.code() + " #" + index + " \"" + output + "\": ";
    }
}

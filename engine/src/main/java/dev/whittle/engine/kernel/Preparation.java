package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;
import org.jspecify.annotations.Nullable;

/// What one operator sees of the plan while it is being prepared.
public interface Preparation {

    Options options();

    /// The operator version of the file; nominal.
    int version();

    /// The kernels that run where machine code does not: never EMITTED.
    KernelTier tier();

    /// What writes machine code for operators; null where it is not to be used.
    @Nullable
    MachineCode machineCode();

    /// Threads that share the work of a [DivisibleKernel]: so many pieces its scratch has.
    int threads();

    /// Whose integers to follow where the reference's kernels differ.
    ReferenceKernels reference();

    int inputCount();

    int outputCount();

    /// False for an optional input that is absent, and past the last one.
    boolean hasInput(int i);

    /// The description with the planned shape, nothing unknown; its buffer is there where the tensor is constant, also
    /// where it became so by folding.
    Tensor inputTensor(int i);

    /// The description of an output; in [OperatorKernel#outputShapes] with the shape that the file gives, later with
    /// the planned one.
    Tensor outputTensor(int i);

    int intermediateCount();

    /// The description of an intermediate tensor: it holds nothing, but carries the quantization of a value inside the
    /// operator.
    Tensor intermediateTensor(int i);

    /// The elements of an input whose values decide a shape or a binding (a target shape, an axis, a filter that is
    /// packed), laid out as in a file. Those of a computed input are known at run time only: preparing the operator
    /// then breaks off here and is taken up again when they are, and anew whenever they have changed. So ask for values
    /// before costly work, and for no input whose values the loops could read themselves.
    Buffer values(int i);

    /// [#values] of an INT8, INT16, INT32 or INT64 input, as ints.
    ///
    /// @throws UnsupportedModelException for another type
    /// @throws MalformedModelException when a value passes the range of int
    int[] intValues(int i);

    /// The storage of an input. Asking for the slot of a constant makes the plan hold its elements for the life of the
    /// plan, so kernels that pack their weights ask [#values] instead. A variable may be written to as well.
    Slot input(int i);

    Slot output(int i);

    /// Storage that lives only while this operator runs; its contents are undefined at the start of each run.
    Slot scratch(ElementType type, int elementCount);

    /// Says that output 0 may lie in the memory of an input of as many elements, which is then overwritten: whatever the
    /// loops write into an element, in every tier and by every thread, they have read of it before and do not read again.
    /// Inputs that are not named stay as they are until the last element is written. For [OperatorKernel#prepare].
    void mayOverwrite(int input);

    /// Says that the elements of an input are found in output 0, unchanged and in their order, from the given element on, so
    /// that the plan may let the input lie there from the beginning. The kernel must then leave alone what is in its place
    /// already: it sees the same array and the same offset for both. For [OperatorKernel#prepare].
    void mayLieInOutput(int input, int firstElement);

    /// Another subgraph of the model, to be called.
    ///
    /// @throws MalformedModelException when there is none with this number
    Subroutine subroutine(int subgraph);

    /// The MAX_POOL_2D whose output is this operator's output 0, after [OperatorKernel#canPool]; null where the output is its
    /// own.
    Options.@Nullable Pool2d pooling();

    /// Says that one run multiplies this often, so that a file cannot ask for more work than the limits allow. For
    /// operators whose work can be out of all proportion to their tensors: products, convolutions, windows.
    void requireWork(long multiplications);

    /// Says that the operator is about to allocate so much for itself, such as packed weights, so that a file cannot make
    /// it take more than the limits allow.
    void requireBytes(long bytes);

    /// Says that the kernel holds so much for itself as long as the plan lives, such as packed weights.
    void keepBytes(long bytes);

    /// File and operator, as `[digits.tflite] CONV_2D #12 "conv_3/Relu": `, to put in front of what was found and
    /// expected. For faults in values that show at run time only; those are a [MalformedModelException] as well.
    String where();

    /// "Sound, but not run here", with [#where] put in front of the text.
    UnsupportedModelException unsupported(String foundAndExpected);

    /// "Cannot be", with [#where] put in front of the text.
    MalformedModelException malformed(String foundAndExpected);
}

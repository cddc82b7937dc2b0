package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;

/// What one operator sees of the plan while it is being prepared.
public interface Preparation {

    Options options();

    /// The operator version of the file; nominal.
    int version();

    KernelTier tier();

    int inputCount();

    int outputCount();

    /// False for an optional input that is absent, and past the last one.
    boolean hasInput(int i);

    /// The description with the planned shape; its buffer is there where the tensor is constant, also where it became
    /// so by folding.
    Tensor inputTensor(int i);

    Tensor outputTensor(int i);

    /// The storage of an input. Asking for the slot of a constant makes the plan hold its elements for the life of the
    /// plan, so kernels that pack their weights ask [#inputTensor] for the buffer instead.
    Slot input(int i);

    Slot output(int i);

    /// Storage that lives only while this operator runs; its contents are undefined at the start of each run.
    Slot scratch(ElementType type, int elementCount);

    /// "Sound, but not run here", with the file and operator put in front of the text.
    UnsupportedModelException unsupported(String foundAndExpected);

    /// "Cannot be", with the file and operator put in front of the text.
    MalformedModelException malformed(String foundAndExpected);
}

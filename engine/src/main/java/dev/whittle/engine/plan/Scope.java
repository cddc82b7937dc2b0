package dev.whittle.engine.plan;

import dev.whittle.engine.kernel.Slot;
import dev.whittle.engine.kernel.Subroutine;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Tensor;

/// What stands behind a preparation: a plan being built, where only constants have values, or one interpreter's memory
/// at run time, where every tensor has.
interface Scope {

    Model model();

    PlanOptions options();

    /// The description of a tensor with its shape here.
    Tensor tensor(int index);

    /// The slot of a tensor that is read or written at run time.
    Slot use(int index);

    /// Storage that lives only while the operator runs.
    Slot scratch(int operator, ElementType type, int elementCount);

    /// The elements of a tensor as a file would hold them.
    Buffer values(int index);

    Subroutine subroutine(int subgraph);
}

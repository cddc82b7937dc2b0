package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import org.jspecify.annotations.Nullable;

/// The vectors that a recurrent layer multiplies weights with at one step, `[batch, size]`: floats, and for a hybrid layer
/// their codes too, with a scale and zero point for each vector.
record StepVector(Slot values, @Nullable HybridInput codes, int batches, int size) {

    static StepVector of(Preparation p, Slot values, int batches, int size, boolean isHybrid, boolean asymmetric) {
        HybridInput codes = isHybrid
                ? HybridInput.of(p, values, batches, size, asymmetric)
                : null;
        return new StepVector(values, codes, batches, size);
    }

    static StepVector scratch(Preparation p, int batches, int size, boolean isHybrid, boolean asymmetric) {
        return of(p, p.scratch(ElementType.FLOAT32, count(p, batches, size)), batches, size, isHybrid, asymmetric);
    }

    /// Elements of `batches` vectors.
    static int count(Preparation p, int batches, int size) {
        long count = (long) batches * size;
        if (count > Integer.MAX_VALUE) {
            throw p.unsupported(batches + " vectors of " + size + " elements are more than 2^31-1");
        }
        return (int) count;
    }

    /// Fills the values from one step of a sequence.
    void take(Memory memory, Slot tensor, Sequence sequence, int step) {
        for (int batch = 0; batch < batches; batch++) {
            System.arraycopy(memory.floats(tensor), memory.offset(tensor) + sequence.row(batch, step) * size,
                    memory.floats(values), memory.offset(values) + batch * size, size);
        }
    }

    /// Fills the codes from the values.
    void quantize(Memory memory) {
        if (codes != null) {
            codes.quantize(memory);
        }
    }
}

package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Tensor;
import org.jspecify.annotations.Nullable;

/// Where a convolution reads its input from: real numbers, codes in bytes, or the codes that a hybrid kernel made.
sealed interface RowSource {

    /// Copies the rows under one output row into the buffer.
    void copy(Memory memory, InputRows rows, Window window, int batch, int outY, Slot buffer);

    /// The source that input 0 calls for.
    static RowSource of(Preparation p, @Nullable HybridInput hybrid) {
        if (hybrid != null) {
            return new Hybrid(hybrid);
        }
        Tensor input = p.inputTensor(0);
        if (input.type() == ElementType.FLOAT32) {
            return new Reals(p.input(0));
        }
        QuantizationParameters parameters = TensorChecks.quantizedPerTensor(p, "input", input);
        return new Codes(p.input(0), Filter.flip(input.type()), Filter.signedZeroPoint(input.type(), parameters));
    }

    private static int imageElements(Window window) {
        return window.inHeight() * window.inWidth() * window.inChannels();
    }

    /// Real numbers, padded with 0.
    record Reals(Slot input) implements RowSource {
        @Override
        public void copy(Memory memory, InputRows rows, Window window, int batch, int outY, Slot buffer) {
            rows.copy(memory.floats(input), memory.offset(input) + batch * imageElements(window), outY, 0,
                    memory.floats(buffer), memory.offset(buffer));
        }
    }

    /// Codes, padded with the zero point, which is real 0.
    record Codes(Slot input, int flip, int zeroPoint) implements RowSource {
        @Override
        public void copy(Memory memory, InputRows rows, Window window, int batch, int outY, Slot buffer) {
            rows.copy(memory.bytes(input), flip, memory.offset(input) + batch * imageElements(window), outY, zeroPoint,
                    memory.floats(buffer), memory.offset(buffer));
        }
    }

    /// Codes as floats, padded with the zero point of their batch.
    record Hybrid(HybridInput hybrid) implements RowSource {
        @Override
        public void copy(Memory memory, InputRows rows, Window window, int batch, int outY, Slot buffer) {
            rows.copy(memory.floats(hybrid.codes()), memory.offset(hybrid.codes()) + batch * imageElements(window),
                    outY,
                    hybrid.zeroPoint(memory, batch), memory.floats(buffer), memory.offset(buffer));
        }
    }
}

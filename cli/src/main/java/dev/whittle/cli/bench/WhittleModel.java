package dev.whittle.cli.bench;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.plan.PlanOptions;
import java.nio.ByteBuffer;
import java.util.Locale;

/// A model on this engine.
record WhittleModel(Interpreter interpreter) implements LoadedModel {

    static WhittleModel of(Model model, PlanOptions options) {
        return new WhittleModel(Interpreter.of(model, options));
    }

    @Override
    public String kernels() {
        return kernels(interpreter.tier().name(), interpreter.tier().vectorBits());
    }

    /// A tier in words.
    static String kernels(String tier, int vectorBits) {
        return tier.toLowerCase(Locale.ROOT) + " kernels" + (vectorBits == 0 ? "" : ", " + vectorBits + " bits");
    }

    @Override
    public void putInput(int index, byte[] elements) {
        interpreter.input(index).putBytes(ByteBuffer.wrap(elements));
    }

    @Override
    public void invoke() {
        interpreter.invoke();
    }

    @Override
    public byte[] output(int index) {
        ByteBuffer elements = interpreter.output(index).toBytes();
        byte[] copy = new byte[elements.remaining()];
        elements.get(copy);
        return copy;
    }

    @Override
    public void close() {
        interpreter.close();
    }
}

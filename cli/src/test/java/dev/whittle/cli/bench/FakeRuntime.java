package dev.whittle.cli.bench;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.plan.PlanOptions;
import dev.whittle.engine.schema.ModelReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// A reference runtime for tests: this engine again, with a number added to the first float of each output.
///
/// @param wrong what is added
record FakeRuntime(String name, float wrong) implements ReferenceRuntime {

    /// `fake` computes the same, `wrong` does not, and `elsewhere` cannot run on this machine.
    public static final class Provider implements ReferenceRuntime.Provider {
        @Override
        public List<ReferenceRuntime> runtimes() {
            return List.of(new FakeRuntime("fake", 0), new FakeRuntime("wrong", 0.25f),
                    new FakeRuntime("elsewhere", 0));
        }
    }

    @Override
    public String version() {
        return "1.0";
    }

    @Override
    public Optional<String> obstacle() {
        return name.equals("elsewhere") ? Optional.of("it is not here") : Optional.empty();
    }

    @Override
    public LoadedModel load(Path file, int threads) {
        try {
            WhittleModel model = new WhittleModel(
                    Interpreter.of(ModelReader.read(file), PlanOptions.defaults().withThreads(threads)));
            return new Shifted(model, wrong);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private record Shifted(WhittleModel model, float wrong) implements LoadedModel {
        @Override
        public String kernels() {
            return "fake kernels";
        }

        @Override
        public void putInput(int index, byte[] elements) {
            model.putInput(index, elements);
        }

        @Override
        public void invoke() {
            model.invoke();
        }

        @Override
        public byte[] output(int index) {
            byte[] output = model.output(index);
            ByteBuffer floats = ByteBuffer.wrap(output).order(ByteOrder.LITTLE_ENDIAN);
            floats.putFloat(0, floats.getFloat(0) + wrong);
            return output;
        }

        @Override
        public void close() {
            model.close();
        }
    }
}

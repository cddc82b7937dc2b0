package dev.whittle.benchmarks;

import dev.whittle.cli.bench.LoadedModel;
import dev.whittle.cli.bench.ReferenceRuntime;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.tensorflowlite.BuiltinOpResolver;
import org.bytedeco.tensorflowlite.BuiltinOpResolverWithoutDefaultDelegates;
import org.bytedeco.tensorflowlite.FlatBufferModel;
import org.bytedeco.tensorflowlite.Interpreter;
import org.bytedeco.tensorflowlite.InterpreterBuilder;
import org.bytedeco.tensorflowlite.RegistrationNodePair;
import org.bytedeco.tensorflowlite.TfLiteTensor;
import org.bytedeco.tensorflowlite.global.tensorflowlite;

/// TensorFlow Lite's C++ runtime, through `org.bytedeco:tensorflow-lite`.
///
/// @param xnnpack with the XNNPACK delegate, which it uses by default, or with its builtin kernels alone
record TensorFlowLite(boolean xnnpack) implements ReferenceRuntime {

    /// Both ways to run it.
    public static final class Provider implements ReferenceRuntime.Provider {
        @Override
        public List<ReferenceRuntime> runtimes() {
            return List.of(new TensorFlowLite(true), new TensorFlowLite(false));
        }
    }

    @Override
    public String name() {
        return xnnpack ? "tflite" : "tflite-noxnnpack";
    }

    @Override
    public String version() {
        return tensorflowlite.TfLiteVersion().getString();
    }

    @Override
    public Optional<String> obstacle() {
        try {
            Loader.load(tensorflowlite.class);
            return Optional.empty();
        } catch (UnsatisfiedLinkError | NoClassDefFoundError e) {
            return Optional.of("org.bytedeco:tensorflow-lite has no native library for " + Loader.getPlatform());
        }
    }

    @Override
    public LoadedModel load(Path file, int threads) {
        return Loaded.of(file, threads, xnnpack);
    }

    /// One interpreter with all that it holds on to.
    private record Loaded(FlatBufferModel model, BuiltinOpResolver resolver, Interpreter interpreter)
            implements
            LoadedModel {

        static Loaded of(Path file, int threads, boolean xnnpack) {
            FlatBufferModel model = FlatBufferModel.VerifyAndBuildFromFile(file.toString());
            if (model == null || model.isNull()) {
                throw refused(file, "does not accept the file");
            }
            BuiltinOpResolver resolver =
                    xnnpack ? new BuiltinOpResolver() : new BuiltinOpResolverWithoutDefaultDelegates();
            Loaded loaded = new Loaded(model, resolver, new Interpreter((Pointer) null));
            try (InterpreterBuilder builder = new InterpreterBuilder(model, resolver)) {
                if (builder.apply(loaded.interpreter, threads) != tensorflowlite.kTfLiteOk) {
                    throw refused(file, "does not know an operator of the model");
                }
                if (loaded.interpreter.AllocateTensors() != tensorflowlite.kTfLiteOk) {
                    throw refused(file, "cannot prepare the model");
                }
            } catch (IllegalArgumentException e) {
                loaded.close();
                throw e;
            }
            return loaded;
        }

        private static IllegalArgumentException refused(Path file, String reason) {
            return new IllegalArgumentException("[" + file.getFileName() + "] TensorFlow Lite " + reason);
        }

        /// How much of the model XNNPACK took over, and how much the builtin kernels run.
        @Override
        public String kernels() {
            long delegated = 0;
            long steps = interpreter.execution_plan().limit();
            for (long i = 0; i < steps; i++) {
                RegistrationNodePair pair = interpreter.node_and_registration(interpreter.execution_plan().get(i));
                var name = pair.second().custom_name();
                delegated += name != null && name.getString().contains("XNNPack") ? 1 : 0;
            }
            if (delegated == 0) {
                return "builtin kernels";
            }
            return delegated == steps
                    ? "XNNPACK"
                    : "XNNPACK on %d parts, builtin kernels on %d operators".formatted(delegated, steps - delegated);
        }

        @Override
        public void putInput(int index, byte[] elements) {
            TfLiteTensor tensor = interpreter.input_tensor(index);
            if (tensor.bytes() != elements.length) {
                throw new IllegalArgumentException("input %d of TensorFlow Lite takes %d bytes, %d given".formatted(
                        index, tensor.bytes(), elements.length));
            }
            tensor.data().raw().put(elements);
        }

        @Override
        public void invoke() {
            if (interpreter.Invoke() != tensorflowlite.kTfLiteOk) {
                throw new IllegalStateException("TensorFlow Lite cannot run the model");
            }
        }

        @Override
        public byte[] output(int index) {
            TfLiteTensor tensor = interpreter.output_tensor(index);
            byte[] elements = new byte[Math.toIntExact(tensor.bytes())];
            tensor.data().raw().get(elements);
            return elements;
        }

        @Override
        public void close() {
            interpreter.close();
            resolver.close();
            model.close();
        }
    }
}

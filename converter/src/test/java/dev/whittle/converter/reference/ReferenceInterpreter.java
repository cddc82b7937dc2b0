package dev.whittle.converter.reference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.converter.write.ModelWriter;
import dev.whittle.engine.model.Model;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.tensorflowlite.BuiltinOpResolver;
import org.bytedeco.tensorflowlite.BuiltinOpResolverWithoutDefaultDelegates;
import org.bytedeco.tensorflowlite.FlatBufferModel;
import org.bytedeco.tensorflowlite.Interpreter;
import org.bytedeco.tensorflowlite.InterpreterBuilder;
import org.bytedeco.tensorflowlite.TfLiteTensor;
import org.bytedeco.tensorflowlite.global.tensorflowlite;
import org.junit.jupiter.api.Assumptions;

/// TensorFlow Lite's C++ runtime, one thread: with its builtin kernels alone, or with the XNNPACK delegate that it uses by
/// default. Raw bytes in and out.
public final class ReferenceInterpreter implements AutoCloseable {
    private final BytePointer bytes;
    private final FlatBufferModel model;
    private final BuiltinOpResolver resolver;
    private final Interpreter interpreter;

    private ReferenceInterpreter(byte[] file, BuiltinOpResolver resolver) {
        bytes = new BytePointer(file);
        model = FlatBufferModel.VerifyAndBuildFromBuffer(bytes, file.length);
        assertThat(model).as("the reference runtime accepts the file").isNotNull();
        this.resolver = resolver;
        interpreter = new Interpreter((Pointer) null);
        try (InterpreterBuilder builder = new InterpreterBuilder(model, resolver)) {
            require("InterpreterBuilder", builder.apply(interpreter, 1));
        }
        require("AllocateTensors", interpreter.AllocateTensors());
    }

    /// An interpreter over a file.
    ///
    /// Skips the running test where the native library is missing.
    public static ReferenceInterpreter of(byte[] file) {
        requirePresent();
        return new ReferenceInterpreter(file, new BuiltinOpResolverWithoutDefaultDelegates());
    }

    /// As [#of(byte[])], with the XNNPACK delegate.
    public static ReferenceInterpreter withXnnpack(byte[] file) {
        requirePresent();
        return new ReferenceInterpreter(file, new BuiltinOpResolver());
    }

    private static void requirePresent() {
        Assumptions.assumeTrue(isPresent(), "org.bytedeco:tensorflow-lite has no native library for this machine");
    }

    /// As [#of(byte[])], over the file that the converter writes for a model.
    public static ReferenceInterpreter of(Model model) {
        return of(ModelWriter.toBytes(model));
    }

    private static boolean isPresent() {
        try {
            Loader.load(tensorflowlite.class);
            return true;
        } catch (UnsatisfiedLinkError | NoClassDefFoundError e) {
            return false;
        }
    }

    private static void require(String call, int status) {
        assertThat(status).as(call).isEqualTo(tensorflowlite.kTfLiteOk);
    }

    /// The metadata entry `min_runtime_version` as the runtime reads it.
    public String minimumRuntime() {
        return model.GetMinimumRuntime();
    }

    /// The keys of the signatures.
    public List<String> signatureKeys() {
        List<String> keys = new ArrayList<>();
        for (long i = 0; i < interpreter.signature_keys().size(); i++) {
            keys.add(interpreter.signature_keys().get(i).getString());
        }
        return keys;
    }

    /// Runs the model on raw input elements and returns the first output's.
    public ByteBuffer run(ByteBuffer input) {
        TfLiteTensor in = interpreter.input_tensor(0);
        byte[] raw = new byte[input.remaining()];
        input.duplicate().get(raw);
        assertThat(in.bytes()).as("bytes of input 0").isEqualTo(raw.length);
        in.data().raw().put(raw);
        require("Invoke", interpreter.Invoke());
        TfLiteTensor out = interpreter.output_tensor(0);
        byte[] result = new byte[Math.toIntExact(out.bytes())];
        out.data().raw().get(result);
        return ByteBuffer.wrap(result).order(ByteOrder.LITTLE_ENDIAN);
    }

    /// As [#run(ByteBuffer)], with floats in and out.
    public float[] run(float[] input) {
        ByteBuffer raw = ByteBuffer.allocate(input.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        raw.asFloatBuffer().put(input);
        ByteBuffer result = run(raw);
        float[] output = new float[result.remaining() / Float.BYTES];
        result.asFloatBuffer().get(output);
        return output;
    }

    @Override
    public void close() {
        interpreter.close();
        resolver.close();
        model.close();
        bytes.close();
    }
}

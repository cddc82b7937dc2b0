package dev.whittle.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.whittle.cli.Whittle;
import dev.whittle.cli.bench.LoadedModel;
import dev.whittle.cli.bench.ReferenceRuntime;
import dev.whittle.converter.write.ModelWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The true runtime behind the interface.
class TensorFlowLiteTest {
    @TempDir private Path folder;

    @BeforeEach
    void requireNativeLibrary() {
        assumeThat(new TensorFlowLite(true).obstacle()).as("native library of org.bytedeco:tensorflow-lite").isEmpty();
    }

    @Test
    void bothWaysAreFoundByName() {
        List<ReferenceRuntime> found = ReferenceRuntime.named(List.of("tflite", "tflite-noxnnpack"));

        assertThat(found).containsExactly(new TensorFlowLite(true), new TensorFlowLite(false));
        assertThat(found).allMatch(runtime -> runtime.version().matches("2\\.\\d+\\.\\d+"));
    }

    @Test
    void kernelsSayWhetherTheDelegateTookTheModel() throws IOException {
        Path file = write(OneOperatorModel.POINTWISE_6X6X128_128, false);

        try (LoadedModel with = new TensorFlowLite(true).load(file, 1);
                LoadedModel without = new TensorFlowLite(false).load(file, 1)) {
            assertThat(with.kernels()).isEqualTo("XNNPACK");
            assertThat(without.kernels()).isEqualTo("builtin kernels");
        }
    }

    @Test
    void inputOfAnotherLengthIsRefused() throws IOException {
        try (LoadedModel model = new TensorFlowLite(false).load(write(OneOperatorModel.FULLY_CONNECTED_128_128, false),
                1)) {
            assertThatThrownBy(() -> model.putInput(0, new byte[4]))
                    .hasMessage("input 0 of TensorFlow Lite takes 512 bytes, 4 given");
        }
    }

    @Test
    void fileThatIsNoModelIsRefused() throws IOException {
        Path text = Files.writeString(folder.resolve("text.tflite"), "not a model");

        assertThatThrownBy(() -> new TensorFlowLite(true).load(text, 1))
                .hasMessage("[text.tflite] TensorFlow Lite does not accept the file");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void oneOperatorIsCompared(boolean int8) throws IOException {
        Path file = write(OneOperatorModel.DEPTHWISE_24X24X64, int8);
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();

        int code = Whittle.execute(new PrintWriter(out, true), new PrintWriter(err, true), "bench", file.toString(),
                "--against", "tflite,tflite-noxnnpack", "--seconds", "0", "--runs", "1");

        assertThat(err.toString()).isEmpty();
        assertThat(code).isZero();
        assertThat(out.toString()).contains("XNNPACK", "builtin kernels");
    }

    private Path write(OneOperatorModel operator, boolean int8) throws IOException {
        Path file = folder.resolve(operator.fileName() + ".tflite");
        ModelWriter.write(int8 ? operator.int8(1) : operator.plain(1), file);
        return file;
    }
}

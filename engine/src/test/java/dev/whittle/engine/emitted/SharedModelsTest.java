package dev.whittle.engine.emitted;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.whittle.engine.emitted.x86.VectorUnit;
import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.plan.Plan;
import dev.whittle.engine.plan.PlanOptions;
import dev.whittle.engine.schema.ModelReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Real models yield the same bits from machine code as from the scalar kernels.
class SharedModelsTest {
    private static final Path SHARED =
            Path.of(System.getProperty("whittle.shared", "../../shared")).toAbsolutePath().normalize()
                    .resolve("models");
    private static final List<String> MODELS = List.of("coral_mobilenet_v1_0.25_128_quant", "mlperf_kws_ref_model",
            "mlperf_pretrainedResnet", "mlperf_pretrainedResnet_quant", "seed_cnn_model_s_quant", "seed_cnn_model_vs",
            "seed_cnn_model_vs_quant_aware", "tflm_hello_world_float", "tflm_hello_world_int8");
    private static final int INPUTS = 3;
    private static final float MOST_PIXEL = 255;

    private static Path file(String model) {
        Path file = SHARED.resolve(model).resolve("model.tflite");
        assumeTrue(Files.exists(file), "the shared model " + model + " is not at " + file);
        return file;
    }

    static Stream<String> models() {
        return MODELS.stream();
    }

    @ParameterizedTest
    @MethodSource("models")
    void yieldTheBitsOfTheScalarKernels(String model) throws IOException {
        Units.assume(VectorUnit.AVX2);
        compare(file(model));
    }

    @Test
    void yieldTheBitsOfTheScalarKernelsIn256Bits() throws IOException, InterruptedException {
        for (String model : MODELS) {
            file(model);
        }
        Units.runNarrow(SharedModelsTest.class, "-Dwhittle.shared=" + SHARED.getParent());
    }

    public static void main(String[] none) throws IOException {
        for (String model : MODELS) {
            compare(file(model));
        }
        Units.printBits();
    }

    private static void compare(Path file) throws IOException {
        Model model = ModelReader.read(file);
        PlanOptions options = PlanOptions.defaults();
        Random random = new Random(3);
        for (int i = 0; i < INPUTS; i++) {
            byte[] input = input(random, model.primary().tensor(model.primary().inputs().getFirst()));
            byte[] expected = EmittedSpanTest.run(Plan.of(model, options.withTier(KernelTier.SCALAR)), input);
            for (int threads = 1; threads <= 2; threads++) {
                assertThat(EmittedSpanTest.run(
                        Plan.of(model, options.withTier(KernelTier.EMITTED).withThreads(threads)), input))
                        .as("%s, %d threads", file, threads).isEqualTo(expected);
            }
        }
    }

    /// Pixels, or any codes.
    private static byte[] input(Random random, Tensor tensor) {
        int count = tensor.shape().elementCount();
        if (tensor.type() != ElementType.FLOAT32) {
            byte[] codes = new byte[count];
            random.nextBytes(codes);
            return codes;
        }
        float[] pixels = new float[count];
        for (int i = 0; i < count; i++) {
            pixels[i] = random.nextFloat() * MOST_PIXEL;
        }
        ByteBuffer bytes = Buffer.ofFloats(pixels).bytes();
        byte[] input = new byte[bytes.remaining()];
        bytes.get(input);
        return input;
    }
}

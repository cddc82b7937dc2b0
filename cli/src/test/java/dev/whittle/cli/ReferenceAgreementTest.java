package dev.whittle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.cli.image.ImageInput;
import dev.whittle.cli.pipeline.Photographs;
import dev.whittle.converter.reference.ReferenceInterpreter;
import dev.whittle.engine.Interpreter;
import dev.whittle.engine.TensorView;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.trainer.data.ImageSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Runs the main job and holds every file that it writes to TensorFlow Lite's C++ runtime on every test image: the same
/// class, unless the runtime's own kernel sets disagree about it, and outputs near those of its builtin kernels.
@Tag("long")
class ReferenceAgreementTest {
    private static final int SEED = 42;
    private static final int THREADS = 2;
    private static final double INT8_STEPS = 2;
    private static final double NEAR_SHARE = 0.99;
    /** How far the reference's own hybrid kernels are apart, which quantize their input in two ways. */
    private static final double TWO_QUANTIZATIONS = 1.5e-2;

    @TempDir private Path folder;

    @Test
    void filesOfTheDemoAgreeWithTheReferenceOnGeneratedCastings() throws IOException {
        Path out = folder.resolve("generated");
        assertDone(Run.of("demo", "--quiet", "--seed", SEED, "--threads", THREADS, "--out", out));

        assertAgreement(out, Photographs.generate(SEED).test());
    }

    @Test
    void filesOfTheDemoAgreeWithTheReferenceOnPhotographs() throws IOException {
        Path photographs = Path.of(System.getProperty("whittle.shared"), "casting");
        Assumptions.assumeTrue(Files.isDirectory(photographs), "no photographs in ../shared/casting");
        Path out = folder.resolve("photographs");
        assertDone(Run.of("demo", "--quiet", "--data", photographs, "--epochs", 3, "--seed", SEED, "--threads", THREADS,
                "--out", out));

        assertAgreement(out, Photographs.read(photographs, SEED, THREADS).test());
    }

    private static void assertDone(Run run) {
        assertThat(run.code()).as(run.err()).isZero();
    }

    private static void assertAgreement(Path out, ImageSource images) throws IOException {
        List<Path> files;
        try (var all = Files.list(out)) {
            files = all.filter(file -> file.toString().endsWith(".tflite")).sorted().toList();
        }
        assertThat(files).hasSize(8);
        for (Path file : files) {
            Agreement agreement = Agreement.measure(file, images);
            System.out.println(agreement);
            assertThat(agreement.otherClass()).as("other class than the reference: %s", agreement).isEmpty();
            int mayBeFar = agreement.isQuantized() ? (int) Math.floor((1 - NEAR_SHARE) * images.size()) : 0;
            assertThat(agreement.far().size()).as("beyond tolerance: %s", agreement).isLessThanOrEqualTo(mayBeFar);
            if (!agreement.isInt8()) {
                assertThat(agreement.largest()).as("furthest image: %s", agreement)
                        .isLessThanOrEqualTo(TWO_QUANTIZATIONS);
            }
        }
    }

    /// One file against the reference's builtin kernels.
    ///
    /// @param largest difference of an output element, in steps of 1/256 for int8 models
    /// @param differingShare of output elements that are not equal
    /// @param otherClass images that get another class, where builtin kernels and XNNPACK agree with each other
    /// @param far images with an element beyond the tolerance. In quantized models there may be a few: float sums in front
    ///        of a quantization differ in their last bit, and a value between two codes then falls to the other one
    private record Agreement(String file, boolean isInt8, double largest, double differingShare,
            List<String> otherClass, List<String> far) {

        boolean isQuantized() {
            return isInt8 || isDynamicRange(file);
        }

        private static boolean isDynamicRange(String file) {
            return file.startsWith("dynamic_range");
        }

        static Agreement measure(Path file, ImageSource images) throws IOException {
            Model model = ModelReader.read(file);
            byte[] bytes = Files.readAllBytes(file);
            String name = String.valueOf(file.getFileName());
            boolean isInt8 = name.contains("int8");
            double tolerance = isInt8 ? INT8_STEPS : isDynamicRange(name) ? 1e-3 : 1e-5;
            double largest = 0;
            int differing = 0;
            int elements = 0;
            List<String> otherClass = new ArrayList<>();
            List<String> far = new ArrayList<>();
            try (Interpreter ours = Interpreter.of(model);
                    ReferenceInterpreter builtin = ReferenceInterpreter.of(bytes);
                    ReferenceInterpreter xnnpack = ReferenceInterpreter.withXnnpack(bytes)) {
                TensorView input = ours.input(0);
                TensorView output = ours.output(0);
                ImageInput reader = ImageInput.of(model, input, null);
                float[] pixels = new float[reader.elementCount()];
                double step = isInt8 ? 1 / 256.0 : 1;
                for (int image = 0; image < images.size(); image++) {
                    reader.read(images.image(image), pixels, 0);
                    input.putFloats(pixels);
                    ours.invoke();
                    double[] mine = reals(output.toBytes(), output.type(), step);
                    double[] theirs = reals(builtin.run(input.toBytes()), output.type(), step);
                    double[] delegates = reals(xnnpack.run(input.toBytes()), output.type(), step);
                    double difference = 0;
                    for (int i = 0; i < mine.length; i++) {
                        difference = Math.max(difference, Math.abs(mine[i] - theirs[i]) / step);
                        differing += mine[i] == theirs[i] ? 0 : 1;
                    }
                    elements += mine.length;
                    largest = Math.max(largest, difference);
                    if (difference > tolerance) {
                        far.add(images.name(image));
                    }
                    if (best(mine) != best(theirs) && best(theirs) == best(delegates)) {
                        otherClass.add(images.name(image));
                    }
                }
            }
            return new Agreement(name, isInt8, largest, (double) differing / elements, otherClass, far);
        }

        private static double[] reals(ByteBuffer raw, ElementType type, double step) {
            ByteBuffer bytes = raw.order(ByteOrder.LITTLE_ENDIAN);
            int count = bytes.remaining() / (type == ElementType.FLOAT32 ? Float.BYTES : 1);
            double[] values = new double[count];
            for (int i = 0; i < count; i++) {
                values[i] = type == ElementType.FLOAT32
                        ? bytes.getFloat(i * Float.BYTES)
                        : (type == ElementType.UINT8 ? bytes.get(i) & 0xff : bytes.get(i) + 128) * step;
            }
            return values;
        }

        private static int best(double[] scores) {
            int best = 0;
            for (int i = 1; i < scores.length; i++) {
                best = scores[i] > scores[best] ? i : best;
            }
            return best;
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT,
                    "%-28s largest difference %.3g%s, %.4f of elements differ, other class %s, far %s",
                    file, largest, isInt8 ? " steps" : "", differingShare, otherClass, far);
        }
    }
}

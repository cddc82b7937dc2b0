package dev.whittle.quantizer.rewrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.converter.lower.Lowering;
import dev.whittle.converter.reference.ReferenceInterpreter;
import dev.whittle.converter.write.ModelWriter;
import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.quantizer.calibrate.Calibrator;
import dev.whittle.quantizer.recipe.Mode;
import dev.whittle.quantizer.recipe.Recipe;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.NetworkSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Blocks of four input channels, or single weights, are zero.
class SparseRewriterTest {
    private static final Shape INPUT = Shape.of(9, 8, 3);
    private static final SplittableRandom RANDOM = new SplittableRandom(7);

    private static Model pruned(int block) {
        Network network = Network.create(NetworkSpec.chain(INPUT,
                List.of(new Conv2D("conv_1", 16, 3, Padding.SAME), new ReLU("relu_1"),
                        new Conv2D("conv_2", 24, 3, Padding.VALID), new ReLU("relu_2"), new Flatten("flatten"),
                        new Dense("dense_1", 32), new ReLU("relu_3"), new Dense("dense_2", 5)),
                List.of()), 3);
        for (String layer : List.of("conv_2", "dense_1")) {
            float[] kernel = network.values(layer, "kernel");
            int outChannels = layer.equals("conv_2") ? 24 : 32;
            for (int row = 0; row < kernel.length / outChannels; row += block) {
                for (int channel = 0; channel < outChannels; channel++) {
                    boolean isZero = RANDOM.nextInt(5) > 0;
                    for (int r = row; r < row + block && isZero; r++) {
                        kernel[r * outChannels + channel] = 0;
                    }
                }
            }
            network.assign(layer, "kernel", kernel);
        }
        return Lowering.lower(network, "pruned", "").model();
    }

    private static float[] image() {
        float[] image = new float[INPUT.elementCount()];
        for (int i = 0; i < image.length; i++) {
            image[i] = (float) RANDOM.nextDouble(0, 255);
        }
        return image;
    }

    private static Model int8(Model model) {
        return Quantizer.quantize(model, Recipe.of(Mode.INT8),
                Calibrator.minMax().calibrate(model, IntStream.range(0, 4).mapToObj(_ -> List.of(image())).toList()),
                new Ends(ElementType.FLOAT32, ElementType.FLOAT32));
    }

    private static Model read(byte[] bytes) {
        return ModelReader.read("pruned", ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void aSparseFileReadsBackEqualAndIsSmaller(int block) {
        Model plain = pruned(block);
        for (Model model : List.of(plain, int8(plain))) {
            Model sparse = SparseRewriter.rewrite(model);

            byte[] bytes = ModelWriter.toSparseBytes(sparse);

            assertThat(read(bytes)).isEqualTo(sparse);
            // A kept float takes four bytes and one or two of an index, a kept code as much again.
            assertThat(bytes.length).isLessThan((int) (ModelWriter.toBytes(model).length * 0.8));
            assertThat(ModelWriter.toSparseBytes(sparse)).isEqualTo(bytes);
        }
    }

    @Test
    void onlyOperatorsThatTakeNoSparseFilterGetADensify() {
        Model plain = pruned(1);

        assertThat(codes(SparseRewriter.rewrite(plain))).containsExactly(OperatorCode.CONV_2D, OperatorCode.DENSIFY,
                OperatorCode.CONV_2D, OperatorCode.RESHAPE, OperatorCode.FULLY_CONNECTED,
                OperatorCode.FULLY_CONNECTED);
        assertThat(codes(SparseRewriter.rewrite(int8(plain)))).filteredOn(OperatorCode.DENSIFY::equals).hasSize(2);
    }

    private static List<OperatorCode> codes(Model model) {
        return model.primary().operators().stream().map(Operator::code).toList();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void theReferenceRuntimeTakesTheFileAndComputesTheSame(int block) {
        Model plain = pruned(block);
        for (Model model : List.of(plain, int8(plain))) {
            byte[] bytes = ModelWriter.toSparseBytes(SparseRewriter.rewrite(model));
            float[] image = image();
            try (Interpreter dense = Interpreter.of(model);
                    Interpreter sparse = Interpreter.of(read(bytes));
                    ReferenceInterpreter reference = ReferenceInterpreter.of(bytes)) {
                dense.input(0).putFloats(image);
                dense.invoke();
                sparse.input(0).putFloats(image);
                sparse.invoke();
                float[] expected = dense.output(0).toFloats();
                float largest = 0;
                for (float value : expected) {
                    largest = Math.max(largest, Math.abs(value));
                }
                assertThat(sparse.output(0).toFloats()).isEqualTo(expected);
                // Sums of some thousand floats in another order; one step of the output for codes.
                assertThat(reference.run(image)).containsExactly(expected, within(largest / 100));
            }
        }
    }
}

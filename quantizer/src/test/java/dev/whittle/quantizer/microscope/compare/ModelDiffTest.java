package dev.whittle.quantizer.microscope.compare;

import static dev.whittle.quantizer.microscope.SmallGraph.scale;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.converter.reference.SampleModels;
import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import dev.whittle.quantizer.calibrate.Calibrator;
import dev.whittle.quantizer.microscope.SmallGraph;
import dev.whittle.quantizer.microscope.compare.ModelDiff.Fate;
import dev.whittle.quantizer.microscope.compare.ModelDiff.OperatorDiff;
import dev.whittle.quantizer.microscope.compare.ModelDiff.QuantizationDiff;
import dev.whittle.quantizer.microscope.device.Rewrite;
import dev.whittle.quantizer.recipe.Mode;
import dev.whittle.quantizer.recipe.Recipe;
import dev.whittle.quantizer.rewrite.Ends;
import dev.whittle.quantizer.rewrite.Quantizer;
import dev.whittle.quantizer.rule.ConstantValues;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ModelDiffTest {
    private static List<List<float[]>> images(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> List.of(SampleModels.image(i, SampleModels.CNN_INPUT_ELEMENTS))).toList();
    }

    @Test
    void aModelEqualsItself() {
        Model model = SampleModels.cnn(1);

        ModelDiff diff = ModelDiff.of(model, SampleModels.cnn(1));

        assertThat(diff.operators()).hasSameSizeAs(model.primary().operators())
                .allMatch(operator -> operator.fate() == Fate.SAME && Objects.equals(operator.first(),
                        operator.second()));
        assertThat(diff.hasOtherGraph()).isFalse();
        assertThat(diff.hasOtherVersions()).isFalse();
        assertThat(diff.quantization()).isEmpty();
        assertThat(diff.weights()).isEmpty();
        assertThat(diff.metadata()).isEmpty();
        assertThat(OutputAgreement.of(model, SampleModels.cnn(1), images(2)))
                .containsExactly(new OutputAgreement("softmax", 2, null, 0, 1.0));
    }

    @Test
    void int8FormIsAlignedByNameAndShowsWhatQuantizationAdded() {
        Model plain = SampleModels.cnn(1);
        Model int8 = Quantizer.quantize(plain, Recipe.of(Mode.INT8), Calibrator.minMax().calibrate(plain, images(5)),
                new Ends(ElementType.FLOAT32, ElementType.FLOAT32));

        ModelDiff diff = ModelDiff.of(plain, int8);

        assertThat(diff.operators().stream().filter(operator -> operator.fate() == Fate.ADDED)
                .map(OperatorDiff::operator)).containsExactly("QUANTIZE", "DEQUANTIZE");
        assertThat(diff.operators()).noneMatch(operator -> operator.fate() == Fate.REMOVED);
        assertThat(diff.hasOtherVersions()).isTrue();
        assertThat(diff.quantization()).anyMatch(tensor -> tensor.firstType() == ElementType.FLOAT32
                && tensor.secondType() == ElementType.INT8 && tensor.second() != null);
        // Rounded weights lie within half a step of what they were.
        assertThat(diff.weights()).isNotEmpty().allSatisfy(
                weight -> assertThat(weight.largestChange()).isLessThan(
                        (weight.first().maximum() - weight.first().minimum()) / 127));
        OutputAgreement outputs = OutputAgreement.of(plain, int8, images(5)).getFirst();
        assertThat(outputs.sqnr()).isNotNull().isBetween(15.0, 80.0);
        assertThat(outputs.isWithin(15, 1, 0)).isTrue();
        assertThat(outputs.isWithin(100, 1, 0)).isFalse();
        assertThat(outputs.isWithin(15, 0, 0)).isFalse();
    }

    @Test
    void replacedOperatorKeepsItsPlaceAndSaysWhatItWas() {
        Model leaky = SmallGraph.leaky();

        ModelDiff diff = ModelDiff.of(leaky, Rewrite.LEAKY_RELU_TO_RELU.apply(leaky));

        assertThat(diff.operators()).extracting(OperatorDiff::fate).containsExactly(Fate.SAME, Fate.CHANGED,
                Fate.SAME);
        assertThat(diff.operators().get(1))
                .isEqualTo(new OperatorDiff(1, 1, "RELU", "leaky", Fate.CHANGED, List.of("LEAKY_RELU → RELU"),
                        "1 → 2"));
    }

    @Test
    void operatorsAreAlignedByOrderWhereNamesDiffer() {
        ModelDiff diff = ModelDiff.of(chain("a", "b", "c"), chain("d", "e"));

        assertThat(diff.operators()).extracting(OperatorDiff::fate).containsExactlyInAnyOrder(Fate.SAME, Fate.SAME,
                Fate.REMOVED);
        assertThat(diff.hasOtherGraph()).isTrue();
    }

    private static Model chain(String... names) {
        SmallGraph graph = new SmallGraph();
        int at = graph.input("x", ElementType.FLOAT32, null, 1, 2);
        for (String name : names) {
            at = graph.operator(Options.Plain.RELU, name, ElementType.FLOAT32, null, Shape.of(1, 2), at);
        }
        return graph.model(at);
    }

    @Test
    void changedOptionIsNamedWithBothValues() {
        ModelDiff diff = ModelDiff.of(softmax(1), softmax(2));

        assertThat(diff.operators().getFirst().changes()).containsExactly("beta 1.0 → 2.0");
    }

    private static Model softmax(float beta) {
        SmallGraph graph = new SmallGraph();
        int x = graph.input("x", ElementType.FLOAT32, null, 1, 2);
        return graph.model(graph.operator(new Options.Softmax(beta), "y", ElementType.FLOAT32, null, Shape.of(1, 2),
                x));
    }

    @Test
    void changedWeightHasItsShareSizeAndDistribution() {
        Model before = SmallGraph.int8Conv(new byte[]{4, 0, 0, 4}, new int[]{0, 0});
        Model after = SmallGraph.int8Conv(new byte[]{4, 0, 0, 8}, new int[]{0, 0});

        ModelDiff diff = ModelDiff.of(before, after);

        // Codes 4 and 8 at scale 0.25.
        assertThat(diff.weights()).singleElement().satisfies(weight -> {
            assertThat(weight.tensor()).isEqualTo("filter");
            assertThat(weight.changedShare()).isEqualTo(0.25);
            assertThat(weight.largestChange()).isEqualTo(1);
            assertThat(weight.first()).isEqualTo(new Distribution(0, 1, 0.5, 0.5));
            assertThat(weight.second().maximum()).isEqualTo(2);
            assertThat(weight.second().mean()).isEqualTo(0.75);
            assertThat(weight.second().deviation()).isCloseTo(Math.sqrt(0.6875), within(1e-12));
        });
        assertThat(diff.quantization()).isEmpty();
    }

    @Test
    void otherScaleIsADifferenceOfQuantization() {
        assertThat(ModelDiff.of(relu(0.5), relu(0.25)).quantization()).contains(
                new QuantizationDiff("x", ElementType.INT8, ElementType.INT8, scale(0.5, 0), scale(0.25, 0)));
    }

    private static Model relu(double scale) {
        SmallGraph graph = new SmallGraph();
        int x = graph.input("x", ElementType.INT8, scale(scale, 0), 1, 2);
        return graph.model(graph.operator(Options.Plain.RELU, "y", ElementType.INT8, scale(1, 0), Shape.of(1, 2), x));
    }

    @Test
    void metadataThatDifferAreNamed() {
        SmallGraph one = new SmallGraph().metadata("labels.txt", "a").metadata("same", "s");
        SmallGraph other = new SmallGraph().metadata("labels.txt", "b").metadata("same", "s").metadata("new", "n");

        assertThat(ModelDiff.of(one.model(), other.model()).metadata()).containsExactly("labels.txt", "new");
    }

    @Test
    void topOneAgreementCountsRowsOfTheLastDimension() {
        SmallGraph graph = new SmallGraph();
        int x = graph.input("x", ElementType.FLOAT32, null, 1, 2);
        Model same = graph.model(graph.operator(new Options.Mul(Activation.NONE), "y", ElementType.FLOAT32, null,
                Shape.of(1, 2), x, graph.floats("c", Shape.of(2), 1, 1)));
        SmallGraph skewed = new SmallGraph();
        int z = skewed.input("x", ElementType.FLOAT32, null, 1, 2);
        Model tripled = skewed.model(skewed.operator(new Options.Mul(Activation.NONE), "y", ElementType.FLOAT32, null,
                Shape.of(1, 2), z, skewed.floats("c", Shape.of(2), 1, 3)));

        OutputAgreement agreement = OutputAgreement.of(same, tripled,
                List.of(List.of(new float[]{2, 1}), List.of(new float[]{4, 1}))).getFirst();

        // (2, 1) becomes (2, 3) and turns; (4, 1) becomes (4, 3) and does not. Signal 22, noise 4 + 4.
        assertThat(agreement.topAgreement()).isEqualTo(0.5);
        assertThat(agreement.largestError()).isEqualTo(2);
        assertThat(agreement.sqnr()).isCloseTo(10 * Math.log10(22 / 8.0), within(1e-12));
    }

    @Test
    void modelsOfOtherInputsAreRefused() {
        assertThatThrownBy(() -> OutputAgreement.of(chain("a"), SampleModels.cnn(1), List.of()))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("the models have the inputs");
    }

    @Test
    void randomBytesOfRealInputsAreTheRandomRealNumbers() {
        Model model = SampleModels.cnn(1);
        float[] reals = RandomInputs.of(model, model, 1, 7).getFirst().getFirst();

        try (Interpreter interpreter = Interpreter.of(model)) {
            byte[] bytes = RandomInputs.bytes(interpreter, 7).getFirst();
            assertThat(bytes).isEqualTo(Buffer.ofFloats(reals).toBytes());
            // The first number of java.util.Random with seed 7, of 255.
            assertThat(reals[0]).isEqualTo(255 * new Random(7).nextFloat());
        }
    }

    @Test
    void randomInputsAreTheSameForASeedAndWithinWhatTheCodesCover() {
        Model model = relu(0.5);
        List<List<float[]>> once = RandomInputs.of(model, model, 50, 3);

        assertThat(once.getLast().getFirst())
                .isEqualTo(RandomInputs.of(model, model, 50, 3).getLast().getFirst())
                .isNotEqualTo(RandomInputs.of(model, model, 50, 4).getLast().getFirst());
        assertThat(once).allSatisfy(sample -> {
            for (float value : sample.getFirst()) {
                assertThat(value).isBetween(-64f, 63.5f);
            }
        });
    }

    @Test
    void constantsOfAnyKindStandForTheirRealNumbers() {
        QuantizationParameters channels =
                QuantizationParameters.perChannel(new float[]{1, 2}, new long[]{0, 0}, 0);
        Tensor perChannel = Tensor.constant("c", ElementType.INT8, Shape.of(2, 2), channels,
                Buffer.of((byte) 1, (byte) -2, (byte) 3, (byte) 4));
        Tensor unsigned = Tensor.constant("u", ElementType.UINT8, Shape.of(2), scale(0.5, 128),
                Buffer.of((byte) 130, (byte) 0));
        Tensor nibbles = Tensor.constant("n", ElementType.INT4, Shape.of(1, 4),
                new QuantizationParameters(List.of(0.5f, 2f), List.of(0L, 0L), 0, 2),
                Buffer.ofCodes(ElementType.INT4, (byte) 1, (byte) -2, (byte) 3, (byte) -4));
        Tensor halves = Tensor.constant("h", ElementType.FLOAT16, Shape.of(1), null,
                Buffer.ofShorts(Float.floatToFloat16(0.5f)));
        Tensor sizes = Tensor.constant("s", ElementType.INT32, Shape.of(1), null, Buffer.ofInts(7));

        assertThat(ConstantValues.reals(perChannel)).hasValue(new float[]{1, -2, 6, 8});
        assertThat(ConstantValues.reals(unsigned)).hasValue(new float[]{1, -64});
        assertThat(ConstantValues.reals(nibbles)).hasValue(new float[]{0.5f, -1, 6, -8});
        assertThat(ConstantValues.reals(halves)).hasValue(new float[]{0.5f});
        assertThat(ConstantValues.reals(sizes)).isEmpty();
    }
}

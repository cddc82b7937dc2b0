package dev.whittle.quantizer.microscope.lint;

import static dev.whittle.quantizer.microscope.SmallGraph.conv;
import static dev.whittle.quantizer.microscope.SmallGraph.scale;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.whittle.converter.lower.ImageModelMetadata;
import dev.whittle.converter.reference.SampleModels;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Metadata;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.quantizer.calibrate.CalibrationRecord;
import dev.whittle.quantizer.calibrate.Calibrator;
import dev.whittle.quantizer.calibrate.RepresentativeSet;
import dev.whittle.quantizer.microscope.SmallGraph;
import dev.whittle.quantizer.microscope.lint.Evidence.Prediction;
import dev.whittle.quantizer.observe.Range;
import dev.whittle.quantizer.recipe.Mode;
import dev.whittle.quantizer.recipe.Recipe;
import dev.whittle.quantizer.rewrite.Ends;
import dev.whittle.quantizer.rewrite.Quantizer;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Every rule on a model or run with its mistake, and on one without.
class LintTest {
    private static final Evidence PLAIN = Evidence.ofName("model.tflite");

    private static List<Finding> found(Model model, Evidence evidence, LintRule rule) {
        return Lint.check(model, evidence).stream().filter(finding -> finding.id().equals(rule.id())).toList();
    }

    private static void finds(Model model, Evidence evidence, LintRule rule, Severity severity, String where,
            String what) {
        assertThat(found(model, evidence, rule)).singleElement()
                .isEqualTo(new Finding(rule.id(), severity, where, what, rule.cure()));
    }

    private static void passes(Model model, Evidence evidence, LintRule rule) {
        assertThat(found(model, evidence, rule)).isEmpty();
    }

    private static List<List<float[]>> images(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> List.of(SampleModels.image(i, SampleModels.CNN_INPUT_ELEMENTS))).toList();
    }

    private static Model int8() {
        Model plain = SampleModels.cnn(1);
        return Quantizer.quantize(plain, Recipe.of(Mode.INT8),
                Calibrator.minMax().withInputRange(0, new Range(0, 255)).calibrate(plain, images(12)),
                new Ends(ElementType.INT8, ElementType.INT8));
    }

    @Test
    void soundInt8ModelHasNoFindings() {
        assertThat(Lint.check(int8(), PLAIN.withSamples(images(12)).withTargets(Set.of(Target.values())))).isEmpty();
    }

    @Test
    void idsAreKebabCaseAndUnique() {
        assertThat(Arrays.stream(LintRule.values()).map(LintRule::id)).doesNotHaveDuplicates()
                .allMatch(id -> id.matches("[a-z0-9]+(-[a-z0-9]+)+"));
    }

    @Nested
    class QatNotApplied {
        private static final LintRule RULE = LintRule.QAT_NOT_APPLIED;

        @ParameterizedTest
        @ValueSource(strings = {"cnn_quant_aware.tflite", "cnn-QAT.tflite", "qat_int8.tflite",
            "quantization_aware.tflite"})
        void nameThatSaysQatOnFloatActivationsIsAnError(String name) {
            finds(SampleModels.cnn(1), Evidence.ofName(name), RULE, Severity.ERROR, "file name \"" + name + "\"",
                    "all weights and activations are float");
        }

        @ParameterizedTest
        @ValueSource(strings = {"cnn_quant.tflite", "aquatic.tflite", "awareness.tflite"})
        void otherNamesClaimNothing(String name) {
            passes(SampleModels.cnn(1), Evidence.ofName(name), RULE);
        }

        @Test
        void annotationLeftInATensorNameIsAnError() {
            finds(dense("seq/quantize_annotate_3/MatMul", true), PLAIN, RULE, Severity.ERROR,
                    "tensor \"seq/quantize_annotate_3/MatMul\"",
                    "all activations are float, 1 weight tensors are integers");
        }

        @Test
        void modelThatIsSaidToBeQatIsHeldToIt() {
            finds(SampleModels.cnn(1), PLAIN.calledQat(), RULE, Severity.ERROR, "called quantization-aware",
                    "all weights and activations are float");
        }

        @Test
        void integerActivationsAreWhatWasPromised() {
            passes(int8(), Evidence.ofName("cnn_qat.tflite").calledQat(), RULE);
        }
    }

    /// A dense layer of one weight.
    private static Model dense(String name, boolean isHybrid) {
        SmallGraph graph = new SmallGraph();
        int x = graph.input("x", ElementType.FLOAT32, null, 1, 1);
        int weights = isHybrid
                ? graph.codes("w", ElementType.INT8, scale(1, 0), Shape.of(1, 1), (byte) 1)
                : graph.floats("w", Shape.of(1, 1), 1);
        return graph.model(graph.operator(new Options.FullyConnected(Activation.NONE, false, false), name,
                ElementType.FLOAT32, null, Shape.of(1, 1), x, weights));
    }

    @Test
    void dynamicRangeFileIsNotedAndNeitherFloatNorInt8Is() {
        finds(Quantizer.quantize(SampleModels.cnn(1), Recipe.of(Mode.DYNAMIC_RANGE)), PLAIN, LintRule.FLOAT_ACTIVATIONS,
                Severity.NOTE,
                "model", "all activations are float, 2 weight tensors are integers");
        passes(SampleModels.cnn(1), PLAIN, LintRule.FLOAT_ACTIVATIONS);
        passes(int8(), PLAIN, LintRule.FLOAT_ACTIVATIONS);
    }

    @Nested
    class OutputScale {
        private static final LintRule RULE = LintRule.OUTPUT_READ_WITH_INPUT_SCALE;

        /// Codes of −128 … as a program that uses some scale would record them.
        private static Evidence read(double scale, int zeroPoint, boolean keepsCodes, int... codes) {
            return PLAIN.withPredictions(Arrays.stream(codes).mapToObj(code -> new Prediction(
                    keepsCodes ? List.of(code) : null, List.of(scale * (code - zeroPoint)))).toList());
        }

        /// Input scale 1 and zero point −128 (pixels), output scale 1/256 and −128 (probabilities).
        private static Model classifier() {
            SmallGraph graph = new SmallGraph();
            int x = graph.input("x", ElementType.INT8, scale(1, -128), 1, 1);
            return graph.model(graph.operator(new Options.Softmax(1), "scores", ElementType.INT8,
                    scale(1.0 / 256, -128), Shape.of(1, 1), x));
        }

        @ParameterizedTest
        @ValueSource(booleans = {true, false})
        void scoresOfTheInputsScaleAreAnErrorWithCodesAndWithout(boolean keepsCodes) {
            finds(classifier(), read(1, -128, keepsCodes, -128, 5, 127), RULE, Severity.ERROR, "output \"scores\"",
                    "all 3 recorded predictions fit the input's scale 1.00000 and zero point -128, not the output's"
                            + " 0.00390625 and -128");
        }

        @ParameterizedTest
        @ValueSource(booleans = {true, false})
        void scoresOfTheOutputsScalePass(boolean keepsCodes) {
            passes(classifier(), read(1.0 / 256, -128, keepsCodes, -128, 5, 127), RULE);
        }

        @Test
        void scoresThatFitNeitherPass() {
            passes(classifier(), PLAIN.withPredictions(List.of(new Prediction(null, List.of(0.1234567)))), RULE);
        }

        @Test
        void codesAndScoresMustBeAsMany() {
            assertThatThrownBy(() -> new Prediction(List.of(1), List.of())).hasMessage(
                    "1 codes and 0 scores, expected as many");
        }
    }

    @Test
    void calibrationImagesAmongTheTestImagesAreAnError() {
        finds(int8(), PLAIN.withImages(Set.of("a", "b", "c"), Set.of("b", "c", "d")),
                LintRule.CALIBRATED_ON_TEST_IMAGES, Severity.ERROR, "calibration",
                "2 of 3 calibration images are test images");
        passes(int8(), PLAIN.withImages(Set.of("a"), Set.of("b")), LintRule.CALIBRATED_ON_TEST_IMAGES);
    }

    /// An int8 model whose file says that it was calibrated on images of these hashes.
    private static Model recorded(int count, String... hashes) {
        return CalibrationRecord.of(new RepresentativeSet("images", count, List.of(hashes), List.of()), "entropy",
                List.of()).attachTo(int8());
    }

    @Test
    void calibrationImagesOfTheFilesOwnRecordAreLookedForAmongTheTestImages() {
        Model model = recorded(200, "0123456789abcdef01", "fedcba9876543210fe");

        finds(model, PLAIN.withImages(Set.of(), Set.of("0123456789ABCDEF99", "aa")),
                LintRule.CALIBRATED_ON_TEST_IMAGES, Severity.ERROR, "calibration",
                "1 of 2 calibration images are test images");
        passes(model, PLAIN.withImages(Set.of(), Set.of("aa")), LintRule.CALIBRATED_ON_TEST_IMAGES);
    }

    @Test
    void fewCalibrationSamplesAreAWarning() {
        finds(recorded(99), PLAIN, LintRule.FEW_CALIBRATION_SAMPLES, Severity.WARNING, "calibration",
                "ranges are those of 99 samples (entropy)");
        passes(recorded(100), PLAIN, LintRule.FEW_CALIBRATION_SAMPLES);
        passes(int8(), PLAIN, LintRule.FEW_CALIBRATION_SAMPLES);
    }

    @Nested
    class DoubleNormalisation {
        private static final LintRule RULE = LintRule.DOUBLE_NORMALISATION;

        /// Divides by 255 what its input's codes cover.
        private static Model dividing(double inputScale) {
            SmallGraph graph = new SmallGraph();
            int x = graph.input("x", ElementType.INT8, scale(inputScale, -128), 1, 4);
            int factor = graph.codes("factor", ElementType.INT8, scale(1.0 / 255 / 127, 0), Shape.of(1), (byte) 127);
            return graph.model(graph.operator(new Options.Mul(Activation.NONE), "scaled", ElementType.INT8,
                    scale(inputScale / 255, -128), Shape.of(1, 4), x, factor));
        }

        @Test
        void dividingWhatIsWithinOneAlreadyIsAnError() {
            finds(dividing(1.0 / 255), PLAIN, RULE, Severity.ERROR, "MUL #0 \"scaled\"",
                    "multiplies by 0.003922 what reaches 1.000 at most already");
        }

        @Test
        void dividingPixelsPasses() {
            passes(dividing(1), PLAIN, RULE);
        }

        @Test
        void inputOfPixelsGivenDataWithinOneIsAnError() {
            finds(dividing(1), PLAIN.withSamples(List.of(List.of(new float[]{0, 0.5f, 0.25f, 1}))), RULE,
                    Severity.ERROR, "input \"x\"",
                    "its codes cover 0.000 to 255.0, the data reach 0.000 to 1.000");
        }

        @Test
        void inputOfPixelsGivenPixelsPasses() {
            passes(dividing(1), PLAIN.withSamples(List.of(List.of(new float[]{0, 90, 17, 200}))), RULE);
        }

        @Test
        void floatModelWhoseMetadataNamesScaledDataIsHeldToIt() {
            Model plain = SampleModels.cnn(1);

            assertThat(found(withRange(plain, 0, 1), PLAIN, RULE)).singleElement()
                    .satisfies(finding -> assertThat(finding.where()).startsWith("MUL #1"));
            passes(withRange(plain, 0, 255), PLAIN, RULE);
        }

        private static Model withRange(Model model, float minimum, float maximum) {
            List<Metadata> entries = new ImageModelMetadata(List.of("a", "b"), minimum, maximum).entries();
            return new Model(model.source(), model.version(), model.description(), model.subgraphs(),
                    model.signatures(), entries);
        }
    }

    @Nested
    class Ranges {
        /// The real numbers 0 to 40 through a convolution of factor 1 to a range of −128 · scale to 127 · scale.
        private static Model covering(double outputScale, Activation activation) {
            SmallGraph graph = new SmallGraph();
            int x = graph.input("x", ElementType.INT8, scale(1, -128), 1, 1, 40, 1);
            int filter = graph.codes("filter", ElementType.INT8, scale(1.0 / 64, 0), Shape.of(1, 1, 1, 1), (byte) 64);
            int bias = graph.bias("bias", scale(1.0 / 64, 0), 0);
            return graph.model(graph.operator(conv(activation), "y", ElementType.INT8, scale(outputScale, -128),
                    Shape.of(1, 1, 40, 1), x, filter, bias));
        }

        private static List<List<float[]>> ramps(int count) {
            float[] ramp = new float[40];
            for (int i = 0; i < ramp.length; i++) {
                ramp[i] = i + 1;
            }
            return Collections.nCopies(count, List.of(ramp));
        }

        @Test
        void valuesAtTheEndOfTheRangeAreAWarning() {
            // Up to 25.5: the numbers from 26 to 40 are cut off, 15 of 40.
            finds(covering(0.1, Activation.NONE), PLAIN.withSamples(ramps(9)), LintRule.RANGE_SATURATES,
                    Severity.WARNING, "CONV_2D #0 \"y\"",
                    "37.5 % of its values are at the ends of the range (0.0 % low, 37.5 % high)");
        }

        @Test
        void endThatRelu6ClampsToIsMeant() {
            passes(covering(6.0 / 255, Activation.RELU6), PLAIN.withSamples(ramps(9)), LintRule.RANGE_SATURATES);
        }

        @Test
        void rangeThatFitsIsNeitherSaturatedNorHardlyUsed() {
            Evidence evidence = PLAIN.withSamples(ramps(12));
            passes(covering(41.0 / 255, Activation.NONE), evidence, LintRule.RANGE_SATURATES);
            passes(covering(41.0 / 255, Activation.NONE), evidence, LintRule.RANGE_HARDLY_USED);
        }

        @Test
        void rangeOfWhichAnEighthIsUsedIsAWarningOnceThereAreTenInputs() {
            // A step of 4: 1 to 40 are the codes 0 to 10 above the zero point.
            Model model = covering(4, Activation.NONE);
            finds(model, PLAIN.withSamples(ramps(12)), LintRule.RANGE_HARDLY_USED, Severity.WARNING,
                    "CONV_2D #0 \"y\"", "12 inputs use 11 of its 256 codes");
            passes(model, PLAIN.withSamples(ramps(9)), LintRule.RANGE_HARDLY_USED);
        }

        @Test
        void dataBeyondTheInputAreAWarning() {
            float[] large = new float[40];
            Arrays.fill(large, 0, 4, 300);
            finds(covering(2, Activation.NONE), PLAIN.withSamples(List.of(List.of(large))), LintRule.RANGE_SATURATES,
                    Severity.WARNING, "input \"x\"",
                    "10.0 % of the data lie beyond what its codes cover, 0.000 to 255.0");
        }
    }

    @Nested
    class Weights {
        @Test
        void channelsOfFewStepsAreAWarning() {
            finds(channels(scale(1, 0), 127, 127, 7, 1), PLAIN, LintRule.SKEWED_CHANNELS, Severity.WARNING,
                    "CONV_2D #0 \"y\"", "2 of 4 channels of \"filter\" use fewer than 8 steps of its one scale");
        }

        @Test
        void oneSuchChannelEnoughStepsAndDeadChannelsPass() {
            passes(channels(scale(1, 0), 127, 127, 127, 1), PLAIN, LintRule.SKEWED_CHANNELS);
            passes(channels(scale(1, 0), 127, 127, 8, -8), PLAIN, LintRule.SKEWED_CHANNELS);
            passes(channels(scale(1, 0), 127, 127, 0, 0), PLAIN, LintRule.SKEWED_CHANNELS);
        }

        @Test
        void scaleForEachChannelPasses() {
            passes(channels(QuantizationParameters.perChannel(new float[]{1, 1, 1, 1}, new long[4], 0), 127, 127, 7,
                    1), PLAIN, LintRule.SKEWED_CHANNELS);
        }

        /// A convolution with one weight for each channel.
        private static Model channels(QuantizationParameters parameters, int... weights) {
            byte[] codes = new byte[weights.length];
            for (int i = 0; i < codes.length; i++) {
                codes[i] = (byte) weights[i];
            }
            SmallGraph graph = new SmallGraph();
            int x = graph.input("x", ElementType.INT8, scale(1, 0), 1, 1, 1, 1);
            int filter = graph.codes("filter", ElementType.INT8, parameters, Shape.of(codes.length, 1, 1, 1), codes);
            return graph.model(graph.operator(conv(Activation.NONE), "y", ElementType.INT8, scale(1, 0),
                    Shape.of(1, 1, 1, codes.length), x, filter));
        }

        @Test
        void biasAtTheEndOfThirtyTwoBitsIsAnError() {
            finds(SmallGraph.int8Conv(new byte[]{1, 0, 0, 1}, new int[]{0, Integer.MIN_VALUE}), PLAIN,
                    LintRule.BIAS_OVERFLOW, Severity.ERROR, "CONV_2D #0 \"y\"",
                    "bias[1] of \"bias\" is -2147483648, the end of 32 bits");
        }

        @Test
        void biasWithWhichASumMayOverflowIsAWarning() {
            // 127 · 128 more than Integer.MAX_VALUE − 10,000.
            finds(SmallGraph.int8Conv(new byte[]{127, 0, 0, 1}, new int[]{Integer.MAX_VALUE - 10_000, 0}), PLAIN,
                    LintRule.BIAS_OVERFLOW, Severity.WARNING, "CONV_2D #0 \"y\"",
                    "bias[0] of \"bias\" is 2147473647, with which a sum may reach 2147489903, beyond 32 bits");
        }

        @Test
        void largeBiasWithinThirtyTwoBitsPasses() {
            passes(SmallGraph.int8Conv(new byte[]{127, 0, 0, 1}, new int[]{1 << 30, -(1 << 30)}), PLAIN,
                    LintRule.BIAS_OVERFLOW);
        }

        @Test
        void biasOfAnotherScaleThanInputTimesWeightsIsAnError() {
            finds(biased(0.5), PLAIN, LintRule.BIAS_SCALE, Severity.ERROR, "CONV_2D #0 \"y\"",
                    "scale[0] of \"bias\" is 0.5000, input times weights is 0.1250");
            passes(biased(0.125), PLAIN, LintRule.BIAS_SCALE);
        }

        private static Model biased(double biasScale) {
            SmallGraph graph = new SmallGraph();
            int x = graph.input("x", ElementType.INT8, scale(0.5, 0), 1, 1, 1, 1);
            int filter = graph.codes("filter", ElementType.INT8, scale(0.25, 0), Shape.of(1, 1, 1, 1), (byte) 64);
            int bias = graph.bias("bias", scale(biasScale, 0), 3);
            return graph.model(graph.operator(conv(Activation.NONE), "y", ElementType.INT8, scale(1, 0),
                    Shape.of(1, 1, 1, 1), x, filter, bias));
        }
    }

    @Nested
    class Targets {
        @Test
        void hybridLayerIsNotedForMicroAndAWarningWhereMicroIsTheTarget() {
            String reason = "has FLOAT32 activations and INT8 weights; hybrid kernels are not supported";
            finds(dense("y", true), PLAIN, LintRule.MICRO_UNSUPPORTED, Severity.NOTE, "FULLY_CONNECTED #0", reason);
            finds(dense("y", true), PLAIN.withTargets(Set.of(Target.MICRO)), LintRule.MICRO_UNSUPPORTED,
                    Severity.WARNING, "FULLY_CONNECTED #0", reason);
            passes(dense("y", false), PLAIN.withTargets(Set.of(Target.MICRO)), LintRule.MICRO_UNSUPPORTED);
        }

        @Test
        void edgeTpuIsOfInterestForIntegerModelsUnlessItIsTheTarget() {
            assertThat(found(SmallGraph.leaky(), PLAIN, LintRule.EDGETPU_UNMAPPED))
                    .extracting(Finding::severity, Finding::where)
                    .containsExactly(tuple(Severity.NOTE, "LEAKY_RELU #1"),
                            tuple(Severity.NOTE, "CONV_2D #2"));
            passes(dense("y", false), PLAIN, LintRule.EDGETPU_UNMAPPED);
            assertThat(found(dense("y", false), PLAIN.withTargets(Set.of(Target.EDGETPU)),
                    LintRule.EDGETPU_UNMAPPED)).hasSize(1);
        }
    }

    @Nested
    class Batch {
        private static final LintRule RULE = LintRule.RESHAPE_FIXES_BATCH;

        private static Model reshape(boolean isOpen, int... shape) {
            SmallGraph graph = new SmallGraph();
            int x = isOpen ? graph.openInput("x", 1, 2, 2) : graph.input("x", ElementType.FLOAT32, null, 1, 2, 2);
            return graph.model(graph.operator(new Options.Reshape(null), "flat", ElementType.FLOAT32, null,
                    Shape.of(1, 4), x, graph.ints("shape", shape)));
        }

        @Test
        void batchOfOneBehindAnOpenInputIsAWarning() {
            finds(reshape(true, 1, 4), PLAIN, RULE, Severity.WARNING, "RESHAPE #0 \"flat\"",
                    "new shape [1, 4], while the input's batch is open");
            finds(reshape(true, 1, -1), PLAIN, RULE, Severity.WARNING, "RESHAPE #0 \"flat\"",
                    "new shape [1, -1], while the input's batch is open");
        }

        @Test
        void batchOfOneBehindAFixedInputIsNoted() {
            finds(reshape(false, 1, 4), PLAIN, RULE, Severity.NOTE, "RESHAPE #0 \"flat\"",
                    "new shape [1, 4], the input's batch is fixed too");
        }

        @Test
        void batchThatIsLeftOpenPasses() {
            passes(reshape(true, -1, 4), PLAIN, RULE);
        }
    }
}

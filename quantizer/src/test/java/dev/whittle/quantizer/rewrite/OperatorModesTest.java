package dev.whittle.quantizer.rewrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.converter.lower.SubgraphBuilder;
import dev.whittle.converter.reference.ReferenceInterpreter;
import dev.whittle.converter.reference.SampleModels;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.quantizer.calibrate.Calibration;
import dev.whittle.quantizer.calibrate.Calibrator;
import dev.whittle.quantizer.recipe.Mode;
import dev.whittle.quantizer.recipe.Recipe;
import dev.whittle.quantizer.recipe.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Each operator alone in each integer mode, beside the float model and the reference runtime.
class OperatorModesTest {
    private static final Shape IMAGE = Shape.of(1, 4, 6, 4);

    private static final List<OperatorCode> WITHOUT_INT16 =
            List.of(OperatorCode.HARD_SWISH, OperatorCode.DEPTH_TO_SPACE, OperatorCode.SPACE_TO_DEPTH);

    private static Model model(Options options, Shape output, int... further) {
        SubgraphBuilder builder = new SubgraphBuilder();
        int image = builder.input("image", IMAGE);
        int[] inputs = switch (options) {
            case Options.ResizeNearestNeighbor _,Options.ResizeBilinear _ ->
                    new int[]{image, builder.sizes("size", further)};
            case Options.Plain.PAD -> new int[]{image, builder.paddings("paddings", further)};
            case Options.MirrorPad _ -> new int[]{image, builder.paddings("paddings", further)};
            case Options.Plain.TRANSPOSE, Options.Plain.EXPAND_DIMS ->
                    new int[]{image, builder.sizes("axes", further)};
            case Options.Reduce _ -> new int[]{image, builder.sizes("axes", further)};
            case Options.Plain.SLICE -> new int[]{image, builder.sizes("begin", 0, 1, 2, 0),
                builder.sizes("size", 1, 2, 3, 4)};
            case Options.StridedSlice _ -> new int[]{image, builder.sizes("begin", 0, 0, 0, 1),
                builder.sizes("end", 1, 4, 6, 4), builder.sizes("strides", 1, 1, 2, 1)};
            case Options.Add _,Options.Sub _,Options.Mul _ -> new int[]{image, channels(builder)};
            case Options.Plain.MAXIMUM, Options.Plain.MINIMUM -> new int[]{image, channels(builder)};
            case Options.Concatenation _ ->
                    new int[]{image, image, builder.constant("constant", IMAGE, SampleModels.centered(9, 96))};
            default -> new int[]{image};
        };
        int result = builder.operator(options, "result", output, inputs);
        return new Model("one", Model.SCHEMA_VERSION, "", List.of(builder.build("main", result)), List.of(), List.of());
    }

    private static int channels(SubgraphBuilder builder) {
        return builder.constant("constant", Shape.of(4), -0.5f, 0.25f, 0.125f, 0.75f);
    }

    private static List<Model> models() {
        Options.Pool2d pool = new Options.Pool2d(Padding.VALID, 2, 2, 2, 2, Activation.NONE);
        return Stream.of(
                model(new Options.Add(Activation.RELU), IMAGE), model(new Options.Sub(Activation.NONE, false), IMAGE),
                model(new Options.Mul(Activation.NONE), IMAGE), model(Options.Plain.MAXIMUM, IMAGE),
                model(Options.Plain.MINIMUM, IMAGE), model(Options.Plain.RELU, IMAGE),
                model(Options.Plain.RELU6, IMAGE), model(new Options.LeakyRelu(0.2f), IMAGE),
                model(Options.Plain.HARD_SWISH, IMAGE), model(Options.Plain.LOGISTIC, IMAGE),
                model(Options.Plain.TANH, IMAGE), model(new Options.Softmax(1), IMAGE),
                model(new Options.MaxPool2d(pool), Shape.of(1, 2, 3, 4)),
                model(new Options.AveragePool2d(pool), Shape.of(1, 2, 3, 4)),
                model(new Options.Reduce(OperatorCode.MEAN, false), Shape.of(1, 4), 1, 2),
                model(new Options.Reduce(OperatorCode.REDUCE_MAX, true), Shape.of(1, 1, 1, 4), 1, 2),
                model(new Options.Reduce(OperatorCode.REDUCE_MIN, false), Shape.of(1, 4), 1, 2),
                model(new Options.Concatenation(3, Activation.NONE), Shape.of(1, 4, 6, 12)),
                model(new Options.Reshape(List.of(1, 96)), Shape.of(1, 96)),
                model(new Options.Squeeze(List.of(0)), Shape.of(4, 6, 4)),
                model(Options.Plain.EXPAND_DIMS, Shape.of(1, 1, 4, 6, 4), 0),
                model(Options.Plain.TRANSPOSE, Shape.of(1, 6, 4, 4), 0, 2, 1, 3),
                model(Options.Plain.SLICE, Shape.of(1, 2, 3, 4)),
                model(new Options.StridedSlice(0, 0, 0, 0, 0, false), Shape.of(1, 4, 3, 3)),
                model(new Options.DepthToSpace(2), Shape.of(1, 8, 12, 1)),
                model(new Options.SpaceToDepth(2), Shape.of(1, 2, 3, 16)),
                model(Options.Plain.PAD, Shape.of(1, 6, 7, 4), 0, 0, 1, 1, 0, 1, 0, 0),
                model(new Options.MirrorPad(false), Shape.of(1, 6, 7, 4), 0, 0, 1, 1, 0, 1, 0, 0),
                model(new Options.ResizeBilinear(false, true), Shape.of(1, 8, 9, 4), 8, 9),
                model(new Options.ResizeNearestNeighbor(false, true), Shape.of(1, 8, 9, 4), 8, 9)).toList();
    }

    private static float[] input(int seed) {
        float[] values = SampleModels.centered(seed, IMAGE.elementCount());
        for (int i = 0; i < values.length; i++) {
            values[i] *= 4;
        }
        return values;
    }

    private static Calibration calibration(Model model) {
        List<List<float[]>> samples = new ArrayList<>();
        for (int seed = 0; seed < 8; seed++) {
            samples.add(List.of(input(seed)));
        }
        return Calibrator.minMax().calibrate(model, samples);
    }

    /// Half a step from rounding the input and half a one from rounding the output, and as much for tables and constants.
    /// RESIZE_BILINEAR weighs with ten fractional bits along two axes, whatever the codes.
    private static float tolerance(OperatorCode code, float step) {
        return code == OperatorCode.RESIZE_BILINEAR ? 2.5f * step + 2 * 8f / 1024 : 2.5f * step;
    }

    @ParameterizedTest
    @EnumSource(names = {"INT8", "INT16X8", "UINT8"})
    void anOperatorIsCloseToFloatAndHasTheCodesOfTheReferenceRuntime(Mode mode) {
        for (Model model : models()) {
            OperatorCode code = model.primary().operators().getFirst().code();
            if (mode == Mode.INT16X8 && WITHOUT_INT16.contains(code)) {
                continue;
            }
            Model quantized = Quantizer.quantize(model, Recipe.of(mode), calibration(model),
                    Ends.of(ElementType.FLOAT32));
            int last = quantized.primary().operators().getLast().inputs().getFirst();
            float step = Objects.requireNonNull(quantized.primary().tensor(last).quantization()).scale(0);
            float[] input = input(2);

            float[] results = Rewrites.run(quantized, input);

            assertThat(results).as("%s %s", mode, code).containsExactly(Rewrites.run(model, input),
                    within(tolerance(code, step)));
            boolean isExact = mode != Mode.UINT8 || code != OperatorCode.RESIZE_BILINEAR;
            try (ReferenceInterpreter reference = ReferenceInterpreter.of(quantized)) {
                assertThat(results).as("%s %s", mode, code).containsExactly(reference.run(input),
                        within(isExact ? 1e-6f : 1.01f * step));
            }
        }
    }

    @Test
    void anOperatorWithoutAKernelForTheModeIsRefused() {
        for (Model model : models()) {
            OperatorCode code = model.primary().operators().getFirst().code();
            if (WITHOUT_INT16.contains(code)) {
                assertThatThrownBy(() -> Quantizer.quantize(model, Recipe.of(Mode.INT16X8), calibration(model),
                        Ends.of(ElementType.INT16))).isInstanceOf(UnsupportedModelException.class)
                        .hasMessage("[one] " + code
                                + " #0: cannot be INT16X8, expected a rule of the recipe that leaves it float");
            }
        }
    }

    @Test
    void anOperatorWithoutAnIntegerKernelStaysFloatByARule() {
        Model model = model(Options.Plain.SIN, IMAGE);
        Recipe recipe = Recipe.of(Rule.of(Mode.FLOAT).forOperator(OperatorCode.SIN), Rule.of(Mode.INT8));

        Model quantized = Quantizer.quantize(model, recipe, calibration(model), Ends.of(ElementType.INT8));

        assertThat(quantized.primary().operators()).extracting(Operator::code).containsExactly(
                OperatorCode.DEQUANTIZE, OperatorCode.SIN, OperatorCode.QUANTIZE);
        assertThat(Rewrites.run(quantized, input(2))).containsExactly(Rewrites.run(model, input(2)), within(0.03f));
    }
}

package dev.whittle.quantizer.rewrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.converter.lower.SubgraphBuilder;
import dev.whittle.converter.reference.ReferenceInterpreter;
import dev.whittle.converter.reference.SampleModels;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.quantizer.calibrate.Calibration;
import dev.whittle.quantizer.calibrate.Calibrator;
import dev.whittle.quantizer.recipe.Mode;
import dev.whittle.quantizer.recipe.Recipe;
import dev.whittle.quantizer.recipe.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Each operator alone in each integer mode, beside the float model and the reference runtime.
class OperatorModesTest {
    private static final Shape IMAGE = Shape.of(1, 4, 6, 4);

    private static final Map<Mode, Set<OperatorCode>> WITHOUT = Map.of(Mode.INT16X8,
            Set.of(OperatorCode.HARD_SWISH, OperatorCode.DEPTH_TO_SPACE, OperatorCode.SPACE_TO_DEPTH), Mode.UINT8,
            Set.of(OperatorCode.BATCH_MATMUL), Mode.INT8, Set.of());

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
            case Options.Pack _ -> new int[]{image, builder.constant("constant", IMAGE, SampleModels.centered(9, 96))};
            case Options.Gather _ -> new int[]{image, builder.sizes("indices", further)};
            case Options.BatchMatMul _ -> new int[]{image, builder.constant("matrix", Shape.of(1, 4, 4, 5),
                    SampleModels.centered(3, 80))};
            case Options.TransposeConv _ -> new int[]{builder.sizes("shape", 1, 8, 12, 2),
                builder.constant("filter", Shape.of(2, 3, 3, 4), channelsApart(SampleModels.centered(5, 72))), image,
                builder.constant("bias", Shape.of(2), 0.5f, -0.25f)};
            case Options.Concatenation _ ->
                    new int[]{image, image, builder.constant("constant", IMAGE, SampleModels.centered(9, 96))};
            default -> new int[]{image};
        };
        int result = builder.operator(options, "result", output, inputs);
        return new Model("one", Model.SCHEMA_VERSION, "", List.of(builder.build("main", result)), List.of(), List.of());
    }

    /// A filter whose first output channel is four times as large as its second.
    private static float[] channelsApart(float[] filter) {
        for (int i = 0; i < filter.length / 2; i++) {
            filter[i] *= 4;
        }
        return filter;
    }

    /// One part of what an operator makes of an image, all parts of one shape but for SPLIT_V.
    private static Model part(Options options, int part, Shape... parts) {
        List<Tensor> tensors = new ArrayList<>(List.of(Tensor.activation("image", ElementType.FLOAT32, IMAGE, null)));
        List<Integer> inputs = switch (options) {
            case Options.Split _ -> {
                tensors.add(integers("axis", Shape.of(), 2));
                yield List.of(1, 0);
            }
            case Options.SplitV _ -> {
                tensors.add(integers("sizes", Shape.of(2), 2, 4));
                tensors.add(integers("axis", Shape.of(), 2));
                yield List.of(0, 1, 2);
            }
            default -> List.of(0);
        };
        List<Integer> outputs = new ArrayList<>();
        for (Shape shape : parts) {
            outputs.add(tensors.size());
            tensors.add(Tensor.activation("part_" + outputs.size(), ElementType.FLOAT32, shape, null));
        }
        Subgraph graph = new Subgraph("main", tensors, List.of(0), List.of(outputs.get(part)),
                List.of(new Operator(options, inputs, outputs, 1)));
        return new Model("one", Model.SCHEMA_VERSION, "", List.of(graph), List.of(), List.of());
    }

    private static Tensor integers(String name, Shape shape, int... values) {
        return Tensor.constant(name, ElementType.INT32, shape, null, Buffer.ofInts(values));
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
                model(new Options.ResizeNearestNeighbor(false, true), Shape.of(1, 8, 9, 4), 8, 9),
                part(new Options.Split(2), 0, Shape.of(1, 4, 3, 4), Shape.of(1, 4, 3, 4)),
                part(new Options.Split(2), 1, Shape.of(1, 4, 3, 4), Shape.of(1, 4, 3, 4)),
                part(new Options.SplitV(2), 1, Shape.of(1, 4, 2, 4), Shape.of(1, 4, 4, 4)),
                part(new Options.Unpack(4, 1), 2, Shape.of(1, 6, 4), Shape.of(1, 6, 4), Shape.of(1, 6, 4),
                        Shape.of(1, 6, 4)),
                model(new Options.Pack(2, 1), Shape.of(1, 2, 4, 6, 4)),
                model(new Options.Gather(2, 0), Shape.of(1, 4, 3, 4), 5, 0, 5),
                model(new Options.BatchMatMul(false, false, false), Shape.of(1, 4, 6, 5)),
                model(new Options.TransposeConv(Padding.SAME, 2, 2, Activation.NONE), Shape.of(1, 8, 12, 2)),
                model(new Options.TransposeConv(Padding.SAME, 2, 2, Activation.RELU), Shape.of(1, 8, 12, 2)))
                .toList();
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
    /// RESIZE_BILINEAR weighs with ten fractional bits along two axes, whatever the codes; sums of products add up roundings.
    private static float tolerance(OperatorCode code, float step) {
        return switch (code) {
            case RESIZE_BILINEAR -> 2.5f * step + 2 * 8f / 1024;
            case BATCH_MATMUL, TRANSPOSE_CONV -> 4 * step;
            default -> 2.5f * step;
        };
    }

    /// What rounding a filter changes at most: an output of the transposed convolution is a sum of 2 · 2 · 4 products, each
    /// of an input up to 4 and a weight that is off by half a step. Beside steps of INT8 it does not count.
    private static float weightRounding(Model quantized, OperatorCode code) {
        if (code != OperatorCode.TRANSPOSE_CONV) {
            return 0;
        }
        return 2 * 2 * 4 * 4 * Objects.requireNonNull(Rewrites.input(quantized, code, 0, 1).quantization()).scale(0)
                / 2;
    }

    @ParameterizedTest
    @EnumSource(names = {"INT8", "INT16X8", "UINT8"})
    void anOperatorIsCloseToFloatAndHasTheCodesOfTheReferenceRuntime(Mode mode) {
        for (Model model : models()) {
            OperatorCode code = model.primary().operators().getFirst().code();
            if (Objects.requireNonNull(WITHOUT.get(mode)).contains(code)) {
                continue;
            }
            Model quantized = Quantizer.quantize(model, Recipe.of(mode), calibration(model),
                    Ends.of(ElementType.FLOAT32));
            int last = quantized.primary().operators().getLast().inputs().getFirst();
            float step = Objects.requireNonNull(quantized.primary().tensor(last).quantization()).scale(0);
            float[] input = input(2);

            float[] results = Rewrites.run(quantized, input);

            assertThat(results).as("%s %s", mode, code).containsExactly(Rewrites.run(model, input),
                    within(tolerance(code, step) + (mode == Mode.INT16X8 ? weightRounding(quantized, code) : 0)));
            // Its optimized kernels, which run here, round in other places than the ones that Whittle follows.
            boolean isExact = code != OperatorCode.TRANSPOSE_CONV
                    && (mode != Mode.UINT8 || code != OperatorCode.RESIZE_BILINEAR);
            try (ReferenceInterpreter reference = ReferenceInterpreter.of(quantized)) {
                assertThat(results).as("%s %s", mode, code).containsExactly(reference.run(input),
                        within(isExact ? 1e-6f : 1.01f * step));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"INT16X8", "UINT8"})
    void anOperatorWithoutAKernelForTheModeIsRefused(Mode mode) {
        Set<OperatorCode> without = Objects.requireNonNull(WITHOUT.get(mode));
        for (Model model : models()) {
            OperatorCode code = model.primary().operators().getFirst().code();
            if (without.contains(code)) {
                assertThatThrownBy(() -> Quantizer.quantize(model, Recipe.of(mode), calibration(model),
                        Ends.of(mode.activationType()))).isInstanceOf(UnsupportedModelException.class)
                        .hasMessage("[one] " + code + " #0: cannot be " + mode
                                + ", expected a rule of the recipe that leaves it float");
            }
        }
    }

    @Test
    void operatorsThatMoveNumbersKeepTheirScaleAndAPackGivesAllItsPartsOne() {
        for (Model model : List.of(part(new Options.Split(2), 0, Shape.of(1, 4, 3, 4), Shape.of(1, 4, 3, 4)),
                part(new Options.Unpack(4, 1), 2, Shape.of(1, 6, 4), Shape.of(1, 6, 4), Shape.of(1, 6, 4),
                        Shape.of(1, 6, 4)),
                model(new Options.Gather(2, 0), Shape.of(1, 4, 3, 4), 5, 0, 5))) {
            Model quantized = Quantizer.quantize(model, Recipe.of(Mode.INT8), calibration(model),
                    Ends.of(ElementType.INT8));
            Operator operator = quantized.primary().operators().getFirst();
            Tensor image = quantized.primary().tensor(quantized.primary().inputs().getFirst());
            assertThat(operator.outputs()).hasSameSizeAs(model.primary().operators().getFirst().outputs())
                    .allSatisfy(output -> assertThat(quantized.primary().tensor(output).quantization())
                            .isEqualTo(image.quantization()));
            assertThat(operator.version()).isEqualTo(2);
        }
        Model pack = model(new Options.Pack(2, 1), Shape.of(1, 2, 4, 6, 4));
        Model packed = Quantizer.quantize(pack, Recipe.of(Mode.INT8), calibration(pack), Ends.of(ElementType.INT8));
        Tensor output = Rewrites.output(packed, OperatorCode.PACK, 0);
        assertThat(Rewrites.input(packed, OperatorCode.PACK, 0, 0).quantization()).isEqualTo(output.quantization());
        assertThat(Rewrites.input(packed, OperatorCode.PACK, 0, 1).quantization()).isEqualTo(output.quantization());
    }

    @Test
    void filterOfATransposedConvolutionHasAScaleForEachOutputChannelAndTheBiasTheirProductWithTheInputs() {
        Model model = model(new Options.TransposeConv(Padding.SAME, 2, 2, Activation.NONE), Shape.of(1, 8, 12, 2));

        Model quantized = Quantizer.quantize(model, Recipe.of(Mode.INT8), calibration(model),
                Ends.of(ElementType.INT8));

        QuantizationParameters filter =
                Objects.requireNonNull(Rewrites.input(quantized, OperatorCode.TRANSPOSE_CONV, 0, 1).quantization());
        QuantizationParameters data =
                Objects.requireNonNull(Rewrites.input(quantized, OperatorCode.TRANSPOSE_CONV, 0, 2).quantization());
        Tensor bias = Rewrites.input(quantized, OperatorCode.TRANSPOSE_CONV, 0, 3);
        assertThat(filter.quantizedDimension()).isZero();
        assertThat(filter.scale()).hasSize(2);
        assertThat(filter.scale(0)).isGreaterThan(2 * filter.scale(1));
        assertThat(bias.type()).isEqualTo(ElementType.INT32);
        assertThat(Objects.requireNonNull(bias.quantization()).scale(1)).isEqualTo(data.scale(0) * filter.scale(1));
        assertThat(Rewrites.operator(quantized, OperatorCode.TRANSPOSE_CONV, 0).version()).isEqualTo(3);
    }

    @Test
    void gatheredConstantHasTheCodesOfItsOwnRange() {
        SubgraphBuilder builder = new SubgraphBuilder();
        int image = builder.input("image", IMAGE);
        int table = builder.constant("table", Shape.of(3, 4), -3, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 5);
        int row = builder.operator(new Options.Gather(0, 0), "row", Shape.of(1, 4), table, builder.sizes("which", 2));
        int sum = builder.operator(new Options.Add(Activation.NONE), "sum", IMAGE, image, row);
        Model model = new Model("one", Model.SCHEMA_VERSION, "", List.of(builder.build("main", sum)), List.of(),
                List.of());

        Model quantized = Quantizer.quantize(model, Recipe.of(Mode.INT8), calibration(model),
                Ends.of(ElementType.FLOAT32));

        assertThat(Objects.requireNonNull(Rewrites.output(quantized, OperatorCode.GATHER, 0).quantization()).scale(0))
                .isEqualTo(8f / 255);
        assertThat(Rewrites.run(quantized, input(2))).containsExactly(Rewrites.run(model, input(2)), within(0.08f));
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

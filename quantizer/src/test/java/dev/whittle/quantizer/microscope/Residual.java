package dev.whittle.quantizer.microscope;

import dev.whittle.converter.lower.Lowering;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.quantizer.calibrate.Calibration;
import dev.whittle.quantizer.calibrate.Calibrator;
import dev.whittle.quantizer.recipe.Mode;
import dev.whittle.quantizer.recipe.Recipe;
import dev.whittle.quantizer.rewrite.Ends;
import dev.whittle.quantizer.rewrite.Quantizer;
import dev.whittle.trainer.layer.Add;
import dev.whittle.trainer.layer.AveragePool2D;
import dev.whittle.trainer.layer.BatchNorm;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.Initializer;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.layer.Softmax;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.NetworkBuilder;
import dev.whittle.trainer.network.NetworkSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/// A small residual network, built as ResNet-8 is, with random weights, its int8 form, and ways to break that.
final class Residual {
    static final Model PLAIN =
            Lowering.lower(Network.create(spec(), 2), "residual.tflite", "").model();
    static final List<List<float[]>> INPUTS = inputs(12);
    static final Calibration CALIBRATION = Calibrator.minMax().calibrate(PLAIN, INPUTS);
    static final Model INT8 = int8(CALIBRATION);

    private Residual() {}

    private static NetworkSpec spec() {
        NetworkBuilder network = new NetworkBuilder(Shape.of(12, 12, 3));
        network.add(conv("conv_1", 8, 3)).add(new BatchNorm("norm_1")).add(new ReLU("relu_1"));
        for (int block = 1; block <= 2; block++) {
            String name = "block_" + block;
            String shortcut = network.last();
            network.add(conv(name + "/conv_1", 8 * block, 3).withStride(block)).add(new ReLU(name + "/relu_1"))
                    .add(conv(name + "/conv_2", 8 * block, 3));
            String residual = network.last();
            if (block > 1) {
                network.add(conv(name + "/shortcut", 8 * block, 1).withStride(block), shortcut);
                shortcut = network.last();
            }
            network.add(new Add(name + "/add"), shortcut, residual).add(new ReLU(name + "/relu_2"));
        }
        return network.add(new AveragePool2D("pool", 6, 6)).add(new Flatten("flatten")).add(new Dense("logits", 10))
                .add(new Softmax("softmax"))
                .build(IntStream.range(0, 10).mapToObj(label -> "class " + label).toList());
    }

    private static Conv2D conv(String name, int filters, int size) {
        return new Conv2D(name, filters, size, Padding.SAME).withInitializer(Initializer.HE_NORMAL);
    }

    private static List<List<float[]>> inputs(int count) {
        SplittableRandom random = new SplittableRandom(5);
        int elements = PLAIN.primary().tensor(PLAIN.primary().inputs().getFirst()).shape().elementCount();
        List<List<float[]>> inputs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            float[] image = new float[elements];
            double level = random.nextDouble(0.2, 1);
            for (int j = 0; j < elements; j++) {
                image[j] = (float) random.nextDouble(-level, level);
            }
            inputs.add(List.of(image));
        }
        return inputs;
    }

    static Model int8(Calibration calibration) {
        return Quantizer.quantize(PLAIN, Recipe.of(Mode.INT8), calibration, Ends.of(ElementType.INT8));
    }

    /// The number of the n-th operator of a kind.
    static int number(Model model, OperatorCode code, int n) {
        List<Operator> operators = model.primary().operators();
        return operators.indexOf(operators.stream().filter(one -> one.code() == code).toList().get(n));
    }

    static Model withTensor(Model model, int index, UnaryOperator<Tensor> change) {
        Subgraph subgraph = model.primary();
        List<Tensor> tensors = new ArrayList<>(subgraph.tensors());
        tensors.set(index, change.apply(tensors.get(index)));
        return new Model(model.source(), model.version(), model.description(),
                List.of(new Subgraph(subgraph.name(), tensors, subgraph.inputs(), subgraph.outputs(),
                        subgraph.operators())),
                model.signatures(), model.metadata());
    }

    /// The int8 model with a filter whose scale for one channel is eight times what it should be, its codes the same.
    static Model withScaleTimesEight(int operator, int channel) {
        int filter = INT8.primary().operators().get(operator).inputs().get(1);
        return withTensor(INT8, filter, tensor -> {
            QuantizationParameters parameters = Objects.requireNonNull(tensor.quantization());
            List<Float> scale = new ArrayList<>(parameters.scale());
            scale.set(channel, 8 * scale.get(channel));
            return new Tensor(tensor.name(), tensor.type(), tensor.shape(), tensor.shapeSignature(),
                    new QuantizationParameters(scale, parameters.zeroPoint(), parameters.quantizedDimension()),
                    tensor.buffer(), false);
        });
    }

    /// As [#withScaleTimesEight], the weights rounded to it anew: the channel is left with 5 bits.
    static Model withCoarseChannel(int operator, int channel) {
        int filter = INT8.primary().operators().get(operator).inputs().get(1);
        return withTensor(withScaleTimesEight(operator, channel), filter, tensor -> {
            byte[] codes = Objects.requireNonNull(tensor.buffer()).toBytes();
            int length = codes.length / tensor.shape().dimension(0);
            for (int i = 0; i < length; i++) {
                codes[channel * length + i] = (byte) Math.rint(codes[channel * length + i] / 8.0);
            }
            return tensor.withBuffer(Buffer.of(codes));
        });
    }

    /// The int8 model with a bias that wrapped around: 2³² away from what it should be.
    static Model withOverflowedBias(int operator, int channel) {
        int bias = INT8.primary().operators().get(operator).inputs().get(2);
        return withTensor(INT8, bias, tensor -> {
            int[] codes = Objects.requireNonNull(tensor.buffer()).toInts();
            codes[channel] = (int) (codes[channel] + 3_000_000_000L);
            return tensor.withBuffer(Buffer.ofInts(codes));
        });
    }

    /// The int8 model with half of the range that one tensor was seen to have.
    static Model withHalfTheRange(int plainTensor) {
        Map<Integer, QuantizationParameters> parameters = new HashMap<>(CALIBRATION.parameters());
        parameters.computeIfPresent(plainTensor,
                (_, old) -> QuantizationParameters.perTensor(old.scale(0) / 2, old.zeroPoint(0)));
        return int8(new Calibration(parameters));
    }
}

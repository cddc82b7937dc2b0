package dev.whittle.converter.lower;

import dev.whittle.converter.write.OperatorVersions;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Signature;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.Dropout;
import dev.whittle.trainer.layer.FakeQuantize;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.MaxPool2D;
import dev.whittle.trainer.layer.RandomAugmentation;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.layer.Rescaling;
import dev.whittle.trainer.layer.Resizing;
import dev.whittle.trainer.layer.Softmax;
import dev.whittle.trainer.network.Network;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// Turns a trained network into a float model for inference: layers that exist only while training are gone, resizing
/// and rescaling stay inside, a ReLU is fused into the convolution or fully-connected layer before it. Tensors are named
/// after their layers, `conv_1/kernel` and the like for constants. The batch is left open.
public final class Lowering {
    /// The name of the model's signature, TensorFlow Serving's default.
    public static final String SIGNATURE = "serving_default";

    /// The input's name in the signature and as a tensor: FLOAT32 `[batch, height, width, 3]`, values 0 to 255.
    public static final String INPUT = "image";

    /// The output's name in the signature: FLOAT32 `[batch, class]`.
    public static final String OUTPUT = "probabilities";

    private static final int OPEN = -1;

    private final Network network;
    private final SubgraphBuilder builder = new SubgraphBuilder();
    private final SequencedMap<FakeQuantize, Integer> fakeQuantized = new LinkedHashMap<>();

    private Lowering(Network network) {
        this.network = network;
    }

    /// The network as a model.
    ///
    /// @param name stands for the model in messages, as a file name does
    /// @param description for the file, one sentence for people
    public static LoweredNetwork lower(Network network, String name, String description) {
        return new Lowering(network).lower(name, description);
    }

    private LoweredNetwork lower(String name, String description) {
        int input = builder.input(INPUT, batched(network.inputShape()));
        int current = input;
        List<Layer> layers = network.layers();
        for (int index = 0; index < layers.size(); index++) {
            boolean fusesReLU = index + 1 < layers.size() && layers.get(index + 1) instanceof ReLU;
            Activation activation = fusesReLU ? Activation.RELU : Activation.NONE;
            Shape output = batched(network.outputShape(index));
            current = switch (layers.get(index)) {
                case Resizing resizing -> builder.operator(new Options.ResizeBilinear(false, true), resizing.name(),
                        output, current,
                        builder.sizes(resizing.name() + "/size", resizing.height(), resizing.width()));
                case Rescaling rescaling -> rescale(rescaling, current, output);
                case Conv2D conv -> convolve(conv, activation, current, index, output);
                case MaxPool2D pool -> builder.operator(
                        new Options.MaxPool2d(new Options.Pool2d(pool.padding(), pool.strideHeight(),
                                pool.strideWidth(), pool.poolHeight(), pool.poolWidth(), Activation.NONE)),
                        pool.name(), output, current);
                case ReLU relu -> index > 0 && fuses(layers.get(index - 1))
                        ? current
                        : builder.operator(Options.Plain.RELU, relu.name(), output, current);
                case Flatten flatten -> builder.operator(new Options.Reshape(null), flatten.name(), output, current,
                        builder.sizes(flatten.name() + "/shape", output.toArray()));
                case Dense dense -> builder.operator(new Options.FullyConnected(activation, false, false),
                        dense.name(), output, current,
                        builder.constant(dense.name() + "/kernel",
                                Shape.of(dense.units(), network.inputShape(index).dimension(0)),
                                network.weights(dense)),
                        builder.constant(dense.name() + "/bias", Shape.of(dense.units()), network.bias(dense)));
                case Softmax softmax -> builder.operator(new Options.Softmax(1), softmax.name(), output, current);
                case FakeQuantize fake -> {
                    fakeQuantized.put(fake, current);
                    yield current;
                }
                case Dropout _,RandomAugmentation _ -> current;
            };
        }
        Signature signature = new Signature(SIGNATURE, 0, new LinkedHashMap<>(Map.of(INPUT, input)),
                new LinkedHashMap<>(Map.of(OUTPUT, current)));
        Model model = new Model(name, Model.SCHEMA_VERSION, description, List.of(builder.build("main", current)),
                List.of(signature), new ImageModelMetadata(network.labels(), 0, 255).entries());
        return new LoweredNetwork(OperatorVersions.assign(model), fakeQuantized);
    }

    private static boolean fuses(Layer layer) {
        return layer instanceof Conv2D || layer instanceof Dense;
    }

    private int rescale(Rescaling rescaling, int input, Shape shape) {
        int scale = builder.constant(rescaling.name() + "/scale", Shape.of(), rescaling.scale());
        if (rescaling.offset() == 0) {
            return builder.operator(new Options.Mul(Activation.NONE), rescaling.name(), shape, input, scale);
        }
        int scaled = builder.operator(new Options.Mul(Activation.NONE), rescaling.name() + "/scaled", shape, input,
                scale);
        return builder.operator(new Options.Add(Activation.NONE), rescaling.name(), shape, scaled,
                builder.constant(rescaling.name() + "/offset", Shape.of(), rescaling.offset()));
    }

    private int convolve(Conv2D conv, Activation activation, int input, int index, Shape output) {
        int inChannels = network.inputShape(index).dimension(2);
        return builder.operator(
                new Options.Conv2d(conv.padding(), conv.strideHeight(), conv.strideWidth(), 1, 1, activation),
                conv.name(), output, input,
                builder.constant(conv.name() + "/kernel",
                        Shape.of(conv.filters(), conv.kernelHeight(), conv.kernelWidth(), inChannels),
                        network.filterOhwi(conv)),
                builder.constant(conv.name() + "/bias", Shape.of(conv.filters()), network.bias(conv)));
    }

    /// The shape of one image behind an open batch.
    private static Shape batched(Shape image) {
        int[] dimensions = new int[image.rank() + 1];
        dimensions[0] = OPEN;
        System.arraycopy(image.toArray(), 0, dimensions, 1, image.rank());
        return Shape.of(dimensions);
    }
}

package dev.whittle.converter.lower;

import dev.whittle.converter.write.OperatorVersions;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Signature;
import dev.whittle.trainer.data.PixelImage;
import dev.whittle.trainer.layer.Add;
import dev.whittle.trainer.layer.AveragePool2D;
import dev.whittle.trainer.layer.BatchNorm;
import dev.whittle.trainer.layer.Concat;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.DepthwiseConv2D;
import dev.whittle.trainer.layer.Dropout;
import dev.whittle.trainer.layer.FakeQuantize;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.GlobalAveragePool;
import dev.whittle.trainer.layer.HardSwish;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.LeakyReLU;
import dev.whittle.trainer.layer.MaxPool2D;
import dev.whittle.trainer.layer.RandomAugmentation;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.layer.ReLU6;
import dev.whittle.trainer.layer.Rescaling;
import dev.whittle.trainer.layer.Reshape;
import dev.whittle.trainer.layer.Resizing;
import dev.whittle.trainer.layer.Sigmoid;
import dev.whittle.trainer.layer.Softmax;
import dev.whittle.trainer.layer.Tanh;
import dev.whittle.trainer.layer.ZeroPadding;
import dev.whittle.trainer.network.Network;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/// Turns a trained network into a float model for inference. Layers that exist only while training are gone; resizing and
/// rescaling stay inside. What alone takes the output of another layer goes into that layer's operator where it can: batch
/// normalization into the weights of a convolution or a fully-connected layer, a ReLU or ReLU6 behind these or an addition
/// into the operator's activation, zero padding into a convolution with padding SAME where that comes to the same. Tensors
/// are named after their layers, `conv_1/kernel` and the like for constants. The batch is left open.
public final class Lowering {
    /// The name of the model's signature, TensorFlow Serving's default.
    public static final String SIGNATURE = "serving_default";

    /// The input's name in the signature and as a tensor: FLOAT32 `[batch, height, width, 3]`, values 0 to 255, or what else
    /// the network takes.
    public static final String INPUT = "image";

    /// The output's name in the signature: FLOAT32 `[batch, class]`, or what else the network gives.
    public static final String OUTPUT = "probabilities";

    private static final int OPEN = -1;
    private static final int IMAGE_RANK = 3;

    private final Network network;
    private final List<Layer> layers;
    private final SubgraphBuilder builder = new SubgraphBuilder();
    private final SequencedMap<FakeQuantize, Integer> fakeQuantized = new LinkedHashMap<>();
    /// The tensor of each value: the network's input, then the output of each layer.
    private final int[] tensors;
    /// The layers that another one's operator computes as well.
    private final Set<Integer> absorbed = new HashSet<>();

    private Lowering(Network network) {
        this.network = network;
        layers = network.layers();
        tensors = new int[layers.size() + 1];
    }

    /// The network as a model.
    ///
    /// @param name stands for the model in messages, as a file name does
    /// @param description for the file, one sentence for people
    public static LoweredNetwork lower(Network network, String name, String description) {
        return new Lowering(network).lower(name, description);
    }

    private LoweredNetwork lower(String name, String description) {
        tensors[0] = builder.input(INPUT, batched(network.inputShape()));
        for (int index = 0; index < layers.size(); index++) {
            int input = tensors[network.inputs(index).getFirst()];
            tensors[index + 1] = absorbed.contains(index) ? input : operator(index, input);
        }
        int output = tensors[layers.size()];
        Signature signature = new Signature(SIGNATURE, 0, new LinkedHashMap<>(Map.of(INPUT, tensors[0])),
                new LinkedHashMap<>(Map.of(OUTPUT, output)));
        Shape image = network.inputShape();
        boolean classifiesImages = !network.labels().isEmpty() && image.rank() == IMAGE_RANK
                && image.dimension(IMAGE_RANK - 1) == PixelImage.CHANNELS;
        Model model = new Model(name, Model.SCHEMA_VERSION, description, List.of(builder.build("main", output)),
                List.of(signature),
                classifiesImages ? new ImageModelMetadata(network.labels(), 0, 255).entries() : List.of());
        return new LoweredNetwork(OperatorVersions.assign(model), fakeQuantized);
    }

    /// Adds the operators of a layer.
    ///
    /// @return the tensor that they put out
    private int operator(int index, int input) {
        Shape output = batched(network.outputShape(index));
        return switch (layers.get(index)) {
            case Resizing resizing -> builder.operator(new Options.ResizeBilinear(false, true), resizing.name(),
                    output, input, builder.sizes(resizing.name() + "/size", resizing.height(), resizing.width()));
            case Rescaling rescaling -> rescale(rescaling, input, output);
            case Conv2D conv -> convolve(conv, conv.padding(), input, index);
            case DepthwiseConv2D conv -> convolve(conv, conv.padding(), input, index);
            case Dense dense -> multiply(dense, input, index);
            case MaxPool2D pool -> builder.operator(
                    new Options.MaxPool2d(new Options.Pool2d(pool.padding(), pool.strideHeight(), pool.strideWidth(),
                            pool.poolHeight(), pool.poolWidth(), Activation.NONE)),
                    pool.name(), output, input);
            case AveragePool2D pool -> builder.operator(
                    new Options.AveragePool2d(new Options.Pool2d(pool.padding(), pool.strideHeight(),
                            pool.strideWidth(), pool.poolHeight(), pool.poolWidth(), Activation.NONE)),
                    pool.name(), output, input);
            case GlobalAveragePool pool -> builder.operator(new Options.Reduce(OperatorCode.MEAN, false), pool.name(),
                    output, input, builder.sizes(pool.name() + "/axes", 1, 2));
            case ZeroPadding padding -> pad(padding, input, index);
            case BatchNorm norm -> normalize(norm, input, index);
            case ReLU relu -> builder.operator(Options.Plain.RELU, relu.name(), output, input);
            case ReLU6 relu -> builder.operator(Options.Plain.RELU6, relu.name(), output, input);
            case LeakyReLU relu -> builder.operator(new Options.LeakyRelu(relu.slope()), relu.name(), output, input);
            case HardSwish swish -> builder.operator(Options.Plain.HARD_SWISH, swish.name(), output, input);
            case Sigmoid sigmoid -> builder.operator(Options.Plain.LOGISTIC, sigmoid.name(), output, input);
            case Tanh tanh -> builder.operator(Options.Plain.TANH, tanh.name(), output, input);
            case Softmax softmax -> builder.operator(new Options.Softmax(1), softmax.name(), output, input);
            case Flatten flatten -> reshape(flatten, input, output);
            case Reshape reshape -> reshape(reshape, input, output);
            case Add add -> add(add, index);
            case Concat concat -> builder.operator(new Options.Concatenation(output.rank() - 1, Activation.NONE),
                    concat.name(), output,
                    network.inputs(index).stream().mapToInt(value -> tensors[value]).toArray());
            case FakeQuantize fake -> {
                fakeQuantized.put(fake, input);
                yield input;
            }
            case Dropout _,RandomAugmentation _ -> input;
        };
    }

    /// The layer that alone takes what layer `index` puts out, and whose work that layer can do too if it is of the given
    /// kind; −1 for none. Layers that only exist while training are looked through.
    private int onlyConsumer(int index) {
        int found = -1;
        for (int other = index + 1; other < layers.size(); other++) {
            for (int value : network.inputs(other)) {
                if (value == index + 1) {
                    if (found >= 0) {
                        return -1;
                    }
                    found = other;
                }
            }
        }
        return found >= 0 && layers.get(found).isTrainingOnly() ? onlyConsumer(found) : found;
    }

    /// The activation that a layer's operator applies as well.
    private Activation absorbActivation(int index) {
        int consumer = onlyConsumer(index);
        Activation activation = switch (consumer < 0 ? null : layers.get(consumer)) {
            case ReLU _ -> Activation.RELU;
            case ReLU6 _ -> Activation.RELU6;
            case null, default -> Activation.NONE;
        };
        if (activation != Activation.NONE) {
            absorbed.add(consumer);
        }
        return activation;
    }

    /// What is left of a layer with weights when the normalization behind it has gone into them.
    ///
    /// @param last the layer whose output the operator puts out, an activation not counted
    private record Folded(float[] kernel, float[] bias, int last) {
    }

    /// Folds the normalization behind a layer into its weights: `w · scale` and `bias · scale + shift`.
    ///
    /// @param isOutermost the output channel is the kernel's first dimension, else its last
    private Folded fold(int index, float[] kernel, float[] bias, boolean isOutermost) {
        int consumer = onlyConsumer(index);
        if (consumer < 0 || !(layers.get(consumer) instanceof BatchNorm norm)) {
            return new Folded(kernel, bias, index);
        }
        absorbed.add(consumer);
        Affine affine = Affine.of(network, norm);
        int channels = bias.length;
        float[] foldedKernel = new float[kernel.length];
        float[] foldedBias = new float[channels];
        for (int i = 0; i < kernel.length; i++) {
            int channel = isOutermost ? i / (kernel.length / channels) : i % channels;
            foldedKernel[i] = (float) (kernel[i] * affine.scale[channel]);
        }
        for (int channel = 0; channel < channels; channel++) {
            foldedBias[channel] = (float) (bias[channel] * affine.scale[channel] + affine.shift[channel]);
        }
        return new Folded(foldedKernel, foldedBias, consumer);
    }

    /// What a normalization does while it does not train: `y = x · scale + shift`, for each channel.
    private static final class Affine {
        private final double[] scale;
        private final double[] shift;

        private Affine(int channels) {
            scale = new double[channels];
            shift = new double[channels];
        }

        static Affine of(Network network, BatchNorm norm) {
            float[] gamma = network.values(norm.name(), "gamma");
            float[] beta = network.values(norm.name(), "beta");
            float[] mean = network.values(norm.name(), "moving_mean");
            float[] variance = network.values(norm.name(), "moving_variance");
            Affine affine = new Affine(gamma.length);
            for (int c = 0; c < gamma.length; c++) {
                affine.scale[c] = gamma[c] / Math.sqrt((double) variance[c] + norm.epsilon());
                affine.shift[c] = beta[c] - mean[c] * affine.scale[c];
            }
            return affine;
        }

        static float[] floats(double[] values) {
            float[] floats = new float[values.length];
            for (int i = 0; i < floats.length; i++) {
                floats[i] = (float) values[i];
            }
            return floats;
        }
    }

    private int normalize(BatchNorm norm, int input, int index) {
        Affine affine = Affine.of(network, norm);
        Shape output = batched(network.outputShape(index));
        Shape channels = Shape.of(affine.scale.length);
        int scaled = builder.operator(new Options.Mul(Activation.NONE), norm.name() + "/scaled", output, input,
                builder.constant(norm.name() + "/scale", channels, Affine.floats(affine.scale)));
        return builder.operator(new Options.Add(absorbActivation(index)), norm.name(), output, scaled,
                builder.constant(norm.name() + "/shift", channels, Affine.floats(affine.shift)));
    }

    private int reshape(Layer layer, int input, Shape output) {
        return builder.operator(new Options.Reshape(null), layer.name(), output, input,
                builder.sizes(layer.name() + "/shape", output.toArray()));
    }

    private int add(Add add, int index) {
        Shape output = batched(network.outputShape(index));
        List<Integer> inputs = network.inputs(index);
        int sum = tensors[inputs.getFirst()];
        int last = inputs.size() - 1;
        for (int k = 1; k < last; k++) {
            sum = builder.operator(new Options.Add(Activation.NONE), add.name() + "/sum_" + k, output, sum,
                    tensors[inputs.get(k)]);
        }
        return builder.operator(new Options.Add(absorbActivation(index)), add.name(), output, sum,
                tensors[inputs.get(last)]);
    }

    private int pad(ZeroPadding padding, int input, int index) {
        int consumer = onlyConsumer(index);
        if (consumer >= 0 && isSame(padding, index, consumer)) {
            // The padding's value stands for that of the convolution, which alone takes it.
            absorbed.add(consumer);
            return switch (layers.get(consumer)) {
                case Conv2D conv -> convolve(conv, Padding.SAME, input, consumer);
                case DepthwiseConv2D conv -> convolve(conv, Padding.SAME, input, consumer);
                default -> throw new IllegalStateException(layers.get(consumer) + " takes no padding");
            };
        }
        return builder.operator(Options.Plain.PAD, padding.name(), batched(network.outputShape(index)), input,
                builder.paddings(padding.name() + "/paddings", 0, 0, padding.top(), padding.bottom(), padding.left(),
                        padding.right(), 0, 0));
    }

    /// Whether a convolution behind a padding is one with padding SAME without it.
    private boolean isSame(ZeroPadding padding, int index, int consumer) {
        Shape unpadded = network.inputShape(index);
        Shape output = network.outputShape(consumer);
        return switch (layers.get(consumer)) {
            case Conv2D conv -> conv.padding() == Padding.VALID
                    && isSame(padding.top(), unpadded.dimension(0), output.dimension(0), conv.kernelHeight(),
                            conv.strideHeight(), conv.dilationHeight())
                    && isSame(padding.left(), unpadded.dimension(1), output.dimension(1), conv.kernelWidth(),
                            conv.strideWidth(), conv.dilationWidth());
            case DepthwiseConv2D conv -> conv.padding() == Padding.VALID
                    && isSame(padding.top(), unpadded.dimension(0), output.dimension(0), conv.kernelHeight(),
                            conv.strideHeight(), conv.dilationHeight())
                    && isSame(padding.left(), unpadded.dimension(1), output.dimension(1), conv.kernelWidth(),
                            conv.strideWidth(), conv.dilationWidth());
            default -> false;
        };
    }

    private static boolean isSame(int before, int input, int output, int kernel, int stride, int dilation) {
        return Padding.SAME.outputSize(input, kernel, stride, dilation) == output
                && Padding.SAME.before(input, kernel, stride, dilation) == before;
    }

    private int rescale(Rescaling rescaling, int input, Shape shape) {
        boolean hasOffset = rescaling.offset() != 0;
        int scaled = rescaling.scale() == 1 && hasOffset
                ? input
                : builder.operator(new Options.Mul(Activation.NONE),
                        hasOffset ? rescaling.name() + "/scaled" : rescaling.name(), shape, input,
                        builder.constant(rescaling.name() + "/scale", Shape.of(), rescaling.scale()));
        return hasOffset
                ? builder.operator(new Options.Add(Activation.NONE), rescaling.name(), shape, scaled,
                        builder.constant(rescaling.name() + "/offset", Shape.of(), rescaling.offset()))
                : scaled;
    }

    private int convolve(Conv2D conv, Padding padding, int input, int index) {
        Folded folded = fold(index, network.filterOhwi(conv), network.bias(conv), true);
        return builder.operator(
                new Options.Conv2d(padding, conv.strideHeight(), conv.strideWidth(), conv.dilationHeight(),
                        conv.dilationWidth(), absorbActivation(folded.last)),
                conv.name(), batched(network.outputShape(index)), input,
                builder.constant(conv.name() + "/kernel",
                        Shape.of(conv.filters(), conv.kernelHeight(), conv.kernelWidth(),
                                network.inputShape(index).dimension(2)),
                        folded.kernel),
                builder.constant(conv.name() + "/bias", Shape.of(conv.filters()), folded.bias));
    }

    private int convolve(DepthwiseConv2D conv, Padding padding, int input, int index) {
        int channels = network.outputShape(index).dimension(2);
        float[] bias = conv.useBias() ? network.values(conv.name(), "bias") : new float[channels];
        Folded folded = fold(index, network.values(conv.name(), "kernel"), bias, false);
        return builder.operator(
                new Options.DepthwiseConv2d(padding, conv.strideHeight(), conv.strideWidth(), conv.depthMultiplier(),
                        conv.dilationHeight(), conv.dilationWidth(), absorbActivation(folded.last)),
                conv.name(), batched(network.outputShape(index)), input,
                builder.constant(conv.name() + "/kernel",
                        Shape.of(1, conv.kernelHeight(), conv.kernelWidth(), channels), folded.kernel),
                builder.constant(conv.name() + "/bias", Shape.of(channels), folded.bias));
    }

    private int multiply(Dense dense, int input, int index) {
        Folded folded = fold(index, network.weights(dense), network.bias(dense), true);
        return builder.operator(new Options.FullyConnected(absorbActivation(folded.last), false, false), dense.name(),
                batched(network.outputShape(index)), input,
                builder.constant(dense.name() + "/kernel",
                        Shape.of(dense.units(), network.inputShape(index).dimension(0)), folded.kernel),
                builder.constant(dense.name() + "/bias", Shape.of(dense.units()), folded.bias));
    }

    /// The shape of one image behind an open batch.
    private static Shape batched(Shape image) {
        int[] dimensions = new int[image.rank() + 1];
        dimensions[0] = OPEN;
        System.arraycopy(image.toArray(), 0, dimensions, 1, image.rank());
        return Shape.of(dimensions);
    }
}

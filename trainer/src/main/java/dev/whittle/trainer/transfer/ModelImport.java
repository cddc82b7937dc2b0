package dev.whittle.trainer.transfer;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.trainer.layer.Add;
import dev.whittle.trainer.layer.AveragePool2D;
import dev.whittle.trainer.layer.Concat;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.DepthwiseConv2D;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.GlobalAveragePool;
import dev.whittle.trainer.layer.HardSwish;
import dev.whittle.trainer.layer.Initializer;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.LeakyReLU;
import dev.whittle.trainer.layer.MaxPool2D;
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
import dev.whittle.trainer.network.NetworkSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A float model as a network that can be trained on: the same graph, with the same weights, and the same outputs but for
/// rounding.
///
/// One operator is one layer, named after the tensor that it puts out, and a layer more for its activation (`NAME/relu`).
/// Weights may be FLOAT32, or FLOAT16 behind a DEQUANTIZE. Products with a constant and sums with one are a [Rescaling] where
/// it is one number, else a depthwise convolution of single pixels: what is left of a batch normalization has lost its
/// statistics and is trained as what it now is. The batch must be 1 or open.
public final class ModelImport {
    private static final Set<OperatorCode> KNOWN = EnumSet.of(OperatorCode.CONV_2D, OperatorCode.DEPTHWISE_CONV_2D,
            OperatorCode.FULLY_CONNECTED, OperatorCode.MAX_POOL_2D, OperatorCode.AVERAGE_POOL_2D, OperatorCode.MEAN,
            OperatorCode.ADD, OperatorCode.SUB, OperatorCode.MUL, OperatorCode.CONCATENATION, OperatorCode.PAD,
            OperatorCode.RESHAPE, OperatorCode.SQUEEZE, OperatorCode.RELU, OperatorCode.RELU6, OperatorCode.LEAKY_RELU,
            OperatorCode.HARD_SWISH, OperatorCode.LOGISTIC, OperatorCode.TANH, OperatorCode.SOFTMAX,
            OperatorCode.RESIZE_BILINEAR, OperatorCode.DEQUANTIZE);

    private final Model model;
    private final Subgraph subgraph;
    /// The operator that puts out each tensor.
    private final Map<Integer, Operator> producers = new HashMap<>();
    /// The layer whose output each tensor is.
    private final Map<Integer, String> values = new HashMap<>();
    /// The shapes of one image, by layer.
    private final Map<String, Shape> shapes = new HashMap<>();
    private final List<NetworkSpec.Node> nodes = new ArrayList<>();
    private final List<Consumer<Network>> assignments = new ArrayList<>();

    private ModelImport(Model model) {
        this.model = model;
        subgraph = model.primary();
        subgraph.operators().forEach(operator -> operator.outputs().forEach(out -> producers.put(out, operator)));
    }

    /// The network of a model's first subgraph, without labels.
    ///
    /// @throws UnsupportedModelException naming file and operator, when something has no layer
    public static Network of(Model model) {
        return new ModelImport(model).network();
    }

    private Network network() {
        int input = onlyEnd("input", subgraph.inputs());
        int output = onlyEnd("output", subgraph.outputs());
        Tensor image = subgraph.tensor(input);
        Shape shape = image.shape();
        if (shape.rank() < 2 || shape.dimension(0) != 1 || hasOpenDimension(image.shapeSignature())) {
            throw refused("input \"%s\" is %s, expected [batch, …] with a batch of 1 or open, and all else known"
                    .formatted(image.name(), image.shapeSignature()));
        }
        values.put(input, NetworkSpec.INPUT);
        shapes.put(NetworkSpec.INPUT, withoutBatch(shape));
        Set<Operator> needed = needed(output);
        List<Operator> operators = subgraph.operators();
        for (int number = 0; number < operators.size(); number++) {
            Operator operator = operators.get(number);
            if (needed.contains(operator)) {
                read(operator, number);
            }
        }
        if (nodes.isEmpty()) {
            throw refused("no operator between input and output, expected at least one");
        }
        Network network = Network.create(new NetworkSpec(withoutBatch(shape), nodes, List.of()), 0);
        assignments.forEach(assignment -> assignment.accept(network));
        return network;
    }

    private int onlyEnd(String end, List<Integer> tensors) {
        if (tensors.size() != 1) {
            throw refused("%d %ss, expected 1".formatted(tensors.size(), end));
        }
        Tensor tensor = subgraph.tensor(tensors.getFirst());
        if (tensor.type() != ElementType.FLOAT32) {
            throw refused(
                    "%s \"%s\" is %s, expected FLOAT32: a quantized model cannot be trained on, its float original can"
                            .formatted(end, tensor.name(), tensor.type()));
        }
        return tensors.getFirst();
    }

    private static boolean hasOpenDimension(Shape signature) {
        return signature.toList().stream().skip(1).anyMatch(dimension -> dimension < 0);
    }

    private static Shape withoutBatch(Shape shape) {
        return Shape.of(shape.toList().subList(1, shape.rank()));
    }

    /// The operators that the output depends on; what computes the shape of a RESHAPE is not needed, since shapes are known.
    private Set<Operator> needed(int output) {
        Set<Integer> tensors = new HashSet<>(Set.of(output));
        Set<Operator> needed = new HashSet<>();
        for (Operator operator : subgraph.operators().reversed()) {
            if (operator.outputs().stream().anyMatch(tensors::contains)) {
                needed.add(operator);
                boolean isView = operator.code() == OperatorCode.RESHAPE;
                tensors.addAll(isView ? operator.inputs().subList(0, 1) : operator.inputs());
            }
        }
        return needed;
    }

    private void read(Operator operator, int number) {
        String where = "%s #%d \"%s\"".formatted(operator.code(), number, name(operator));
        if (!KNOWN.contains(operator.code())) {
            throw refused("%s has no layer to train, known are %s".formatted(where,
                    KNOWN.stream().map(OperatorCode::name).collect(Collectors.joining(", "))));
        }
        if (operator.code() == OperatorCode.DEQUANTIZE && floats(operator.outputs().getFirst()) != null) {
            return;
        }
        try {
            values.put(operator.outputs().getFirst(), layer(operator));
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw refused(where + ": " + e.getMessage());
        }
    }

    private UnsupportedModelException refused(String found) {
        return new UnsupportedModelException("[%s] %s".formatted(model.source(), found));
    }

    private String name(Operator operator) {
        return subgraph.tensor(operator.outputs().getFirst()).name();
    }

    /// Adds the layers of an operator.
    ///
    /// @return the name of the last one
    private String layer(Operator operator) {
        String name = unused(operator);
        String x = values.get(input(operator, 0));
        return switch (operator.options()) {
            case Options.Add add -> activated(sum(operator, name), add.activation());
            case Options.Sub sub -> activated(difference(operator, name), sub.activation());
            case Options.Mul mul -> activated(product(operator, name), mul.activation());
            case Options.Concatenation concat -> activated(concatenation(concat, operator, name), concat.activation());
            default -> {
                if (x == null) {
                    Tensor constant = constant(operator, 0);
                    throw new IllegalArgumentException("input 0 is a constant of %s, expected %s".formatted(
                            constant.type(),
                            operator.code() == OperatorCode.DEQUANTIZE ? "FLOAT16" : "a computed one"));
                }
                yield layer(operator, name, x);
            }
        };
    }

    /// Adds the layers of an operator of one computed input.
    private String layer(Operator operator, String name, String x) {
        return switch (operator.options()) {
            case Options.Conv2d conv -> activated(convolution(conv, operator, name, x), conv.activation());
            case Options.DepthwiseConv2d conv -> activated(depthwise(conv, operator, name, x), conv.activation());
            case Options.FullyConnected dense -> activated(dense(dense, operator, name, x), dense.activation());
            case Options.MaxPool2d(Options.Pool2d pool) -> activated(add(new MaxPool2D(name, pool.filterHeight(),
                    pool.filterWidth(), pool.strideHeight(), pool.strideWidth(), pool.padding()), x),
                    pool.activation());
            case Options.AveragePool2d(Options.Pool2d pool) -> activated(add(new AveragePool2D(name,
                    pool.filterHeight(), pool.filterWidth(), pool.strideHeight(), pool.strideWidth(), pool.padding()),
                    x), pool.activation());
            case Options.Reduce mean -> mean(mean, operator, name, x);
            case Options.Reshape _,Options.Squeeze _ -> view(operator, name, x);
            case Options.ResizeBilinear resize -> resizing(resize, operator, name, x);
            case Options.LeakyRelu relu -> add(new LeakyReLU(name, relu.alpha()), x);
            case Options.Softmax softmax -> {
                if (softmax.beta() != 1) {
                    throw new IllegalArgumentException("beta is " + softmax.beta() + ", expected 1");
                }
                yield add(new Softmax(name), flat(name, x));
            }
            case Options.Plain.PAD -> padding(operator, name, x);
            case Options.Plain.RELU -> add(new ReLU(name), x);
            case Options.Plain.RELU6 -> add(new ReLU6(name), x);
            case Options.Plain.HARD_SWISH -> add(new HardSwish(name), x);
            case Options.Plain.LOGISTIC -> add(new Sigmoid(name), x);
            case Options.Plain.TANH -> add(new Tanh(name), x);
            default -> throw new IllegalArgumentException("its input is computed, expected a constant of FLOAT16");
        };
    }

    /// The name of an operator's layer: its output's, up to the first semicolon where a converter has joined several, with a
    /// number where another layer has it.
    private String unused(Operator operator) {
        String own = name(operator).split(";", 2)[0].strip();
        String name = own.isEmpty() ? operator.code().name().toLowerCase(Locale.ROOT) : own;
        String unused = name;
        for (int number = 2; shapes.containsKey(unused); number++) {
            unused = name + "_" + number;
        }
        return unused;
    }

    private String add(Layer layer, String... inputs) {
        List<Shape> inputShapes = Arrays.stream(inputs).map(this::shape).toList();
        if (shapes.putIfAbsent(layer.name(), layer.outputShape(inputShapes)) != null) {
            throw layer.refused("another layer has that name");
        }
        nodes.add(new NetworkSpec.Node(layer, List.of(inputs)));
        return layer.name();
    }

    private Shape shape(String layer) {
        Shape shape = shapes.get(layer);
        if (shape == null) {
            throw new IllegalStateException("no layer \"" + layer + "\"");
        }
        return shape;
    }

    private String activated(String x, Activation activation) {
        return switch (activation) {
            case NONE -> x;
            case RELU -> add(new ReLU(x + "/relu"), x);
            case RELU6 -> add(new ReLU6(x + "/relu6"), x);
            case RELU_N1_TO_1, TANH, SIGN_BIT -> throw new IllegalArgumentException(
                    "activation " + activation + ", expected NONE, RELU or RELU6");
        };
    }

    /// The values as `[feature]`.
    private String flat(String name, String x) {
        return shape(x).rank() == 1 ? x : add(new Flatten(name + "/flatten"), x);
    }

    private String convolution(Options.Conv2d conv, Operator operator, String name, String x) {
        Shape filter = constant(operator, 1).shape();
        requireRank("filter", filter, 4);
        int channels = image(x).dimension(2);
        if (filter.dimension(3) != channels) {
            throw new IllegalArgumentException("filter %s for %d input channels, expected as many: groups have no layer"
                    .formatted(filter, channels));
        }
        float[] bias = bias(operator, filter.dimension(0));
        Conv2D layer = new Conv2D(name, filter.dimension(0), filter.dimension(1), filter.dimension(2),
                conv.strideHeight(), conv.strideWidth(), conv.dilationHeight(), conv.dilationWidth(), conv.padding(),
                bias != null, Initializer.GLOROT_UNIFORM, 0);
        float[] kernel = weights(operator, 1);
        assignments.add(network -> network.assign(layer, kernel, bias == null ? new float[layer.filters()] : bias));
        return add(layer, x);
    }

    private String depthwise(Options.DepthwiseConv2d conv, Operator operator, String name, String x) {
        Shape filter = constant(operator, 1).shape();
        requireRank("filter", filter, 4);
        int channels = image(x).dimension(2);
        if (filter.dimension(0) != 1 || filter.dimension(3) % channels != 0) {
            throw new IllegalArgumentException(
                    "filter %s for %d input channels, expected [1, height, width, multiple]".formatted(filter,
                            channels));
        }
        return addDepthwise(new DepthwiseConv2D(name, filter.dimension(1), filter.dimension(2), conv.strideHeight(),
                conv.strideWidth(), conv.dilationHeight(), conv.dilationWidth(), filter.dimension(3) / channels,
                conv.padding(), hasBias(operator),
                Initializer.GLOROT_UNIFORM, 0), weights(operator, 1), bias(operator, filter.dimension(3)), x);
    }

    private String addDepthwise(DepthwiseConv2D layer, float[] kernel, float @Nullable [] bias, String x) {
        assignments.add(network -> {
            network.assign(layer.name(), "kernel", kernel);
            if (bias != null) {
                network.assign(layer.name(), "bias", bias);
            }
        });
        return add(layer, x);
    }

    private String dense(Options.FullyConnected dense, Operator operator, String name, String x) {
        Shape weights = constant(operator, 1).shape();
        requireRank("weights", weights, 2);
        Shape input = shape(x);
        if (input.elementCount() != weights.dimension(1) || (dense.keepNumDims() && input.rank() > 1)) {
            throw new IllegalArgumentException(
                    "weights %s for input %s, expected one row of features".formatted(weights,
                            input));
        }
        int units = weights.dimension(0);
        float[] bias = bias(operator, units);
        Dense layer = new Dense(name, units, bias != null, Initializer.GLOROT_UNIFORM, 0);
        float[] kernel = weights(operator, 1);
        assignments.add(network -> network.assign(layer, kernel, bias == null ? new float[units] : bias));
        return add(layer, flat(name, x));
    }

    private String mean(Options.Reduce mean, Operator operator, String name, String x) {
        Shape input = image(x);
        List<Integer> axes =
                Arrays.stream(ints(operator, 1)).map(axis -> Math.floorMod(axis, input.rank() + 1)).sorted()
                        .boxed().toList();
        if (!axes.equals(List.of(1, 2))) {
            throw new IllegalArgumentException("mean over axes %s, expected height and width, 1 and 2".formatted(axes));
        }
        String pooled = add(new GlobalAveragePool(name), x);
        return mean.keepDims()
                ? add(new Reshape(name + "/reshape", Shape.of(1, 1, input.dimension(2))), pooled)
                : pooled;
    }

    /// The output's shape in the file tells the view, but for a batch that is taken for 1.
    private String view(Operator operator, String name, String x) {
        Tensor output = subgraph.tensor(operator.outputs().getFirst());
        Shape shape = output.shape();
        int elements = shape(x).elementCount();
        if (shape.rank() < 2 || shape.dimension(0) != 1 || shape.elementCount() != elements) {
            throw new IllegalArgumentException("output %s of an image of %d elements, expected [1, …] of as many"
                    .formatted(shape, elements));
        }
        return add(shape.rank() == 2 ? new Flatten(name) : new Reshape(name, withoutBatch(shape)), x);
    }

    private String resizing(Options.ResizeBilinear resize, Operator operator, String name, String x) {
        if (resize.alignCorners() || !resize.halfPixelCenters()) {
            throw new IllegalArgumentException(
                    "align_corners %s and half_pixel_centers %s, expected false and true".formatted(
                            resize.alignCorners(), resize.halfPixelCenters()));
        }
        int[] size = ints(operator, 1);
        if (size.length != 2) {
            throw new IllegalArgumentException("size " + Arrays.toString(size) + ", expected height and width");
        }
        return add(new Resizing(name, size[0], size[1]), x);
    }

    private String padding(Operator operator, String name, String x) {
        image(x);
        int[] around = ints(operator, 1);
        if (around.length != 8 || around[0] + around[1] + around[6] + around[7] != 0) {
            throw new IllegalArgumentException(
                    "paddings %s, expected rows and columns of [batch, height, width, channel] only".formatted(
                            Arrays.toString(around)));
        }
        return add(new ZeroPadding(name, around[2], around[3], around[4], around[5]), x);
    }

    private String concatenation(Options.Concatenation concat, Operator operator, String name) {
        List<String> inputs = new ArrayList<>();
        for (int input : operator.inputs()) {
            String value = values.get(input);
            if (value == null) {
                throw new IllegalArgumentException("a constant input, expected inputs that are computed");
            }
            inputs.add(value);
        }
        int rank = shape(inputs.getFirst()).rank() + 1;
        if (Math.floorMod(concat.axis(), rank) != rank - 1) {
            throw new IllegalArgumentException("axis %d of %d, expected the last".formatted(concat.axis(), rank));
        }
        return inputs.size() == 1 ? inputs.getFirst() : add(new Concat(name), inputs.toArray(String[]::new));
    }

    private String sum(Operator operator, String name) {
        String left = values.get(input(operator, 0));
        String right = values.get(input(operator, 1));
        if (left != null && right != null) {
            return add(new Add(name), left, right);
        }
        return right == null
                ? affine(name, left, null, weights(operator, 1), operator, 1)
                : affine(name, right, null, weights(operator, 0), operator, 0);
    }

    private String difference(Operator operator, String name) {
        String left = values.get(input(operator, 0));
        String right = values.get(input(operator, 1));
        if (left != null && right == null) {
            return affine(name, left, null, negated(weights(operator, 1)), operator, 1);
        }
        if (left != null) {
            throw new IllegalArgumentException("both inputs are computed, expected one to be constant");
        }
        float[] constants = weights(operator, 0);
        float[] minus = new float[constants.length];
        Arrays.fill(minus, -1);
        return affine(name, right, minus, constants, operator, 0);
    }

    private String product(Operator operator, String name) {
        String left = values.get(input(operator, 0));
        String right = values.get(input(operator, 1));
        if (left != null && right != null) {
            throw new IllegalArgumentException("both inputs are computed, expected one to be constant");
        }
        return right == null
                ? affine(name, left, weights(operator, 1), null, operator, 1)
                : affine(name, right, weights(operator, 0), null, operator, 0);
    }

    /// `x · scale + offset` with constants, null for 1 and for 0.
    ///
    /// @param number of the constant among the operator's inputs
    private String affine(String name, @Nullable String x, float @Nullable [] scale, float @Nullable [] offset,
            Operator operator, int number) {
        if (x == null) {
            throw new IllegalArgumentException("both inputs are constant, expected one to be computed");
        }
        Shape constant = constant(operator, number).shape();
        Shape input = shape(x);
        int channels = input.dimension(input.rank() - 1);
        if (constant.elementCount() == 1) {
            return add(new Rescaling(name, scale == null ? 1 : scale[0], offset == null ? 0 : offset[0]), x);
        }
        if (constant.rank() > input.rank() + 1 || constant.elementCount() != channels
                || constant.dimension(constant.rank() - 1) != channels || (input.rank() != 1 && input.rank() != 3)) {
            throw new IllegalArgumentException(
                    "a constant of %s beside %s, expected one number or one for each channel".formatted(constant,
                            input));
        }
        float[] ones = new float[channels];
        Arrays.fill(ones, 1);
        float[] kernel = scale == null ? ones : scale;
        float[] bias = offset == null ? new float[channels] : offset;
        DepthwiseConv2D layer = new DepthwiseConv2D(name, 1, 1, Padding.VALID);
        if (input.rank() == 3) {
            return addDepthwise(layer, kernel, bias, x);
        }
        String pixel = add(new Reshape(name + "/pixel", Shape.of(1, 1, channels)), x);
        return add(new Flatten(name + "/flatten"), addDepthwise(layer, kernel, bias, pixel));
    }

    private static float[] negated(float[] values) {
        float[] negated = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            negated[i] = -values[i];
        }
        return negated;
    }

    private Shape image(String x) {
        Shape shape = shape(x);
        requireRank("input", shape, 3);
        return shape;
    }

    private static void requireRank(String what, Shape shape, int rank) {
        if (shape.rank() != rank) {
            throw new IllegalArgumentException("%s is %s, expected %d dimensions".formatted(what, shape, rank));
        }
    }

    /// The tensor that an operator takes as its input of a number.
    private static int input(Operator operator, int number) {
        if (number >= operator.inputs().size() || operator.inputs().get(number) == Operator.ABSENT) {
            throw new IllegalArgumentException("input " + number + " is missing");
        }
        return operator.inputs().get(number);
    }

    private Tensor constant(Operator operator, int number) {
        return subgraph.tensor(input(operator, number));
    }

    /// The values of a constant FLOAT32 input.
    private float[] weights(Operator operator, int number) {
        Tensor tensor = constant(operator, number);
        float[] values = floats(input(operator, number));
        if (values == null || values.length != tensor.shape().elementCount()) {
            throw new IllegalArgumentException(
                    "input %d is %s %s, expected a constant of FLOAT32, or of FLOAT16 behind a DEQUANTIZE".formatted(
                            number, tensor.isConstant() ? "a constant of" : "computed,", tensor.type()));
        }
        return values;
    }

    private static boolean hasBias(Operator operator) {
        return operator.inputs().size() > 2 && operator.inputs().get(2) != Operator.ABSENT;
    }

    private float @Nullable [] bias(Operator operator, int outputs) {
        if (!hasBias(operator)) {
            return null;
        }
        float[] bias = weights(operator, 2);
        if (bias.length != outputs) {
            throw new IllegalArgumentException("%d biases for %d outputs, expected as many".formatted(bias.length,
                    outputs));
        }
        return bias;
    }

    /// The values of a tensor that is constant, or is dequantized from FLOAT16 constants; null for others.
    private float @Nullable [] floats(int index) {
        Tensor tensor = subgraph.tensor(index);
        Buffer data = tensor.buffer();
        if (data != null) {
            return tensor.type() == ElementType.FLOAT32 ? data.toFloats() : null;
        }
        Operator producer = producers.get(index);
        if (producer == null || producer.code() != OperatorCode.DEQUANTIZE) {
            return null;
        }
        Tensor half = subgraph.tensor(producer.inputs().getFirst());
        Buffer halfData = half.buffer();
        if (halfData == null || half.type() != ElementType.FLOAT16) {
            return null;
        }
        short[] bits = halfData.toShorts();
        float[] values = new float[bits.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.float16ToFloat(bits[i]);
        }
        return values;
    }

    /// The values of a constant input of whole numbers.
    private int[] ints(Operator operator, int number) {
        Tensor tensor = constant(operator, number);
        Buffer data = tensor.buffer();
        if (data != null && tensor.type() == ElementType.INT32) {
            return data.toInts();
        }
        if (data != null && tensor.type() == ElementType.INT64) {
            return Arrays.stream(data.toLongs()).mapToInt(Math::toIntExact).toArray();
        }
        throw new IllegalArgumentException("input %d is no constant of INT32 or INT64".formatted(number));
    }
}

package dev.whittle.trainer.network;

import dev.whittle.engine.file.AtomicFile;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.layer.Add;
import dev.whittle.trainer.layer.AveragePool2D;
import dev.whittle.trainer.layer.BatchNorm;
import dev.whittle.trainer.layer.Concat;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Cutout;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.DepthwiseConv2D;
import dev.whittle.trainer.layer.Dropout;
import dev.whittle.trainer.layer.FakeQuantize;
import dev.whittle.trainer.layer.Fill;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.GaussianNoise;
import dev.whittle.trainer.layer.GlobalAveragePool;
import dev.whittle.trainer.layer.HardSwish;
import dev.whittle.trainer.layer.Initializer;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.LeakyReLU;
import dev.whittle.trainer.layer.MaxPool2D;
import dev.whittle.trainer.layer.RandomBrightness;
import dev.whittle.trainer.layer.RandomContrast;
import dev.whittle.trainer.layer.RandomFlip;
import dev.whittle.trainer.layer.RandomRotation;
import dev.whittle.trainer.layer.RandomTranslation;
import dev.whittle.trainer.layer.RandomZoom;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.layer.ReLU6;
import dev.whittle.trainer.layer.Rescaling;
import dev.whittle.trainer.layer.Reshape;
import dev.whittle.trainer.layer.Resizing;
import dev.whittle.trainer.layer.SeparableConv2D;
import dev.whittle.trainer.layer.Sigmoid;
import dev.whittle.trainer.layer.Softmax;
import dev.whittle.trainer.layer.Tanh;
import dev.whittle.trainer.layer.ZeroPadding;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// A [NetworkSpec] as JSON:
///
/// ```json
/// {
///   "input": [32, 32, 3],
///   "labels": ["cat", "dog"],
///   "layers": [
///     {"type": "Conv2D", "name": "conv_1", "filters": 16, "kernel": 3, "padding": "same"},
///     {"type": "ReLU", "name": "relu_1"},
///     {"type": "Conv2D", "name": "conv_2", "filters": 16, "kernel": [3, 3], "padding": "same", "useBias": false},
///     {"type": "Add", "name": "add", "inputs": ["relu_1", "conv_2"]},
///     {"type": "GlobalAveragePool", "name": "pool"},
///     {"type": "Dense", "name": "logits", "units": 2},
///     {"type": "Softmax", "name": "softmax"}
///   ]
/// }
/// ```
///
/// A layer without `inputs` takes the one before; `input` is the network's input. Pairs are `[height, width]`, or one number
/// for both. What has a default may be left out: strides and dilations of 1, padding `valid`, a bias, Glorot uniform, pools
/// side by side, Keras's momentum, epsilon and slope. `SeparableConv2D` stands for two layers.
public final class NetworkJson {
    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private NetworkJson() {}

    /// Reads a file.
    ///
    /// @throws IllegalArgumentException naming file, layer and field when it does not describe a network
    public static NetworkSpec read(Path file) throws IOException {
        try {
            return parse(Files.readString(file));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("[" + file.getFileName() + "] " + e.getMessage(), e);
        }
    }

    /// Writes a file, which appears whole or not at all.
    public static void write(NetworkSpec spec, Path file) throws IOException {
        AtomicFile.write(file, out -> out.write(write(spec).getBytes(StandardCharsets.UTF_8)));
    }

    /// Reads text.
    ///
    /// @throws IllegalArgumentException naming layer and field when it does not describe a network
    public static NetworkSpec parse(String text) {
        JsonNode root;
        try {
            root = MAPPER.readTree(text);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("not JSON: " + e.getOriginalMessage(), e);
        }
        Fields fields = new Fields("network", root);
        Shape input = fields.shape("input");
        List<String> labels = fields.texts("labels", List.of());
        NetworkBuilder network = new NetworkBuilder(input);
        JsonNode layers = fields.required("layers");
        if (!layers.isArray()) {
            throw fields.refused("layers", layers, "a list of layers");
        }
        fields.requireNoOthers();
        int number = 1;
        for (JsonNode layer : layers) {
            add(network, new Fields("layer " + number++, layer));
        }
        return network.build(labels);
    }

    /// The text of a network, the same each time.
    public static String write(NetworkSpec spec) {
        ObjectNode root = MAPPER.createObjectNode();
        root.set("input", numbers(spec.inputShape()));
        ArrayNode labels = root.putArray("labels");
        spec.labels().forEach(labels::add);
        ArrayNode layers = root.putArray("layers");
        String previous = NetworkSpec.INPUT;
        for (NetworkSpec.Node node : spec.nodes()) {
            ObjectNode layer = layers.addObject();
            layer.put("type", node.layer().getClass().getSimpleName());
            layer.put("name", node.name());
            if (!node.inputs().equals(List.of(previous))) {
                ArrayNode inputs = layer.putArray("inputs");
                node.inputs().forEach(inputs::add);
            }
            writeHyperparameters(layer, node.layer());
            previous = node.name();
        }
        return MAPPER.writeValueAsString(root);
    }

    private static void writeHyperparameters(ObjectNode to, Layer layer) {
        switch (layer) {
            case Resizing resizing -> pair(to, "size", resizing.height(), resizing.width());
            case Rescaling rescaling -> {
                to.put("scale", rescaling.scale());
                to.put("offset", rescaling.offset());
            }
            case RandomFlip flip -> {
                to.put("horizontal", flip.horizontal());
                to.put("vertical", flip.vertical());
            }
            case RandomRotation rotation -> {
                to.put("factor", rotation.factor());
                fill(to, rotation.fill());
            }
            case RandomZoom zoom -> {
                to.put("factor", zoom.factor());
                fill(to, zoom.fill());
            }
            case RandomTranslation translation -> {
                to.put("heightFactor", translation.heightFactor());
                to.put("widthFactor", translation.widthFactor());
                fill(to, translation.fill());
            }
            case RandomContrast contrast -> {
                to.put("factor", contrast.factor());
                range(to, contrast.low(), contrast.high());
            }
            case RandomBrightness brightness -> {
                to.put("factor", brightness.factor());
                range(to, brightness.low(), brightness.high());
            }
            case GaussianNoise noise -> to.put("standardDeviation", noise.standardDeviation());
            case Cutout cutout -> {
                to.put("side", cutout.side());
                to.put("value", cutout.value());
            }
            case Conv2D conv -> {
                to.put("filters", conv.filters());
                pair(to, "kernel", conv.kernelHeight(), conv.kernelWidth());
                pair(to, "strides", conv.strideHeight(), conv.strideWidth());
                pair(to, "dilations", conv.dilationHeight(), conv.dilationWidth());
                padding(to, conv.padding());
                weights(to, conv.useBias(), conv.initializer());
                kernelBits(to, conv.kernelBits());
            }
            case DepthwiseConv2D conv -> {
                pair(to, "kernel", conv.kernelHeight(), conv.kernelWidth());
                pair(to, "strides", conv.strideHeight(), conv.strideWidth());
                pair(to, "dilations", conv.dilationHeight(), conv.dilationWidth());
                to.put("depthMultiplier", conv.depthMultiplier());
                padding(to, conv.padding());
                weights(to, conv.useBias(), conv.initializer());
                kernelBits(to, conv.kernelBits());
            }
            case Dense dense -> {
                to.put("units", dense.units());
                weights(to, dense.useBias(), dense.initializer());
                kernelBits(to, dense.kernelBits());
            }
            case MaxPool2D pool -> {
                pair(to, "pool", pool.poolHeight(), pool.poolWidth());
                pair(to, "strides", pool.strideHeight(), pool.strideWidth());
                padding(to, pool.padding());
            }
            case AveragePool2D pool -> {
                pair(to, "pool", pool.poolHeight(), pool.poolWidth());
                pair(to, "strides", pool.strideHeight(), pool.strideWidth());
                padding(to, pool.padding());
            }
            case ZeroPadding padding -> {
                pair(to, "rows", padding.top(), padding.bottom());
                pair(to, "columns", padding.left(), padding.right());
            }
            case BatchNorm norm -> {
                to.put("momentum", norm.momentum());
                to.put("epsilon", norm.epsilon());
                if (norm.frozenStatistics()) {
                    to.put("frozenStatistics", true);
                }
            }
            case Dropout dropout -> to.put("rate", dropout.rate());
            case LeakyReLU leaky -> to.put("slope", leaky.slope());
            case Reshape reshape -> to.set("shape", numbers(reshape.shape()));
            case FakeQuantize quantize -> {
                to.put("momentum", quantize.momentum());
                to.put("frozen", quantize.frozen());
            }
            case GlobalAveragePool _,ReLU _,ReLU6 _,HardSwish _,Sigmoid _,Tanh _,Softmax _,Flatten _,Add _,Concat _ -> {
            }
        }
    }

    /// Other bits than 8 are said beside it, so that files of int8 networks read as they always did.
    private static void kernelBits(ObjectNode to, int bits) {
        to.put("fakeQuantizeKernel", bits > 0);
        if (bits > 0 && bits != Byte.SIZE) {
            to.put("kernelBits", bits);
        }
    }

    private static void fill(ObjectNode to, Fill fill) {
        to.put("fill", fill.mode().name().toLowerCase(Locale.ROOT));
        if (fill.mode() == Fill.Mode.CONSTANT) {
            to.put("fillValue", fill.value());
        }
    }

    private static void range(ObjectNode to, float low, float high) {
        to.put("low", low);
        to.put("high", high);
    }

    private static void pair(ObjectNode to, String field, int height, int width) {
        to.putArray(field).add(height).add(width);
    }

    private static void padding(ObjectNode to, Padding padding) {
        to.put("padding", padding.name().toLowerCase(Locale.ROOT));
    }

    private static void weights(ObjectNode to, boolean useBias, Initializer initializer) {
        to.put("useBias", useBias);
        to.put("initializer", initializer.fieldName());
    }

    private static ArrayNode numbers(Shape shape) {
        ArrayNode numbers = MAPPER.createArrayNode();
        shape.toList().forEach(numbers::add);
        return numbers;
    }

    private static void add(NetworkBuilder network, Fields fields) {
        String type = fields.text("type");
        String name = fields.text("name");
        Fields named = fields.named(name);
        List<String> inputs = named.texts("inputs", List.of(network.last()));
        if (type.equals("SeparableConv2D")) {
            SeparableConv2D separable = separable(name, named);
            named.requireNoOthers();
            if (inputs.size() != 1) {
                throw new IllegalArgumentException(
                        "layer \"" + name + "\": " + inputs.size() + " inputs, must be 1");
            }
            network.add(separable, inputs.getFirst());
            return;
        }
        Layer layer = layer(type, name, named);
        named.requireNoOthers();
        network.add(layer, inputs.toArray(String[]::new));
    }

    private static SeparableConv2D separable(String name, Fields in) {
        Pair kernel = in.pair("kernel");
        Pair strides = in.pair("strides", Pair.ONES);
        Pair dilations = in.pair("dilations", Pair.ONES);
        return new SeparableConv2D(name, in.integer("filters"), kernel.height, kernel.width, strides.height,
                strides.width, dilations.height, dilations.width, in.integer("depthMultiplier", 1), in.padding(),
                in.bool("useBias", true), in.initializer());
    }

    private static Layer layer(String type, String name, Fields in) {
        return switch (type) {
            case "Resizing" -> {
                Pair size = in.pair("size");
                yield new Resizing(name, size.height, size.width);
            }
            case "Rescaling" -> new Rescaling(name, in.number("scale"), in.number("offset", 0));
            case "RandomFlip" ->
                    new RandomFlip(name, in.bool("horizontal", true), in.bool("vertical", true));
            case "RandomRotation" -> new RandomRotation(name, in.number("factor"), in.fill());
            case "RandomZoom" -> new RandomZoom(name, in.number("factor"), in.fill());
            case "RandomTranslation" -> new RandomTranslation(name, in.number("heightFactor"),
                    in.number("widthFactor"), in.fill());
            case "RandomContrast" -> new RandomContrast(name, in.number("factor"), in.number("low", 0),
                    in.number("high", 1));
            case "RandomBrightness" -> new RandomBrightness(name, in.number("factor"), in.number("low", 0),
                    in.number("high", 1));
            case "GaussianNoise" -> new GaussianNoise(name, in.number("standardDeviation"));
            case "Cutout" -> new Cutout(name, in.number("side"), in.number("value", 0));
            case "Conv2D" -> {
                Pair kernel = in.pair("kernel");
                Pair strides = in.pair("strides", Pair.ONES);
                Pair dilations = in.pair("dilations", Pair.ONES);
                yield new Conv2D(name, in.integer("filters"), kernel.height, kernel.width, strides.height,
                        strides.width, dilations.height, dilations.width, in.padding(), in.bool("useBias", true),
                        in.initializer(), in.kernelBits());
            }
            case "DepthwiseConv2D" -> {
                Pair kernel = in.pair("kernel");
                Pair strides = in.pair("strides", Pair.ONES);
                Pair dilations = in.pair("dilations", Pair.ONES);
                yield new DepthwiseConv2D(name, kernel.height, kernel.width, strides.height, strides.width,
                        dilations.height, dilations.width, in.integer("depthMultiplier", 1), in.padding(),
                        in.bool("useBias", true), in.initializer(), in.kernelBits());
            }
            case "Dense" -> new Dense(name, in.integer("units"), in.bool("useBias", true), in.initializer(),
                    in.kernelBits());
            case "MaxPool2D" -> {
                Pair pool = in.pair("pool");
                Pair strides = in.pair("strides", pool);
                yield new MaxPool2D(name, pool.height, pool.width, strides.height, strides.width, in.padding());
            }
            case "AveragePool2D" -> {
                Pair pool = in.pair("pool");
                Pair strides = in.pair("strides", pool);
                yield new AveragePool2D(name, pool.height, pool.width, strides.height, strides.width, in.padding());
            }
            case "ZeroPadding" -> {
                Pair rows = in.pair("rows");
                Pair columns = in.pair("columns");
                yield new ZeroPadding(name, rows.height, rows.width, columns.height, columns.width);
            }
            case "BatchNorm" -> {
                BatchNorm defaults = new BatchNorm(name);
                yield new BatchNorm(name, in.number("momentum", defaults.momentum()),
                        in.number("epsilon", defaults.epsilon()), in.bool("frozenStatistics", false));
            }
            case "Dropout" -> new Dropout(name, in.number("rate"));
            case "LeakyReLU" -> new LeakyReLU(name, in.number("slope", new LeakyReLU(name).slope()));
            case "Reshape" -> new Reshape(name, in.shape("shape"));
            case "FakeQuantize" -> new FakeQuantize(name, in.number("momentum"), in.bool("frozen", false));
            case "GlobalAveragePool" -> new GlobalAveragePool(name);
            case "ReLU" -> new ReLU(name);
            case "ReLU6" -> new ReLU6(name);
            case "HardSwish" -> new HardSwish(name);
            case "Sigmoid" -> new Sigmoid(name);
            case "Tanh" -> new Tanh(name);
            case "Softmax" -> new Softmax(name);
            case "Flatten" -> new Flatten(name);
            case "Add" -> new Add(name);
            case "Concat" -> new Concat(name);
            default -> throw new IllegalArgumentException(
                    "layer \"" + name + "\": type is \"" + type + "\", must be the name of a layer such as Conv2D");
        };
    }

    private record Pair(int height, int width) {
        static final Pair ONES = new Pair(1, 1);
    }

    /// The fields of one JSON object, of which none may be left over.
    private static final class Fields {
        private final String owner;
        private final JsonNode node;
        private final Set<String> read;

        Fields(String owner, JsonNode node) {
            this(owner, node, new LinkedHashSet<>());
        }

        private Fields(String owner, JsonNode node, Set<String> read) {
            this.owner = owner;
            this.node = node;
            this.read = read;
            if (!node.isObject()) {
                throw new IllegalArgumentException(owner + ": found " + node + ", must be an object");
            }
        }

        Fields named(String name) {
            return new Fields("layer \"" + name + "\"", node, read);
        }

        IllegalArgumentException refused(String field, JsonNode found, String expected) {
            return new IllegalArgumentException(owner + ": " + field + " is " + found + ", must be " + expected);
        }

        private @Nullable JsonNode optional(String field) {
            read.add(field);
            return node.get(field);
        }

        JsonNode required(String field) {
            JsonNode found = optional(field);
            if (found == null) {
                throw new IllegalArgumentException(owner + ": " + field + " is missing");
            }
            return found;
        }

        void requireNoOthers() {
            for (String field : node.propertyNames()) {
                if (!read.contains(field)) {
                    throw new IllegalArgumentException(
                            owner + ": unknown field \"" + field + "\", must be one of " + read);
                }
            }
        }

        String text(String field) {
            return text(field, required(field));
        }

        private String text(String field, JsonNode found) {
            if (!found.isString()) {
                throw refused(field, found, "a text");
            }
            return found.stringValue();
        }

        List<String> texts(String field, List<String> otherwise) {
            JsonNode found = optional(field);
            if (found == null) {
                return otherwise;
            }
            if (!found.isArray()) {
                throw refused(field, found, "a list of texts");
            }
            List<String> texts = new ArrayList<>();
            for (JsonNode element : found) {
                texts.add(text(field, element));
            }
            return texts;
        }

        int integer(String field) {
            return integer(field, required(field));
        }

        int integer(String field, int otherwise) {
            JsonNode found = optional(field);
            return found == null ? otherwise : integer(field, found);
        }

        private int integer(String field, JsonNode found) {
            if (!found.isIntegralNumber() || !found.canConvertToInt()) {
                throw refused(field, found, "an integer");
            }
            return found.intValue();
        }

        float number(String field) {
            return number(field, required(field));
        }

        float number(String field, float otherwise) {
            JsonNode found = optional(field);
            return found == null ? otherwise : number(field, found);
        }

        private float number(String field, JsonNode found) {
            if (!found.isNumber()) {
                throw refused(field, found, "a number");
            }
            return (float) found.doubleValue();
        }

        boolean bool(String field, boolean otherwise) {
            JsonNode found = optional(field);
            if (found == null) {
                return otherwise;
            }
            if (!found.isBoolean()) {
                throw refused(field, found, "true or false");
            }
            return found.booleanValue();
        }

        Pair pair(String field) {
            return pair(field, required(field));
        }

        Pair pair(String field, Pair otherwise) {
            JsonNode found = optional(field);
            return found == null ? otherwise : pair(field, found);
        }

        private Pair pair(String field, JsonNode found) {
            if (found.isArray()) {
                if (found.size() != 2) {
                    throw refused(field, found, "a number or two");
                }
                return new Pair(integer(field, found.get(0)), integer(field, found.get(1)));
            }
            int both = integer(field, found);
            return new Pair(both, both);
        }

        Shape shape(String field) {
            JsonNode found = required(field);
            if (!found.isArray() || found.size() > Shape.MAX_RANK) {
                throw refused(field, found, "a list of at most " + Shape.MAX_RANK + " integers");
            }
            int[] dimensions = new int[found.size()];
            for (int axis = 0; axis < dimensions.length; axis++) {
                dimensions[axis] = integer(field, found.get(axis));
                if (dimensions[axis] < 1) {
                    throw refused(field, found, "positive integers");
                }
            }
            return Shape.of(dimensions);
        }

        Fill fill() {
            JsonNode found = optional("fill");
            JsonNode value = optional("fillValue");
            if (found == null && value == null) {
                return Fill.REFLECT;
            }
            return switch (found != null && found.isString() ? found.stringValue() : "") {
                case "constant" -> Fill.constant(value == null ? 0 : number("fillValue", value));
                case "reflect" -> Fill.REFLECT;
                case "nearest" -> Fill.NEAREST;
                case "wrap" -> Fill.WRAP;
                default -> throw new IllegalArgumentException(
                        owner + ": fill is " + found + ", must be \"reflect\", \"constant\", \"nearest\" or \"wrap\"");
            };
        }

        Padding padding() {
            JsonNode found = optional("padding");
            if (found == null) {
                return Padding.VALID;
            }
            return switch (found.isString() ? found.stringValue() : "") {
                case "same" -> Padding.SAME;
                case "valid" -> Padding.VALID;
                default -> throw refused("padding", found, "\"same\" or \"valid\"");
            };
        }

        int kernelBits() {
            boolean isFakeQuantized = bool("fakeQuantizeKernel", false);
            int bits = integer("kernelBits", Byte.SIZE);
            return isFakeQuantized ? bits : 0;
        }

        Initializer initializer() {
            JsonNode found = optional("initializer");
            if (found == null) {
                return Initializer.GLOROT_UNIFORM;
            }
            String name = found.isString() ? found.stringValue() : "";
            return Arrays.stream(Initializer.values())
                    .filter(initializer -> initializer.fieldName().equals(name)).findFirst()
                    .orElseThrow(() -> refused("initializer", found, "one of "
                            + Arrays.stream(Initializer.values()).map(Initializer::fieldName).toList()));
        }
    }
}

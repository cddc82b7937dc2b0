package dev.whittle.quantizer.recipe;

import dev.whittle.engine.file.AtomicFile;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.Metadata;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.quantizer.observe.CalibrationMethod;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// A [Recipe] as JSON:
///
/// ```json
/// {
///   "rules" : [
///     {"operator" : "SOFTMAX", "mode" : "float"},
///     {"name" : "conv2d_1", "mode" : "int8", "weightBits" : 4},
///     {"operator" : "FULLY_CONNECTED", "mode" : "weight_only", "weightBits" : 4, "granularity" : "blockwise_32"},
///     {"mode" : "int8", "calibration" : "percentile:99.9"}
///   ]
/// }
/// ```
///
/// Only the mode has to be there; what is left out is as [Rule] says, and `calibration` is `min_max`.
public final class RecipeJson {
    /// The metadata entry of a quantized file that holds its recipe.
    public static final String METADATA = "whittle_recipe";

    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private static final CalibrationMethod MIN_MAX = new CalibrationMethod.MinMax();

    private static final String RULES = "rules";
    private static final String OPERATOR = "operator";
    private static final String NAME = "name";
    private static final String MODE = "mode";
    private static final String WEIGHT_BITS = "weightBits";
    private static final String GRANULARITY = "granularity";
    private static final String CALIBRATION = "calibration";
    private static final Set<String> RULE_FIELDS =
            Set.of(OPERATOR, NAME, MODE, WEIGHT_BITS, GRANULARITY, CALIBRATION);

    private RecipeJson() {}

    /// Reads a file.
    ///
    /// @throws IllegalArgumentException naming file, rule and field when it is no recipe
    public static Recipe read(Path file) throws IOException {
        return parse(String.valueOf(file.getFileName()), Files.readString(file));
    }

    /// Writes a file, which appears whole or not at all.
    public static void write(Recipe recipe, Path file) throws IOException {
        AtomicFile.write(file, out -> out.write(text(recipe).getBytes(StandardCharsets.UTF_8)));
    }

    /// The recipe that a model was quantized by, where it carries one.
    ///
    /// @throws IllegalArgumentException when what it carries is no recipe
    public static Optional<Recipe> of(Model model) {
        return model.metadata(METADATA).map(
                content -> parse(model.source(), new String(content.toBytes(), StandardCharsets.UTF_8)));
    }

    /// A metadata entry that holds the recipe.
    public static Metadata metadata(Recipe recipe) {
        return new Metadata(METADATA, Buffer.of(text(recipe).getBytes(StandardCharsets.UTF_8)));
    }

    /// The recipe as indented JSON.
    public static String text(Recipe recipe) {
        ObjectNode root = MAPPER.createObjectNode();
        ArrayNode rules = root.putArray(RULES);
        for (Rule rule : recipe.rules()) {
            ObjectNode node = rules.addObject();
            if (rule.operator() != null) {
                node.put(OPERATOR, rule.operator().name());
            }
            if (rule.name() != null) {
                node.put(NAME, rule.name());
            }
            node.put(MODE, word(rule.mode()));
            if (rule.mode().hasIntegerWeights()) {
                node.put(WEIGHT_BITS, rule.weightBits());
            }
            if (rule.granularity() != null) {
                node.put(GRANULARITY, rule.granularity().toString());
            }
            if (rule.mode().isInteger() || !rule.calibration().equals(MIN_MAX)) {
                node.put(CALIBRATION, rule.calibration().text());
            }
        }
        return MAPPER.writeValueAsString(root);
    }

    /// Reads text.
    ///
    /// @param source the file it came from, for messages
    /// @throws IllegalArgumentException naming source, rule and field when it is no recipe
    public static Recipe parse(String source, String text) {
        JsonNode root;
        try {
            root = MAPPER.readTree(text);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("[" + source + "] is not JSON: " + e.getOriginalMessage(), e);
        }
        requireNoOthers("[" + source + "]", root, Set.of(RULES));
        JsonNode list = root.get(RULES);
        if (list == null || !list.isArray()) {
            throw new IllegalArgumentException(
                    "[" + source + "] rules: " + (list == null ? "missing" : list) + ", expected a list of rules");
        }
        List<Rule> rules = new ArrayList<>();
        for (JsonNode node : list) {
            String where = "[" + source + "] rules[" + rules.size() + "]";
            requireNoOthers(where, node, RULE_FIELDS);
            rules.add(rule(where, node));
        }
        return new Recipe(rules);
    }

    private static Rule rule(String where, JsonNode node) {
        String modeName = string(where, node, MODE);
        if (modeName == null) {
            throw new IllegalArgumentException(where + ".mode: missing, expected one of " + words(Mode.class));
        }
        Mode mode = constant(where, MODE, modeName, Mode.class);
        String operator = string(where, node, OPERATOR);
        String name = string(where, node, NAME);
        String granularity = string(where, node, GRANULARITY);
        String calibration = string(where, node, CALIBRATION);
        JsonNode bits = node.get(WEIGHT_BITS);
        if (bits != null && !bits.isInt()) {
            throw new IllegalArgumentException(where + ".weightBits: " + bits + ", expected a whole number");
        }
        try {
            return new Rule(operator == null ? null : operatorCode(operator), name, mode,
                    bits == null ? mode.weightBits().getFirst() : bits.intValue(),
                    granularity == null ? null : Granularity.parse(granularity),
                    calibration == null ? MIN_MAX : CalibrationMethod.of(calibration));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(where + ": " + e.getMessage(), e);
        }
    }

    private static OperatorCode operatorCode(String name) {
        return Arrays.stream(OperatorCode.values()).filter(code -> code.name().equals(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "operator \"" + name + "\", expected a name of the TFLite schema, as in CONV_2D"));
    }

    private static @Nullable String string(String where, JsonNode node, String field) {
        JsonNode value = node.get(field);
        if (value == null) {
            return null;
        }
        if (!value.isString()) {
            throw new IllegalArgumentException(where + "." + field + ": " + value + ", expected a string");
        }
        return value.stringValue();
    }

    private static <E extends Enum<E>> E constant(String where, String field, String text, Class<E> type) {
        return Arrays.stream(type.getEnumConstants()).filter(constant -> word(constant).equals(text)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        where + "." + field + ": \"" + text + "\", expected one of " + words(type)));
    }

    private static String words(Class<? extends Enum<?>> type) {
        return Arrays.stream(type.getEnumConstants()).map(RecipeJson::word).collect(Collectors.joining(", "));
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static void requireNoOthers(String where, JsonNode node, Set<String> known) {
        if (!node.isObject()) {
            throw new IllegalArgumentException(where + ": " + node + ", expected an object");
        }
        for (String field : node.propertyNames()) {
            if (!known.contains(field)) {
                throw new IllegalArgumentException(where + "." + field + ": unknown, expected one of "
                        + known.stream().sorted().collect(Collectors.joining(", ")));
            }
        }
    }
}

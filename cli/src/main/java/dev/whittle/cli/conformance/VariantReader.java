package dev.whittle.cli.conformance;

import dev.whittle.cli.Json;
import dev.whittle.cli.conformance.Variant.Case;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// Finds and reads the `meta.json` of every model below a folder, in both layouts: single operators (`cases` is a number)
/// and whole models (`cases` is a list).
final class VariantReader {
    private static final List<String> WHOLE_MODEL_KERNELS = List.of("ref", "builtin", "xnnpack", "golden");

    private VariantReader() {}

    /// The variants below `root`, sorted by path.
    ///
    /// @throws IllegalArgumentException if a `meta.json` lacks what a run needs
    static List<Variant> below(Path root) throws IOException {
        List<Path> descriptions;
        try (Stream<Path> files = Files.walk(root)) {
            descriptions = files.filter(file -> file.endsWith("meta.json")).sorted().toList();
        }
        List<Variant> variants = new ArrayList<>();
        for (Path description : descriptions) {
            variants.add(read(root, description));
        }
        return variants;
    }

    private static Variant read(Path root, Path description) throws IOException {
        JsonNode meta = Json.tree(description.toString(), Files.readString(description));
        Path folder = description.resolveSibling("");
        String path = root.relativize(folder).toString().replace('\\', '/');
        JsonNode cases = required(description, meta, "cases");
        return cases.isArray() ? wholeModel(folder, path, description, meta)
                : operator(folder, path, description, meta);
    }

    private static Variant operator(Path folder, String path, Path description, JsonNode meta) throws IOException {
        String operator = required(description, meta, "op").asString();
        String elementType = required(description, meta, "dtype").asString();
        List<Case> cases = new ArrayList<>();
        for (int number = 0; number < meta.get("cases").asInt(); number++) {
            cases.add(new Case(Integer.toString(number), null, inputs(folder, Integer.toString(number))));
        }
        List<String> kernels = meta.path("authority").asString("either").equals("builtin")
                ? List.of("builtin")
                : List.of("ref", "builtin");
        return new Variant(folder, path, false, operator, elementType, meta.path("state_carries_over").asBoolean(false),
                kernels, Map.of(), cases,
                Tolerance.of(operator, elementType, meta.at("/inputs/0/scale/0").asDouble(1)));
    }

    private static Variant wholeModel(Path folder, String path, Path description, JsonNode meta) throws IOException {
        Map<String, String> aliases = new LinkedHashMap<>();
        meta.path("aliases").properties().forEach(entry -> aliases.put(entry.getKey(), entry.getValue().asString()));
        List<String> untrusted = meta.path("untrusted_kernels").valueStream().map(JsonNode::asString).toList();
        List<Case> cases = new ArrayList<>();
        for (JsonNode node : meta.get("cases").values()) {
            String name = required(description, node, "case").asString();
            cases.add(new Case(name, node.path("signature").stringValueOpt().orElse(null), inputs(folder, name)));
        }
        return new Variant(folder, path, true, required(description, meta, "id").asString(),
                meta.at("/inputs/0/dtype").asString(""), meta.path("stateful").asBoolean(false),
                WHOLE_MODEL_KERNELS.stream().filter(kernel -> !untrusted.contains(kernel)).toList(), aliases, cases,
                Tolerance.WHOLE_MODEL);
    }

    private static List<Path> inputs(Path folder, String caseName) {
        return Stream.iterate(0, i -> i + 1)
                .map(i -> folder.resolve("in_%s_%d.npy".formatted(caseName, i)))
                .takeWhile(Files::exists)
                .toList();
    }

    private static JsonNode required(Path description, JsonNode node, String field) {
        JsonNode value = node.get(field);
        if (value == null) {
            throw new IllegalArgumentException("[" + description + "] has no \"" + field + "\"");
        }
        return value;
    }
}

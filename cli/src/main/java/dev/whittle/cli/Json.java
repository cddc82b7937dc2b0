package dev.whittle.cli;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// Results as indented JSON. Records are written component by component, in the order of their declaration.
public final class Json {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build();

    private static final JsonMapper STRICT = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES,
                    DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .build();

    private Json() {}

    /// `value` as indented JSON text.
    public static String text(Object value) {
        return MAPPER.writeValueAsString(value);
    }

    /// Reads JSON text as a record; `name` says in an error which file it came from.
    ///
    /// @throws IllegalArgumentException if the text is not JSON or not such a record
    public static <T> T read(String name, String text, Class<T> type) {
        try {
            return MAPPER.readValue(text, type);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("[" + name + "] cannot be read: " + e.getOriginalMessage(), e);
        }
    }

    /// As [#read], for files that people may change: every component must be there, and nothing else.
    ///
    /// @throws IllegalArgumentException if the text is not JSON or not such a record
    public static <T> T readStrictly(String name, String text, Class<T> type) {
        try {
            return STRICT.readValue(text, type);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("[" + name + "] cannot be read: " + e.getOriginalMessage(), e);
        }
    }

    /// Reads JSON text; `name` says in an error which file it came from.
    ///
    /// @throws IllegalArgumentException if the text is not JSON
    public static JsonNode tree(String name, String text) {
        try {
            return MAPPER.readTree(text);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("[" + name + "] is not JSON: " + e.getOriginalMessage(), e);
        }
    }
}

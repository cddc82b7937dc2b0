package dev.whittle.engine.kernel;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The custom operators that models may name. Immutable.
public final class CustomOperators {
    private static final CustomOperators INSTALLED = new CustomOperators(null);

    /// Null for those that are installed: they are looked up when the first is asked for.
    private final @Nullable Map<String, CustomOperator> byName;

    private CustomOperators(@Nullable Map<String, CustomOperator> byName) {
        this.byName = byName;
    }

    /// Those that come with the engine and those that the class path offers as services.
    public static CustomOperators installed() {
        return INSTALLED;
    }

    /// These and one more, which takes the place of another of its name.
    public CustomOperators with(CustomOperator operator) {
        Map<String, CustomOperator> extended = new LinkedHashMap<>(byName());
        extended.put(operator.name(), operator);
        return new CustomOperators(extended);
    }

    /// The operator with a name, or null when there is none.
    public @Nullable CustomOperator get(String name) {
        return byName().get(name);
    }

    /// The names of all.
    public Set<String> names() {
        return Set.copyOf(byName().keySet());
    }

    private Map<String, CustomOperator> byName() {
        return byName == null ? Installed.BY_NAME : byName;
    }

    /// Looked up once.
    private static final class Installed {
        static final Map<String, CustomOperator> BY_NAME = load();

        private static Map<String, CustomOperator> load() {
            Map<String, CustomOperator> found = new LinkedHashMap<>();
            for (CustomOperator operator : ServiceLoader.load(CustomOperator.class,
                    CustomOperator.class.getClassLoader())) {
                found.put(operator.name(), operator);
            }
            return found;
        }
    }
}

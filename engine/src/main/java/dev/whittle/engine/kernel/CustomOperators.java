package dev.whittle.engine.kernel;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The custom operators that models may name. Immutable.
public final class CustomOperators {
    private final Map<String, CustomOperator> byName;

    private CustomOperators(Map<String, CustomOperator> byName) {
        this.byName = byName;
    }

    /// Those that come with the engine and those that the class path offers as services.
    public static CustomOperators installed() {
        return Installed.OPERATORS;
    }

    /// These and one more, which takes the place of another of its name.
    public CustomOperators with(CustomOperator operator) {
        Map<String, CustomOperator> extended = new LinkedHashMap<>(byName);
        extended.put(operator.name(), operator);
        return new CustomOperators(extended);
    }

    /// The operator with a name, or null when there is none.
    public @Nullable CustomOperator get(String name) {
        return byName.get(name);
    }

    /// The names of all.
    public Set<String> names() {
        return Set.copyOf(byName.keySet());
    }

    /// Looked up once.
    private static final class Installed {
        static final CustomOperators OPERATORS = load();

        private static CustomOperators load() {
            Map<String, CustomOperator> found = new LinkedHashMap<>();
            for (CustomOperator operator : ServiceLoader.load(CustomOperator.class,
                    CustomOperator.class.getClassLoader())) {
                found.put(operator.name(), operator);
            }
            return new CustomOperators(found);
        }
    }
}

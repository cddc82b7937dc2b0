package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What lives longer than a run: the variables, hash tables and random numbers of one interpreter, and which initializers
/// have run. Tensors of type RESOURCE hold the numbers of variables and tables.
public final class Resources {
    private final List<@Nullable Variable> variables = new ArrayList<>();
    private final Map<VariableName, Integer> variableNumbers = new HashMap<>();
    private final List<HashTable> tables = new ArrayList<>();
    private final Map<Integer, Integer> tableNumbers = new HashMap<>();
    private final Set<Integer> initialized = new HashSet<>();
    private final Map<String, Philox> randomStreams = new HashMap<>();

    /// The contents of a variable.
    ///
    /// @param elements an array of the kind that [StorageType#of] names, this variable's alone
    public record Variable(ElementType type, Shape shape, Object elements) {
    }

    /// A map from keys to values, both INT64 or STRING, filled once.
    ///
    /// @param entries a `Long` or `String` (one char a byte) to a `Long` or `byte[]`
    record HashTable(ElementType keyType, ElementType valueType, Map<Object, Object> entries) {
    }

    /// The name of a variable.
    record VariableName(String container, String sharedName) {
    }

    /// The number of the variable with a name, which may not hold anything yet.
    int variable(VariableName name) {
        Integer number = variableNumbers.get(name);
        if (number == null) {
            number = variables.size();
            variables.add(null);
            variableNumbers.put(name, number);
        }
        return number;
    }

    /// What a variable holds, or null where it was not assigned yet or there is none with this number.
    @Nullable
    Variable read(int number) {
        return number >= 0 && number < variables.size() ? variables.get(number) : null;
    }

    /// @return false when there is no variable with this number
    boolean assign(int number, Variable value) {
        if (number < 0 || number >= variables.size()) {
            return false;
        }
        variables.set(number, value);
        return true;
    }

    /// The number of the table with an id, made empty when asked for first.
    int table(int id, ElementType keyType, ElementType valueType) {
        Integer number = tableNumbers.get(id);
        if (number == null) {
            number = tables.size();
            tables.add(new HashTable(keyType, valueType, new HashMap<>()));
            tableNumbers.put(id, number);
        }
        return number;
    }

    /// The table with a number, or null when there is none.
    @Nullable
    HashTable table(int number) {
        return number >= 0 && number < tables.size() ? tables.get(number) : null;
    }

    /// The random numbers of one operator, or null where it has not drawn any yet.
    @Nullable
    Philox randomStream(String operator) {
        return randomStreams.get(operator);
    }

    void startRandomStream(String operator, Philox stream) {
        randomStreams.put(operator, stream);
    }

    /// True the first time it is asked about a subgraph.
    boolean isFirstRun(int subgraph) {
        return initialized.add(subgraph);
    }
}

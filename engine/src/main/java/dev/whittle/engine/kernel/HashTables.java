package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The operators on hash tables from INT64 to STRING or STRING to INT64: HASHTABLE gives the number of a table by its
/// id, HASHTABLE_IMPORT fills it (the first time only), HASHTABLE_FIND looks keys up, with a default for those that are
/// not there, HASHTABLE_SIZE counts. Source: LiteRT `kernels/hashtable*.cc`, `experimental/resource/static_hashtable.cc`.
final class HashTables implements OperatorKernel {

    /// Which of the operators.
    enum Kind {
        TABLE, FIND, IMPORT, SIZE
    }

    private final Kind kind;

    HashTables(Kind kind) {
        this.kind = kind;
    }

    @Override
    public Set<ElementType> types() {
        return kind == Kind.TABLE
                ? Set.of(ElementType.RESOURCE)
                : Set.of(ElementType.RESOURCE, ElementType.INT32);
    }

    @Override
    public int typedInput() {
        return kind == Kind.TABLE ? -1 : 0;
    }

    @Override
    public boolean isStateful() {
        return true;
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        switch (kind) {
            case TABLE -> TensorChecks.counts(p, 0, 0);
            case FIND -> TensorChecks.counts(p, 3, 3);
            case IMPORT -> TensorChecks.counts(p, 3, 3, 0);
            case SIZE -> TensorChecks.counts(p, 1, 1);
        }
        if (kind != Kind.TABLE && p.inputTensor(0).shape().elementCount() != 1) {
            throw p.malformed("table has shape " + p.inputTensor(0).shape() + ", must be one element");
        }
        return switch (kind) {
            case TABLE -> List.of(Shape.of(1));
            case FIND -> List.of(p.inputTensor(1).shape());
            case IMPORT -> List.of();
            case SIZE -> List.of(Shape.of(1));
        };
    }

    @Override
    public Kernel prepare(Preparation p) {
        return switch (kind) {
            case TABLE -> {
                Options.Hashtable options = (Options.Hashtable) p.options();
                boolean isSupported = options.keyType() == ElementType.INT64
                        && options.valueType() == ElementType.STRING
                        || options.keyType() == ElementType.STRING && options.valueType() == ElementType.INT64;
                if (!isSupported) {
                    throw p.unsupported("table from " + options.keyType() + " to " + options.valueType()
                            + ", supported are INT64 to STRING and STRING to INT64");
                }
                Slot handle = p.output(0);
                yield memory -> memory.ints(handle)[memory.offset(handle)] =
                        memory.resources().table(options.tableId(), options.keyType(), options.valueType());
            }
            case FIND -> find(p);
            case IMPORT -> fill(p);
            case SIZE -> {
                TensorChecks.sameType(p, "output", p.outputTensor(0), ElementType.INT64);
                Slot handle = p.input(0);
                Slot output = p.output(0);
                String where = p.where();
                yield memory -> memory.longs(output)[memory.offset(output)] =
                        table(memory, handle, where).entries().size();
            }
        };
    }

    private static Kernel find(Preparation p) {
        requireEntries(p, p.inputTensor(1).type(), p.outputTensor(0).type());
        TensorChecks.sameType(p, "default", p.inputTensor(2), p.outputTensor(0).type());
        if (p.inputTensor(2).shape().elementCount() != 1) {
            throw p.malformed("default has shape " + p.inputTensor(2).shape() + ", must be one element");
        }
        Slot handle = p.input(0);
        Slot keys = p.input(1);
        Slot absent = p.input(2);
        Slot output = p.output(0);
        String where = p.where();
        return memory -> {
            Map<Object, Object> entries = table(memory, handle, where, keys.type(), output.type()).entries();
            Object otherwise = entry(memory, absent, 0);
            for (int i = 0; i < keys.elementCount(); i++) {
                Object found = entries.getOrDefault(key(memory, keys, i), otherwise);
                int to = memory.offset(output) + i;
                if (found instanceof Long number) {
                    memory.longs(output)[to] = number;
                } else {
                    memory.strings(output)[to] = (byte[]) found;
                }
            }
        };
    }

    private static Kernel fill(Preparation p) {
        requireEntries(p, p.inputTensor(1).type(), p.inputTensor(2).type());
        Slot handle = p.input(0);
        Slot keys = p.input(1);
        Slot values = p.input(2);
        if (keys.elementCount() != values.elementCount()) {
            throw p.malformed(keys.elementCount() + " keys for " + values.elementCount() + " values, must be as many");
        }
        String where = p.where();
        return memory -> {
            Map<Object, Object> entries = table(memory, handle, where, keys.type(), values.type()).entries();
            if (entries.isEmpty()) {
                for (int i = 0; i < keys.elementCount(); i++) {
                    entries.putIfAbsent(key(memory, keys, i), entry(memory, values, i));
                }
            }
        };
    }

    private static void requireEntries(Preparation p, ElementType keys, ElementType values) {
        boolean isSupported = keys == ElementType.INT64 && values == ElementType.STRING
                || keys == ElementType.STRING && values == ElementType.INT64;
        if (!isSupported) {
            throw p.unsupported("entries from " + keys + " to " + values
                    + ", supported are INT64 to STRING and STRING to INT64");
        }
    }

    /// A key that can be compared: strings as text with one char a byte.
    private static Object key(Memory memory, Slot slot, int index) {
        return entry(memory, slot, index) instanceof byte[] text
                ? new String(text, StandardCharsets.ISO_8859_1)
                : memory.longs(slot)[memory.offset(slot) + index];
    }

    private static Object entry(Memory memory, Slot slot, int index) {
        return slot.type() == ElementType.STRING
                ? memory.strings(slot)[memory.offset(slot) + index]
                : (Object) memory.longs(slot)[memory.offset(slot) + index];
    }

    private static Resources.HashTable table(Memory memory, Slot handle, String where) {
        int number = memory.ints(handle)[memory.offset(handle)];
        Resources.HashTable table = memory.resources().table(number);
        if (table == null) {
            throw new MalformedModelException(where + "uses hash table " + number + ", which does not exist");
        }
        return table;
    }

    private static Resources.HashTable table(Memory memory, Slot handle, String where, ElementType keys,
            ElementType values) {
        Resources.HashTable table = table(memory, handle, where);
        if (table.keyType() != keys || table.valueType() != values) {
            throw new MalformedModelException(where + "hash table maps " + table.keyType() + " to "
                    + table.valueType() + ", expected " + keys + " to " + values);
        }
        return table;
    }
}

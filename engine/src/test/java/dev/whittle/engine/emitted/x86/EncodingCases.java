package dev.whittle.engine.emitted.x86;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Instructions with operands drawn at random, the same every time: for each method of [Assembler] and each choice of
/// widths that it accepts, low and high registers, masks, memory of every kind of address, broadcasts.
///
/// `main` prints their texts, for `testdata/emitted/assemble.py`.
final class EncodingCases {
    private static final long SEED = 20;

    /// Rounds over all kinds and widths; more where a method has few of them.
    private static final int ROUNDS = 2;
    private static final int MOST_ROUNDS = 12;
    private static final int ENOUGH = 20;

    /// Methods that are no instructions, and the branches, which need more than one.
    private static final Set<String> NO_INSTRUCTIONS =
            Set.of("code", "size", "listing", "label", "bind", "align", "jmp",
                    "jcc");

    /// What a case is about; operands that cannot be so make no case.
    private enum Kind {
        LOW_REGISTERS, HIGH_REGISTERS, MASKED, ZEROED, MEMORY, MEMORY_MASKED, BROADCAST
    }

    private Random random = new Random(SEED);
    private final Map<String, String> cases = new LinkedHashMap<>();
    private final Map<String, Integer> casesByMethod = new LinkedHashMap<>();

    EncodingCases() {
        Stream.of(Assembler.class.getDeclaredMethods())
                .filter(m -> Modifier.isPublic(m.getModifiers()))
                .filter(m -> !NO_INSTRUCTIONS.contains(m.getName()))
                .sorted(Comparator.comparing(Method::toString))
                .forEach(method -> {
                    // Of its own, so that another method changes no case of this one.
                    random = new Random(SEED + method.toString().hashCode());
                    for (int round = 0; round < ROUNDS || round < MOST_ROUNDS && cases(method) < ENOUGH; round++) {
                        draw(method);
                    }
                });
        branches();
    }

    /// Text to bytes in hexadecimal, in the order drawn.
    Map<String, String> hexByText() {
        return cases;
    }

    Map<String, Integer> countByMethod() {
        return casesByMethod;
    }

    public static void main(String[] arguments) {
        new EncodingCases().hexByText().keySet().forEach(System.out::println);
    }

    private int cases(Method method) {
        return casesByMethod.getOrDefault(method.toString(), 0);
    }

    private void draw(Method method) {
        casesByMethod.putIfAbsent(method.toString(), 0);
        Parameter[] parameters = method.getParameters();
        boolean vectors = Stream.of(parameters).anyMatch(p -> p.getType() == Vector.class);
        if (!vectors) {
            for (int i = 0; i < (parameters.length == 0 ? 1 : 12); i++) {
                draw(method, i % 3 == 2 ? Kind.MEMORY : Kind.LOW_REGISTERS, new int[parameters.length]);
            }
            return;
        }
        int choices = (int) Math.pow(3, Stream.of(parameters).filter(p -> isVector(p.getType())).count());
        for (int choice = 0; choice < choices; choice++) {
            int[] bits = new int[parameters.length];
            int rest = choice;
            for (int i = 0; i < bits.length; i++) {
                if (isVector(parameters[i].getType())) {
                    bits[i] = 128 << rest % 3;
                    rest /= 3;
                }
            }
            for (Kind kind : Kind.values()) {
                draw(method, kind, bits);
            }
        }
    }

    private static boolean isVector(Class<?> type) {
        return type == Vector.class || type == VectorSource.class;
    }

    private void draw(Method method, Kind kind, int[] bits) {
        Parameter[] parameters = method.getParameters();
        Object[] arguments = new Object[parameters.length];
        boolean memory = kind.compareTo(Kind.MEMORY) >= 0;
        boolean hasMemory = false;
        for (int i = 0; i < arguments.length; i++) {
            Class<?> type = parameters[i].getType();
            boolean inMemory =
                    type == Address.class || memory && (type == VectorSource.class || type == IntegerSource.class);
            hasMemory |= inMemory;
            arguments[i] = inMemory ? address(kind, i == 0) : value(parameters[i], method, kind, bits[i], i == 0);
        }
        // Only what the kind names, and one choice of width for what has none.
        if (memory && !hasMemory || hasMemory && !memory && kind != Kind.LOW_REGISTERS) {
            return;
        }
        for (int i = 0; i < arguments.length; i++) {
            if (arguments[i] instanceof Address && bits[i] > 128) {
                return;
            }
        }
        Assembler assembler = new Assembler();
        try {
            method.invoke(assembler, arguments);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof IllegalArgumentException) {
                return;
            }
            throw new IllegalStateException(method + " with " + List.of(arguments), e.getCause());
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
        casesByMethod.merge(method.toString(), 1, Integer::sum);
        put(assembler);
    }

    private Object value(Parameter parameter, Method method, Kind kind, int bits, boolean destination) {
        Class<?> type = parameter.getType();
        if (isVector(type)) {
            boolean low = kind == Kind.LOW_REGISTERS || kind == Kind.MEMORY && random.nextBoolean();
            Vector vector = Vector.of(random.nextInt(low ? 16 : 32), bits);
            return switch (kind) {
                case MASKED, MEMORY_MASKED -> destination ? vector.masked(selecting()) : vector;
                case ZEROED -> destination ? vector.zeroed(selecting()) : vector;
                case LOW_REGISTERS, HIGH_REGISTERS, MEMORY, BROADCAST -> vector;
            };
        }
        if (type == Gpr.class || type == IntegerSource.class) {
            return gpr();
        }
        if (type == Mask.class) {
            return Mask.values()[random.nextInt(8)];
        }
        if (type == Prefix.class) {
            return kind == Kind.LOW_REGISTERS ? Prefix.VEX : Prefix.EVEX;
        }
        if (type == Condition.class) {
            return Condition.values()[random.nextInt(16)];
        }
        if (type == long.class) {
            return random.nextLong() >> random.nextInt(64);
        }
        return switch (parameter.getName()) {
            case "predicate" -> random.nextInt(8);
            case "position" -> random.nextInt(2);
            case "count" -> 1 + random.nextInt(31) % (1 + random.nextInt(31));
            default -> method.getName().startsWith("v") ? random.nextInt(256) : random.nextInt() >> random.nextInt(32);
        };
    }

    private Mask selecting() {
        return Mask.values()[1 + random.nextInt(7)];
    }

    private Gpr gpr() {
        return Gpr.values()[random.nextInt(16)];
    }

    private Address address(Kind kind, boolean destination) {
        Gpr base = gpr();
        if (random.nextInt(3) == 0) {
            base = List.of(Gpr.RSP, Gpr.RBP, Gpr.R12, Gpr.R13).get(random.nextInt(4));
        }
        Address address = Address.of(base);
        if (random.nextInt(3) == 0) {
            Gpr index = gpr();
            if (index != Gpr.RSP) {
                address = address.index(index, 1 << random.nextInt(4));
            }
        }
        int unit = 1 << random.nextInt(7);
        address = address.plus(switch (random.nextInt(7)) {
            case 0 -> 0;
            case 1 -> random.nextInt(256) - 128;
            case 2 -> unit * (random.nextInt(256) - 128);
            case 3 -> unit * 127;
            case 4 -> unit * -128;
            case 5 -> unit * (random.nextBoolean() ? 128 : -129);
            default -> random.nextInt();
        });
        if (kind == Kind.BROADCAST && !destination) {
            return address.broadcast();
        }
        return kind == Kind.MEMORY_MASKED && destination ? address.masked(selecting()) : address;
    }

    /// Labels before and behind, at the edges of what one byte reaches.
    private void branches() {
        for (Condition condition : Condition.values()) {
            Assembler assembler = new Assembler();
            Label back = assembler.label();
            Label on = assembler.label();
            assembler.bind(back);
            assembler.jcc(condition, on);
            assembler.jcc(condition, back);
            assembler.bind(on);
            put(assembler);
        }
        for (int distance = 124; distance < 130; distance++) {
            put(loop(distance, null));
            put(loop(distance, Condition.NE));
        }
        Assembler nested = new Assembler();
        Label end = nested.label();
        Label outer = nested.label();
        Label inner = nested.label();
        nested.jmp(end);
        nested.bind(outer);
        nested.bind(inner);
        nested.sub(Gpr.RAX, 1);
        nested.jcc(Condition.NE, inner);
        nested.jcc(Condition.E, end);
        nested.jmp(outer);
        nested.bind(end);
        nested.align(16);
        nested.ret();
        put(nested);
    }

    /// So many bytes between a label and the jump to it.
    private static Assembler loop(int distance, @Nullable Condition condition) {
        Assembler assembler = new Assembler();
        Label label = assembler.label();
        assembler.bind(label);
        assembler.align(64);
        for (int i = 0; i < distance / 10; i++) {
            assembler.mov(Gpr.RAX, Long.MIN_VALUE);
        }
        for (int i = 0; i < distance % 10; i++) {
            assembler.nop();
        }
        if (condition == null) {
            assembler.jmp(label);
        } else {
            assembler.jcc(condition, label);
        }
        return assembler;
    }

    private void put(Assembler assembler) {
        List<String> lines = new ArrayList<>();
        assembler.listing().forEach(line -> lines.add(line.text()));
        cases.put(String.join("; ", lines), HexFormat.of().formatHex(assembler.code()));
    }
}

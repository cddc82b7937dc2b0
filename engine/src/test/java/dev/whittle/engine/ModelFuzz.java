package dev.whittle.engine;

import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.ModelLimits;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.engine.plan.PlanOptions;
import dev.whittle.engine.schema.ModelReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/// Reads, plans and runs a file once on zeros within small limits: what every file, however broken, must come through.
/// The entry point of the fuzzer, and of the tests that keep what it found.
public final class ModelFuzz {
    /// Small enough that a run within them is over in a moment.
    static final ModelLimits LIMITS = ModelLimits.defaults().withMaxBytes(1 << 24).withMaxElements(1 << 18)
            .withMaxOperators(1 << 12).withMaxLoopIterations(1 << 8).withMaxTime(Duration.ofSeconds(2))
            .withMaxMultiplications(1 << 22);

    private static final PlanOptions OPTIONS = PlanOptions.defaults().withLimits(LIMITS);
    private static final String NAME = "fuzzed.tflite";
    /// Beyond the tensors of a plan, which the limit is about: packed weights, constants as arrays, plans for several
    /// shapes, and the model itself.
    private static final long MAX_ALLOCATED_BYTES = 8 * LIMITS.maxBytes();
    private static final Duration MAX_ELAPSED = LIMITS.maxTime().multipliedBy(5);
    private static final int MAX_SEED_BYTES = 1 << 13;
    /// Numbers that break things, for a field of four bytes.
    private static final int[] NUMBERS =
            {0, 1, -1, 2, 3, 4, 5, 8, 16, 99, 127, 128, 255, 256, 500, 65535, 65536, 1 << 20,
                1 << 24, 1 << 30, Integer.MAX_VALUE, Integer.MIN_VALUE, 0x7fc00000, 0x7f800000, 0x3f800000, 0x00800000};

    private static final com.sun.management.ThreadMXBean THREADS = (com.sun.management.ThreadMXBean) ManagementFactory
            .getThreadMXBean();

    private ModelFuzz() {}

    /// Models that the fuzzer begins with, loaded when it does.
    private static final class Seeds {
        static final List<byte[]> MODELS = load();

        private Seeds() {}

        private static List<byte[]> load() {
            List<byte[]> models = new ArrayList<>();
            Path corpus = Path.of(System.getProperty("whittle.root"), "testdata", "conformance");
            try (Stream<Path> files = Files.walk(corpus)) {
                for (Path path : files.filter(file -> file.endsWith("model.tflite")).sorted().toList()) {
                    if (Files.size(path) <= MAX_SEED_BYTES) {
                        models.add(Files.readAllBytes(path));
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return models;
        }
    }

    /// Called by the fuzzer with edits to a model of the corpus: two bytes for the model, then four for each edit. Edits in
    /// place leave more of a model standing than bytes put in or taken out, and so reach further. A file that fails is
    /// kept in the folder that `whittle.fuzz.found` names.
    public static void fuzzerTestOneInput(byte[] input) {
        byte[] file = edited(input);
        try {
            isRefused(file);
        } catch (RuntimeException | Error e) {
            keep(file);
            throw e;
        }
    }

    private static byte[] edited(byte[] input) {
        ByteBuffer edits = ByteBuffer.wrap(input).order(ByteOrder.LITTLE_ENDIAN);
        int seed = edits.remaining() < Short.BYTES ? 0 : Short.toUnsignedInt(edits.getShort());
        byte[] model = Seeds.MODELS.get(seed % Seeds.MODELS.size()).clone();
        ByteBuffer bytes = ByteBuffer.wrap(model).order(ByteOrder.LITTLE_ENDIAN);
        while (edits.remaining() >= Integer.BYTES) {
            int position = Short.toUnsignedInt(edits.getShort()) % model.length;
            int kind = edits.get();
            byte value = edits.get();
            int field = Math.min(position & -Integer.BYTES, model.length - Integer.BYTES);
            int other = Math.clamp(field + (long) value * Integer.BYTES, 0, model.length - Integer.BYTES);
            switch (Math.floorMod(kind, 5)) {
                case 0 -> bytes.put(position, value);
                case 1 -> bytes.put(position, (byte) (bytes.get(position) ^ 1 << (value & 7)));
                case 2 -> bytes.putInt(field, NUMBERS[Byte.toUnsignedInt(value) % NUMBERS.length]);
                case 3 -> bytes.putInt(field, bytes.getInt(field) + value);
                default -> bytes.putInt(field, bytes.getInt(other));
            }
        }
        return model;
    }

    private static void keep(byte[] file) {
        String folder = System.getProperty("whittle.fuzz.found");
        if (folder != null) {
            try {
                Path path = Path.of(folder, "found-" + Integer.toHexString(Arrays.hashCode(file)) + ".tflite");
                Files.write(Files.createDirectories(path.getParent()).resolve(path.getFileName()), file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /// True when the file is refused with one of the two exceptions for models, false when it runs.
    ///
    /// @throws AssertionError when it is neither, or costs more than the limits
    static boolean isRefused(byte[] file) {
        try {
            return isRefusedAtItsCost(file);
        } catch (CostException first) {
            // The first of its kind may pay for classes that are loaded and compiled; the second may not.
            try {
                return isRefusedAtItsCost(file);
            } catch (CostException second) {
                throw new AssertionError(second.getMessage(), second);
            }
        }
    }

    private static final class CostException extends Exception {
        private static final long serialVersionUID = 1L;

        CostException(String message) {
            super(message);
        }
    }

    private static boolean isRefusedAtItsCost(byte[] file) throws CostException {
        long allocatedBefore = THREADS.getCurrentThreadAllocatedBytes();
        long start = System.nanoTime();
        boolean isRefused = false;
        try {
            Model model = ModelReader.read(NAME, ByteBuffer.wrap(file), LIMITS);
            try (Interpreter interpreter = Interpreter.of(model, OPTIONS)) {
                interpreter.invoke();
            }
        } catch (MalformedModelException | UnsupportedModelException e) {
            requireOneLine(String.valueOf(e.getMessage()));
            isRefused = true;
        }
        Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
        long allocated = THREADS.getCurrentThreadAllocatedBytes() - allocatedBefore;
        if (allocated > MAX_ALLOCATED_BYTES) {
            throw new CostException(allocated + " bytes allocated, must be at most " + MAX_ALLOCATED_BYTES);
        }
        if (elapsed.compareTo(MAX_ELAPSED) > 0) {
            throw new CostException(elapsed + " taken, must be at most " + MAX_ELAPSED);
        }
        return isRefused;
    }

    private static void requireOneLine(String message) {
        if (!message.startsWith("[" + NAME + "]") || message.contains("\n") || message.length() > 1100) {
            throw new AssertionError("message must be one readable line that names the file: " + message);
        }
    }
}

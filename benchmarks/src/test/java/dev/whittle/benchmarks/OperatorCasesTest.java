package dev.whittle.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.engine.kernel.KernelRegistry;
import dev.whittle.engine.model.OperatorCode;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// No operator is registered without a case: a model of the corpus in `testdata/conformance` that uses it, or a test of
/// the engine that builds one. It stands here because the engine's tests are compiled by then.
class OperatorCasesTest {
    private static final Path ROOT = Path.of(System.getProperty("whittle.root"));
    private static final String OPTIONS = "dev/whittle/engine/model/Options$";
    private static final Pattern NAME = Pattern.compile("\"([A-Z][A-Z0-9_]+)\"");

    @Test
    void everyRegisteredOperatorHasACase() throws IOException {
        Set<String> corpus = namesInCorpus();
        Set<String> tests = constantsOfTests();
        List<OperatorCode> without = Arrays.stream(OperatorCode.values())
                .filter(code -> KernelRegistry.of(code) != null)
                .filter(code -> !corpus.contains(code.name()) && !tests.contains(code.name())
                        && !tests.contains(plain(code.name())))
                .toList();
        assertThat(without)
                .as("operators in KernelRegistry that neither testdata/conformance nor a test of engine uses")
                .isEmpty();
    }

    private static Set<String> namesInCorpus() throws IOException {
        Set<String> names = new HashSet<>();
        NAME.matcher(Files.readString(ROOT.resolve("testdata/conformance/manifest.json"))).results()
                .forEach(match -> names.add(match.group(1)));
        return names;
    }

    /// The constants of the engine's test classes: names of enum constants as they are, and the records of options as
    /// [#plain] names.
    private static Set<String> constantsOfTests() throws IOException {
        Set<String> constants = new HashSet<>();
        try (Stream<Path> files = Files.walk(ROOT.resolve("engine/target/test-classes"))) {
            for (Path file : (Iterable<Path>) files.filter(f -> f.toString().endsWith(".class"))::iterator) {
                for (PoolEntry entry : ClassFile.of().parse(file).constantPool()) {
                    if (entry instanceof Utf8Entry text) {
                        String value = text.stringValue();
                        constants.add(value.startsWith(OPTIONS) ? plain(value.substring(OPTIONS.length())) : value);
                    }
                }
            }
        }
        return constants;
    }

    /// A name without case and underscores, in which `Conv2d` and `CONV_2D` are alike.
    private static String plain(String name) {
        return name.replace("_", "").toLowerCase(Locale.ROOT);
    }
}

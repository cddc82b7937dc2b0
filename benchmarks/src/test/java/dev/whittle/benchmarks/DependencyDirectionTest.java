package dev.whittle.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.lang.constant.ClassDesc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Holds the compiled classes of all modules to the directions drawn in `docs/ARCHITECTURE.md`. It stands in the last
/// module because all others are compiled by then.
class DependencyDirectionTest {
    /// Each may use all that stand left of it.
    private static final List<String> MODULES = List.of("engine", "trainer", "converter", "quantizer", "cli",
            "benchmarks");

    /// Each package of engine with those it may use; the root package is the empty name.
    private static final Map<String, Set<String>> ENGINE_PACKAGES = Map.of(
            "model", Set.of(),
            "file", Set.of(),
            "npy", Set.of("model", "file"),
            "emitted/x86", Set.of("kernel"),
            "emitted", Set.of("model", "file", "kernel", "emitted/x86"),
            "schema", Set.of("model"),
            "kernel", Set.of("model"),
            "plan", Set.of("model", "kernel"),
            "", Set.of("model", "schema", "kernel", "plan"));

    /// A name of ours, as class files spell it: module, then the package below the module's root with a closing slash.
    private static final Pattern NAME = Pattern.compile("dev/whittle/([a-z0-9_]+)/((?:[a-z0-9_]+/)*)[A-Za-z]");

    private static final Pattern UNTELLING_NAME = Pattern.compile(".*(Util|Utils|Manager|Helper|Helpers|Common)");

    @Test
    void everyModuleHasClassesToCheck() {
        for (String module : MODULES) {
            assertThat(classesOf(module)).as("class files of " + module)
                    .anyMatch(c -> !c.thisClass().asInternalName().endsWith("/package-info"));
        }
    }

    @Test
    void dependenciesPointOneWay() {
        assertThat(MODULES.stream().flatMap(module -> classesOf(module).stream().flatMap(c -> wrongArrows(module, c))))
                .isEmpty();
    }

    @Test
    void noClassIsNamedForWhatItIsNot() {
        assertThat(MODULES.stream().flatMap(module -> classesOf(module).stream())
                .map(c -> c.thisClass().asInternalName())
                .filter(name -> Stream.of(name.split("[/$]")).anyMatch(UNTELLING_NAME.asMatchPredicate())))
                .isEmpty();
    }

    @Test
    void arrowBetweenModulesDrawnTheWrongWayIsFound() {
        ClassModel wrong = classWithField("dev.whittle.engine.model.Model", "dev.whittle.trainer.network.Network");
        assertThat(wrongArrows("engine", wrong))
                .containsExactly("engine: dev/whittle/engine/model/Model uses trainer");
        assertThat(wrongArrows("trainer", wrong)).isEmpty();
    }

    @Test
    void arrowBetweenPackagesOfEngineDrawnTheWrongWayIsFound() {
        assertThat(wrongArrows("engine",
                classWithField("dev.whittle.engine.kernel.Conv2d", "dev.whittle.engine.plan.Plan")))
                .containsExactly("engine: dev/whittle/engine/kernel/Conv2d uses package plan");
        assertThat(
                wrongArrows("engine", classWithField("dev.whittle.engine.plan.Plan", "dev.whittle.engine.Interpreter")))
                .containsExactly("engine: dev/whittle/engine/plan/Plan uses the root package");
        assertThat(wrongArrows("engine",
                classWithField("dev.whittle.engine.plan.Plan", "dev.whittle.engine.kernel.Conv2d")))
                .isEmpty();
    }

    @Test
    void packageOfEngineWithoutAPlaceInTheOrderIsFound() {
        assertThat(wrongArrows("engine", classWithField("dev.whittle.engine.extra.Thing", "java.lang.String")))
                .containsExactly("engine: dev/whittle/engine/extra/Thing is in a package without a place in the order");
    }

    /// Every name that a class file mentions, be it in code, in a descriptor, a signature or an annotation, is one of its
    /// UTF-8 constants.
    private static Stream<String> wrongArrows(String module, ClassModel classModel) {
        String name = classModel.thisClass().asInternalName();
        Set<String> findings = new TreeSet<>();
        for (PoolEntry entry : classModel.constantPool()) {
            if (entry instanceof Utf8Entry text) {
                NAME.matcher(text.stringValue()).results()
                        .map(used -> finding(module, name, used))
                        .filter(finding -> !finding.isEmpty())
                        .forEach(finding -> findings.add(module + ": " + name + " " + finding));
            }
        }
        return findings.stream();
    }

    private static String finding(String module, String name, MatchResult used) {
        String usedModule = used.group(1);
        if (MODULES.indexOf(usedModule) > MODULES.indexOf(module)) {
            return "uses " + usedModule;
        }
        if (!module.equals("engine")) {
            return "";
        }
        String own = packageOf(NAME.matcher(name).results().findFirst().orElseThrow());
        String other = packageOf(used);
        Set<String> allowed = ENGINE_PACKAGES.get(own);
        if (allowed == null) {
            return "is in a package without a place in the order";
        }
        if (own.equals(other) || allowed.contains(other)) {
            return "";
        }
        return other.isEmpty() ? "uses the root package" : "uses package " + other;
    }

    /// The package below the module's root, empty for the root itself.
    private static String packageOf(MatchResult name) {
        return name.group(2).isEmpty() ? "" : name.group(2).substring(0, name.group(2).length() - 1);
    }

    private static List<ClassModel> classesOf(String module) {
        Path root = Path.of(System.getProperty("whittle.root"), module, "target", "classes");
        List<ClassModel> classes = new ArrayList<>();
        if (!Files.isDirectory(root)) {
            return classes;
        }
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : (Iterable<Path>) files.filter(f -> f.toString().endsWith(".class"))::iterator) {
                classes.add(ClassFile.of().parse(file));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return classes;
    }

    private static ClassModel classWithField(String name, String fieldType) {
        ClassFile format = ClassFile.of();
        return format.parse(format.build(ClassDesc.of(name), c -> c.withField("field", ClassDesc.of(fieldType), 0)));
    }
}

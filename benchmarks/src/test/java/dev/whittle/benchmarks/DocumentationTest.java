package dev.whittle.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Documentation names only files that exist.
class DocumentationTest {
    private static final Path ROOT = Path.of(System.getProperty("whittle.root"));

    private static final Pattern LINK = Pattern.compile("]\\(([^)#\\s]+)(?:#[^)]*)?\\)");
    private static final Pattern CODE = Pattern.compile("`([\\w.-]+(?:/[\\w.-]+)*/?)`");
    private static final Pattern FENCED = Pattern.compile("(?ms)^```.*?^```$");

    @Test
    void everyFileNamedInTheDocumentationExists() throws IOException {
        List<Path> documents = documents();
        List<String> missing = new ArrayList<>();
        int named = 0;
        for (Path document : documents) {
            Set<Path> files = namedFiles(document, Files.readString(document));
            named += files.size();
            files.stream().filter(file -> !Files.exists(file))
                    .map(file -> ROOT.relativize(document) + " names " + ROOT.relativize(file.normalize()))
                    .forEach(missing::add);
        }
        assertThat(missing).isEmpty();
        assertThat(named).as("files named in " + documents).isPositive();
    }

    @Test
    void linksAndPathsInCodeSpansAreRead() {
        assertThat(namedFiles(ROOT.resolve("README.md"), """
                [a](LICENSE), [b](https://example.org/x), [c](#part), `engine/pom.xml`, `no/such/folder`, `docs/none.md`

                ```
                `docs/in-a-block.md`
                ```
                """)).containsExactlyInAnyOrder(ROOT.resolve("LICENSE"), ROOT.resolve("engine/pom.xml"),
                ROOT.resolve("docs/none.md"));
    }

    private static List<Path> documents() throws IOException {
        try (Stream<Path> top = Files.list(ROOT); Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
            return Stream.concat(top, docs).filter(file -> file.toString().endsWith(".md")).sorted().toList();
        }
    }

    /// Relative links, seen from the folder of the document, and code spans that begin with a top-level folder.
    private static Set<Path> namedFiles(Path document, String markdown) {
        String prose = FENCED.matcher(markdown).replaceAll("");
        Stream<Path> links = LINK.matcher(prose).results().map(link -> link.group(1))
                .filter(target -> !target.contains(":"))
                .map(document::resolveSibling);
        Stream<Path> spans = CODE.matcher(prose).results().map(span -> Path.of(span.group(1)))
                .filter(path -> path.getNameCount() > 1 && !path.startsWith(".."))
                .filter(path -> Files.isDirectory(ROOT.resolve(path.getName(0))) && !path.toString().contains("target"))
                .map(ROOT::resolve);
        return Stream.concat(links, spans).collect(Collectors.toSet());
    }
}

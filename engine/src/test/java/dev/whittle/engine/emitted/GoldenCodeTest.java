package dev.whittle.engine.emitted;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// Code is a function of the shape alone: the same bytes in each JVM, on each machine, and each time.
class GoldenCodeTest {
    @Test
    void codeIsThatOfTheGoldens() throws IOException {
        Path goldens = Path.of(System.getProperty("whittle.root"), "testdata", "emitted", "code.tsv");

        assertThat(GoldenCode.lines()).as("where code changed on purpose, GoldenCode writes %s", goldens)
                .isEqualTo(Files.readString(goldens));
        assertThat(GoldenCode.lines()).isEqualTo(GoldenCode.lines());
    }
}

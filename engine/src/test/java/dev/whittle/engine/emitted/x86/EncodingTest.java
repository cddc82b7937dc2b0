package dev.whittle.engine.emitted.x86;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// The bytes of every instruction against those that the GNU assembler made of its listing, which `assemble.py` keeps in
/// `testdata/emitted/encodings.tsv`.
class EncodingTest {
    private static final Path GOLDENS = Path.of(System.getProperty("whittle.root"), "testdata", "emitted",
            "encodings.tsv");

    @Test
    void bytesAreThoseOfTheGnuAssemblerForTheListing() throws IOException {
        Map<String, String> goldens = new LinkedHashMap<>();
        for (String line : Files.readAllLines(GOLDENS)) {
            String[] columns = line.split("\t", 2);
            goldens.put(columns[1], columns[0]);
        }

        assertThat(EncodingCases.drawn()).containsExactlyEntriesOf(goldens);
    }

    @Test
    void everyInstructionHasCases() {
        assertThat(EncodingCases.countsByMethod()).hasSizeGreaterThan(200)
                .allSatisfy((method, count) -> assertThat(count).as(method).isPositive());
    }
}

package dev.whittle.engine.emitted.x86;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// The bytes of every instruction against those that the GNU assembler made of its listing, which `assemble.py` keeps in
/// `testdata/emitted/encodings.tsv`.
class EncodingTest {
    private static final Path GOLDENS = Path.of(System.getProperty("whittle.root"), "testdata", "emitted",
            "encodings.tsv");

    private static final EncodingCases CASES = new EncodingCases();

    @Test
    void bytesAreThoseOfTheGnuAssemblerForTheListing() throws IOException {
        Map<String, String> goldens = new LinkedHashMap<>();
        for (String line : Files.readAllLines(GOLDENS)) {
            String[] columns = line.split("\t", 2);
            goldens.put(columns[1], columns[0]);
        }

        assertThat(CASES.hexByText().keySet()).as("cases, which assemble.py has to see again where they changed")
                .isEqualTo(goldens.keySet());
        Map<String, String> hexByText = CASES.hexByText();
        assertThat(goldens.entrySet().stream()
                .filter(golden -> !golden.getValue().equals(hexByText.get(golden.getKey())))
                .map(golden -> golden + ", found " + hexByText.get(golden.getKey())))
                .isEmpty();
    }

    @Test
    void everyInstructionHasCases() {
        assertThat(CASES.countByMethod()).hasSizeGreaterThan(200)
                .allSatisfy((method, count) -> assertThat(count).as(method).isPositive());
    }

    @Test
    void casesUseEveryRegisterAndMaskInEveryPlace() {
        String texts = String.join("\n", CASES.hexByText().keySet());
        for (String width : List.of("xmm", "ymm", "zmm")) {
            for (int number = 0; number < 32; number++) {
                String register = width + number;
                assertThat(texts).containsPattern("v\\w+ " + register + "\\b")
                        .containsPattern(", " + register + ",")
                        .containsPattern(", " + register + "(\n|$)");
            }
        }
        for (Gpr register : Gpr.values()) {
            assertThat(texts).containsPattern("\\b" + register + ", ").containsPattern(", " + register + "\n")
                    .containsPattern("\\[" + register + "\\]").containsPattern("\\[" + register + "[+-]");
            if (register != Gpr.RSP) {
                assertThat(texts).containsPattern("\\+" + register + "\\*[1248]");
            }
        }
        for (int mask = 1; mask < 8; mask++) {
            assertThat(texts).containsPattern("mm\\d+\\{k" + mask + "},").contains("{k" + mask + "}{z}")
                    .contains("]{k" + mask + "}");
        }
    }
}

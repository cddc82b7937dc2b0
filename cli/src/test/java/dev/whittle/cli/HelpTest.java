package dev.whittle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HelpTest {

    @ParameterizedTest
    @ValueSource(strings = {"demo", "data", "train", "convert", "quantize", "evaluate", "run", "bench", "inspect",
        "operators",
        "explain",
        "report", "sweep", "trace", "sensitivity", "what-if", "diff", "lint", "edgetpu", "micro", "conformance",
        "compress"})
    void everyCommandHelpsWithAnExample(String command) {
        Run run = Run.of(command, "--help");

        assertThat(run.code()).isZero();
        assertThat(run.err()).isEmpty();
        // Columns are as wide as their widest cell.
        assertThat(run.out().replaceAll(" +", " ")).contains("Usage: whittle " + command)
                .containsSubsequence("Exit codes:", "0 done", "1 failed", "2 wrong usage", "Example:",
                        " whittle " + command);
    }

    @Test
    void versionIsOneLine() {
        Run run = Run.of("--version");

        assertThat(run.code()).isZero();
        assertThat(run.out()).startsWith("whittle ").hasLineCount(1);
    }
}

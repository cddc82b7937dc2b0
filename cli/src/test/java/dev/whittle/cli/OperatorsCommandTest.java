package dev.whittle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class OperatorsCommandTest {
    private static final Path PAGE = Path.of(System.getProperty("whittle.root"), "docs", "OPERATORS.md");

    @Test
    void thePageInTheDocumentationIsThatOfTheRegistry() throws IOException {
        String page = Run.of("operators", "--markdown").out();
        assertThat(page)
                .as("docs/OPERATORS.md, made by ./whittle operators --markdown > docs/OPERATORS.md")
                .isEqualTo(Files.readString(PAGE));
    }

    @Test
    void partOfANamePicksOperators() {
        Run run = Run.of("operators", "depthwise");
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("DEPTHWISE_CONV_2D").doesNotContain("RESHAPE");
    }

    @Test
    void nameThatNoOperatorHasIsAnError() {
        assertThat(Run.of("operators", "convolute"))
                .isEqualTo(Run.failed("whittle: no operator of the schema has \"convolute\" in its name"));
    }
}

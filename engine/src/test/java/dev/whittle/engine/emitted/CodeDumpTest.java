package dev.whittle.engine.emitted;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.whittle.engine.kernel.MachineCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CodeDumpTest {
    private static final String GRANTED = "--enable-native-access=ALL-UNNAMED";

    @TempDir Path folder;

    @BeforeEach
    void needsTheTier() {
        assumeThat(MachineCode.installed()).as("machine code for this system and processor").isNotNull();
    }

    @Test
    void everyKernelIsThereWithItsAddressListingAndOperator() throws IOException, InterruptedException {
        Path dump = folder.resolve("new/dump");
        ForkedJvm.run(RefusalTest.class, List.of(GRANTED, "-Dwhittle.emitted.dump=" + dump));

        List<Path> indices;
        try (Stream<Path> files = Files.list(dump)) {
            indices = files.filter(file -> file.getFileName().toString().matches("code-[0-9]+\\.tsv")).toList();
        }
        List<String> lines = Files.readAllLines(indices.getFirst());
        assertThat(indices).hasSize(1);
        assertThat(lines.getFirst()).isEqualTo("address\tbytes\thash\toperator");
        assertThat(lines).hasSizeGreaterThan(6);
        for (String line : lines.subList(1, lines.size())) {
            String[] columns = line.split("\t");
            assertThat(Long.decode(columns[0]) % 4096).as(line).isZero();
            byte[] code = Files.readAllBytes(dump.resolve(columns[2] + ".bin"));
            assertThat(code).as(line).hasSize(Integer.parseInt(columns[1]));
            assertThat(CodeDump.hash(code)).isEqualTo(columns[2]);
            assertThat(columns[3]).matches("\\[convolution.tflite] CONV_2D #0 \"(sums|pooled)\"");
            List<String> listing = Files.readAllLines(dump.resolve(columns[2] + ".txt"));
            assertThat(listing.getFirst()).startsWith("00000  ");
            assertThat(listing.getLast()).startsWith("%05x  c3 ".formatted(code.length - 1)).endsWith("ret");
        }
    }

    @Test
    void folderThatCannotBeWrittenIsALineInTheLog() throws IOException, InterruptedException {
        Path file = Files.createFile(folder.resolve("file"));

        List<String> lines = ForkedJvm.run(RefusalTest.class, List.of(GRANTED, "-Dwhittle.emitted.dump=" + file));

        assertThat(lines).anyMatch(line -> line.startsWith("reals 6"));
        assertThat(lines).anyMatch(line -> line.startsWith(
                "WARNING: -Dwhittle.emitted.dump=" + file + ": cannot write code there: "));
    }
}

package dev.whittle.engine.emitted;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.engine.emitted.RandomConvolution.Planned;
import dev.whittle.engine.emitted.x86.Assembler;
import dev.whittle.engine.emitted.x86.ConvolutionCode;
import dev.whittle.engine.emitted.x86.DepthwiseCode;
import dev.whittle.engine.emitted.x86.DepthwiseLayout;
import dev.whittle.engine.emitted.x86.VectorUnit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Code is a function of the shape alone: the same bytes in each JVM, on each machine, and each time.
class GoldenCodeTest {
    private static final int SHAPES = 500;
    /// The first byte of such instructions; those of masks have names with k.
    private static final String EVEX = "62";

    @Test
    void codeIsThatOfTheGoldens() throws IOException {
        Path goldens = Path.of(System.getProperty("whittle.root"), "testdata", "emitted", "code.tsv");

        assertThat(GoldenCode.lines()).as("where code changed on purpose, GoldenCode writes %s", goldens)
                .isEqualTo(Files.readString(goldens));
        assertThat(GoldenCode.lines()).isEqualTo(GoldenCode.lines());
    }

    /// Which a processor that has AVX-512 as well would run without a word.
    @Test
    void codeOf256BitsHasNoInstructionOfAvx512() {
        List<Planned> all = RandomConvolution.planned(SHAPES, VectorUnit.AVX2);
        assertThat(all).hasSizeGreaterThan(SHAPES / 2);
        for (Planned planned : all) {
            for (ConvolutionPart part : planned.parts()) {
                assertIsOfAvx2(ConvolutionCode.write(part.layout()));
            }
        }
        for (int seed = 0; seed < SHAPES; seed++) {
            DepthwiseLayout layout =
                    PackedDepthwise.layout(RandomConvolution.depthwise(new Random(seed)), VectorUnit.AVX2);
            if (layout != null) {
                assertIsOfAvx2(DepthwiseCode.write(layout));
            }
        }
    }

    private static void assertIsOfAvx2(Assembler code) {
        assertThat(code.listing()).noneMatch(line -> line.hex().startsWith(EVEX) || line.text().startsWith("k"));
    }
}

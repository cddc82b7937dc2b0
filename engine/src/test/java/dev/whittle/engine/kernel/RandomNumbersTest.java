package dev.whittle.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.plan.PlanOptions;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Numbers that the reference gives for the same seeds, states, hashes and texts.
class RandomNumbersTest {

    @Test
    void multinomialDrawsTheReferencesNumbersRunAfterRun() {
        OneOperator multinomial = OneOperator.of(new Options.Random(OperatorCode.MULTINOMIAL, 1234, 5678))
                .floats(Shape.of(1, 2), -1.2039728f, -0.35667497f).scalar(10).output(ElementType.INT32);
        int[][] expected = {{1, 0, 1, 0, 1, 1, 1, 1, 1, 1}, {1, 1, 1, 0, 1, 1, 0, 0, 0, 1},
            {0, 1, 1, 0, 1, 1, 1, 1, 0, 1}, {1, 1, 1, 0, 1, 0, 0, 0, 1, 0}};
        try (Interpreter interpreter = multinomial.ready(PlanOptions.defaults())) {
            for (int[] run : expected) {
                interpreter.invoke();
                assertThat(Buffer.wrap(interpreter.output(0).toBytes()).toInts()).containsExactly(run);
            }
        }
    }

    @Test
    void rowsOfLogitsShareOneStream() {
        float[] logits = new float[9];
        float[] shares = {0.1f, 0.2f, 0.7f, 0.2f, 0.3f, 0.5f, 0.1f, 0.1f, 0.8f};
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) Math.log(shares[i]);
        }
        assertThat(OneOperator.of(new Options.Random(OperatorCode.MULTINOMIAL, 1234, 5678))
                .floats(Shape.of(3, 3), logits).scalar(10).output(ElementType.INT64).run().toLongs())
                .containsExactly(2, 1, 2, 1, 2, 2, 2, 2, 2, 2, 2, 2, 0, 2, 2, 2, 2, 1, 1, 2, 2, 2, 1, 2, 2, 1, 2, 2, 2,
                        2);
    }

    private static float[] numbers(OperatorCode code, long seed, int count) {
        return OneOperator.of(new Options.Random(code, seed, 0)).constant(count, 1).output(ElementType.FLOAT32).run()
                .toFloats();
    }

    @Test
    void uniformAndNormalNumbersHaveTheirMomentsAndFollowTheirSeeds() {
        for (OperatorCode code : List.of(OperatorCode.RANDOM_UNIFORM, OperatorCode.RANDOM_STANDARD_NORMAL)) {
            float[] first = numbers(code, 7, 10_001);
            double sum = 0;
            double squares = 0;
            for (float x : first) {
                sum += x;
                squares += (double) x * x;
            }
            double mean = sum / first.length;
            double variance = squares / first.length - mean * mean;
            boolean isUniform = code == OperatorCode.RANDOM_UNIFORM;

            assertThat(mean).isCloseTo(isUniform ? 0.5 : 0, within(0.03));
            assertThat(variance).isCloseTo(isUniform ? 1.0 / 12 : 1, within(0.03));
            assertThat(numbers(code, 7, 10_001)).isEqualTo(first);
            assertThat(numbers(code, 8, 10_001)).isNotEqualTo(first);
            assertThat(numbers(code, 0, 10_001)).isNotEqualTo(numbers(code, 0, 10_001));
        }
    }

    private static List<Buffer> bits(int algorithm, ElementType type, long... state) {
        OneOperator generator = OneOperator.of(new Options.StablehloRngBitGenerator(algorithm))
                .data(ElementType.UINT64, Shape.of(state.length), Buffer.ofLongs(state)).output(ElementType.UINT64);
        return generator.output(type, Shape.of(2, 3)).run(PlanOptions.defaults());
    }

    @Test
    void bitsAreThoseOfTheAlgorithms() {
        for (int philox = 0; philox < 2; philox++) {
            assertThat(bits(philox, ElementType.INT32, 1, 2, 3)).containsExactly(Buffer.ofLongs(1, 4, 3),
                    Buffer.ofInts(-263854262, 1366700262, 495645701, -1243243882, 89414891, 1917262711));
            assertThat(bits(philox, ElementType.UINT64, 1, 2, 3)).containsExactly(Buffer.ofLongs(1, 5, 3),
                    Buffer.ofLongs(5869932932755744586L, -5339691813646437371L, 8234580641674714347L,
                            2641225993340350124L, 1962472297844690804L, -3580856229565614135L));
        }
        assertThat(bits(2, ElementType.UINT32, 1, 2)).containsExactly(Buffer.ofLongs(1, 5),
                Buffer.ofInts(43444564, -2144348869, -315321645, -549236733, 1672743891, -54463903));
        assertThat(bits(2, ElementType.INT64, 1, 2)).containsExactly(Buffer.ofLongs(1, 8),
                Buffer.ofLongs(-9209908263526143660L, -2358953802017238317L, -233920680524772397L,
                        2658481902456610144L, -2022031683723149139L, -2324041912354448873L));
    }

    @Test
    void hashesAreTheReferences() {
        float[] seeds = {0.123f, 0.456f, -0.321f, 1.234f, 5.678f, -4.321f};
        Buffer five = Buffer.ofInts(12345, 54321, 67890, 9876, -12345678);

        assertThat(OneOperator.of(new Options.LshProjection(2)).floats(Shape.of(3, 2), seeds)
                .data(ElementType.INT32, Shape.of(5), five).floats(Shape.of(5), 1, 1, 1, 1, 1)
                .output(ElementType.INT32).run().toInts()).containsExactly(0, 0, 0, 1, 0, 0);
        assertThat(OneOperator.of(new Options.LshProjection(1)).floats(Shape.of(3, 2), seeds)
                .data(ElementType.INT32, Shape.of(5), five).output(ElementType.INT32).run().toInts())
                .containsExactly(0, 4 + 1, 8);
        assertThat(OneOperator.of(new Options.LshProjection(1)).floats(Shape.of(3, 2), seeds)
                .data(ElementType.INT32, Shape.of(5, 2, 2),
                        Buffer.ofInts(1234, 2345, 3456, 1234, 4567, 5678, 6789, 4567, 7891, 8912, 9123, 7890, -987,
                                -876, -765, -987, -543, -432, -321, -543))
                .floats(Shape.of(5), 0.12f, 0.34f, 0.56f, 0.67f, 0.78f).output(ElementType.INT32).run().toInts())
                .containsExactly(2, 4 + 1, 8 + 1);
    }

    private static List<String> grams(int size, int skip, boolean isAll, String text) {
        Buffer packed = OneOperator.of(new Options.SkipGram(size, skip, isAll))
                .data(ElementType.STRING, Shape.of(1), packed(text)).output(ElementType.STRING).run();
        List<String> grams = new ArrayList<>();
        for (int i = 0; i < packed.bytes().getInt(0); i++) {
            int start = packed.bytes().getInt(4 * i + 4);
            int end = packed.bytes().getInt(4 * i + 8);
            grams.add(new String(packed.toBytes(), start, end - start, StandardCharsets.UTF_8));
        }
        return grams;
    }

    /// One string as files have it: count, start and end, characters.
    private static Buffer packed(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        byte[] all = new byte[12 + bytes.length];
        System.arraycopy(Buffer.ofInts(1, 12, 12 + bytes.length).toBytes(), 0, all, 0, 12);
        System.arraycopy(bytes, 0, all, 12, bytes.length);
        return Buffer.of(all);
    }

    @Test
    void gramsSkipUpToSoManyWords() {
        String text = "The quick\t brown fox jumps!";
        assertThat(grams(1, 0, false, text)).containsExactly("The", "quick", "brown", "fox", "jumps!");
        assertThat(grams(2, 0, false, text)).containsExactly("The quick", "quick brown", "brown fox", "fox jumps!");
        assertThat(grams(3, 1, false, "a b c d")).containsExactly("a b c", "a b d", "a c d", "b c d");
        assertThat(grams(2, 0, true, "a b c")).containsExactly("a b", "a", "b c", "b", "c");
        assertThat(grams(9, 0, false, text)).isEmpty();
    }
}

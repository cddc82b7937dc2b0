package dev.whittle.cli.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.npy.NpyArray;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class ToleranceTest {
    private static final float POWER_OF_TWO = 0.000244140625f;

    @Test
    void oneStepInBytesIsTooFarForAnOperatorAndNotForAChain() {
        Difference step = between(bytes(1, 2, 3), bytes(1, 2, 4));

        assertThat(step.within(Tolerance.of("ADD", "int8", 1), ElementType.INT8, true, 0)).isFalse();
        assertThat(step.within(Tolerance.of("FULLY_CONNECTED", "int4", 1), ElementType.INT8, true, 0)).isFalse();
        assertThat(step.within(Tolerance.of("CHAIN", "int8", 1), ElementType.INT8, true, 0)).isTrue();
    }

    @Test
    void kernelsOfTanhPartAtPowersOfTwoOnly() {
        Difference twelve = between(bytes(0), bytes(12));

        assertThat(twelve.within(Tolerance.of("TANH", "int16", POWER_OF_TWO), ElementType.INT16, true, 0)).isTrue();
        assertThat(twelve.within(Tolerance.of("TANH", "int16", 0.0001f), ElementType.INT16, true, 0)).isFalse();
        assertThat(twelve.within(Tolerance.of("LOGISTIC", "int16", POWER_OF_TWO), ElementType.INT16, true, 0))
                .isFalse();
    }

    @Test
    void integersThatAreNotQuantizedAreExact() {
        Difference one = between(bytes(5), bytes(6));

        assertThat(one.within(Tolerance.of("CHAIN", "int8", 1), ElementType.INT8, false, 0)).isFalse();
    }

    @Test
    void stringsAreEqualUpToTheirPadding() {
        NpyArray strings = NpyArray.ofStrings(Shape.of(2), utf8("a\0"), utf8("b"));

        assertThat(between(strings, NpyArray.ofStrings(Shape.of(2), utf8("a"), utf8("b"))).differing()).isZero();
        assertThat(between(strings, NpyArray.ofStrings(Shape.of(2), utf8("a"), utf8("c"))).differing()).isEqualTo(1);
    }

    private static Difference between(NpyArray actual, NpyArray golden) {
        return Objects.requireNonNull(Difference.between(actual, golden));
    }

    private static NpyArray bytes(int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length);
        for (int value : values) {
            bytes.put((byte) value);
        }
        return new NpyArray(ElementType.INT8, Shape.of(values.length), bytes.flip());
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}

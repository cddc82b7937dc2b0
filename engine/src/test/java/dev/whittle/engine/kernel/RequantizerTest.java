package dev.whittle.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class RequantizerTest {

    /// The two roundings, each exact: to the nearest with ties up, then to the nearest with ties away from zero.
    private static int twice(int x, Multiplier multiplier) {
        int left = Math.max(0, multiplier.shift());
        int right = Math.max(0, -multiplier.shift());
        BigDecimal high = new BigDecimal(
                BigInteger.valueOf(x << left).multiply(BigInteger.valueOf(multiplier.multiplier())))
                .divide(BigDecimal.valueOf(1L << 31)).add(new BigDecimal("0.5")).setScale(0, RoundingMode.FLOOR);
        return high.divide(BigDecimal.valueOf(1L << right)).setScale(0, RoundingMode.HALF_UP).intValueExact();
    }

    @Test
    void multiplierRoundsTwiceTiesAwayFromZero() {
        Random random = new Random(3);
        for (int round = 0; round < 20_000; round++) {
            Multiplier multiplier = Multiplier.of(Math.scalb(0.5 + random.nextDouble() / 2, random.nextInt(40) - 32));
            int x = random.nextInt() >> (8 + random.nextInt(20));
            assertThat(multiplier.apply(x)).as("%d times %s", x, multiplier).isEqualTo(twice(x, multiplier));
        }
    }

    @Test
    void tiesOfTheSecondRoundingGoAwayFromZero() {
        Multiplier half = Multiplier.of(0.25);
        assertThat(half.apply(2)).isEqualTo(1);
        assertThat(half.apply(-2)).isEqualTo(-1);
        assertThat(half.apply(6)).isEqualTo(2);
        assertThat(half.apply(-6)).isEqualTo(-2);
    }

    @Test
    void multiplierHoldsTheFactorToThirtyOneBits() {
        Random random = new Random(5);
        for (int round = 0; round < 2_000; round++) {
            double factor = Math.scalb(1 + random.nextDouble(), random.nextInt(58) - 29);
            Multiplier multiplier = Multiplier.of(factor);
            assertThat(Math.scalb((double) multiplier.multiplier(), multiplier.shift() - 31))
                    .isCloseTo(factor, Offset.offset(factor * 0x1p-31));
        }
    }
}

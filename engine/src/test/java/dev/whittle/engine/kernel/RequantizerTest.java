package dev.whittle.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.engine.model.ElementType;
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
    void tiesUpDiffersInNegativeTiesOnly() {
        Multiplier quarter = Multiplier.of(0.25);
        assertThat(Multiplier.applyTiesUp(2, quarter.multiplier(), quarter.shift())).isEqualTo(1);
        assertThat(Multiplier.applyTiesUp(-2, quarter.multiplier(), quarter.shift())).isZero();
        Random random = new Random(7);
        for (int round = 0; round < 20_000; round++) {
            Multiplier multiplier = Multiplier.of(Math.scalb(0.5 + random.nextDouble() / 2, -random.nextInt(12)));
            int x = random.nextInt() >> (16 + random.nextInt(14));
            int up = Multiplier.applyTiesUp(x, multiplier.multiplier(), multiplier.shift());
            int away = multiplier.apply(x);
            assertThat(up - away).as("%d times %s", x, multiplier).isBetween(0, x < 0 ? 1 : 0);
        }
    }

    @Test
    void wideSumsMultiplyBySixteenBitsAndRoundOnce() {
        Random random = new Random(9);
        for (int round = 0; round < 20_000; round++) {
            Multiplier multiplier = Multiplier.of(Math.scalb(0.5 + random.nextDouble() / 2, -10 - random.nextInt(12)));
            long x = random.nextLong() >> (24 + random.nextInt(24));
            long reduced = Math.min(0x7fff, Math.round(multiplier.multiplier() / 65536.0));
            int exact = BigDecimal.valueOf(x).multiply(BigDecimal.valueOf(reduced))
                    .divide(BigDecimal.valueOf(1L << (15 - multiplier.shift()))).add(new BigDecimal("0.5"))
                    .setScale(0, RoundingMode.FLOOR).intValue();
            assertThat(multiplier.applyReduced(x)).as("%d times %s", x, multiplier).isEqualTo(exact);
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

    /// Sums, biases and factors from the middle of their ranges and from the ends, with ties often.
    private static final class Sampler {
        private final Random random = new Random(11);

        double factor() {
            return switch (random.nextInt(8)) {
                case 0 -> 0;
                case 1 -> Math.scalb(1.0, random.nextInt(16) - 14);
                case 2 -> Math.scalb(0.5 + random.nextDouble() / 2, random.nextInt(60) - 31);
                case 3 -> Math.scalb(1 - 0x1p-40, random.nextInt(40) - 31);
                default -> Math.scalb(0.5 + random.nextDouble() / 2, -random.nextInt(14));
            };
        }

        long bias() {
            return switch (random.nextInt(8)) {
                case 0 -> Integer.MAX_VALUE - random.nextInt(3);
                case 1 -> Integer.MIN_VALUE + random.nextInt(3);
                case 2 -> random.nextInt();
                default -> random.nextInt(-20_000, 20_000);
            };
        }

        float sum() {
            return switch (random.nextInt(6)) {
                case 0 -> (1 << 24) - random.nextInt(3);
                case 1 -> -(1 << 24) + random.nextInt(3);
                case 2 -> random.nextInt(-300, 300);
                default -> random.nextInt(-1_000_000, 1_000_000);
            };
        }
    }

    @Test
    void vectorsOfSumsGiveTheCodesOfSingleOnes() {
        Sampler sampler = new Sampler();
        Random random = sampler.random;
        for (int round = 0; round < 3_000; round++) {
            Requantizer.Mode mode = Requantizer.Mode.values()[round % Requantizer.Mode.values().length];
            int channels = 1 + random.nextInt(round % 3 == 0 ? 80 : 20);
            int rows = 1 + random.nextInt(40);
            boolean isTame = random.nextBoolean();
            double[] factor = new double[channels];
            long[] bias = new long[channels];
            for (int channel = 0; channel < channels; channel++) {
                factor[channel] = isTame ? Math.scalb((double) (1 + random.nextInt(4)), -random.nextInt(12)) : sampler
                        .factor();
                bias[channel] = isTame ? random.nextInt(-3_000, 3_000) : sampler.bias();
            }
            ElementType type = random.nextBoolean() ? ElementType.INT8 : ElementType.UINT8;
            int least = TensorChecks.minimumCode(type);
            int zeroPoint = least + random.nextInt(256);
            ActivationRange range = new ActivationRange(least + random.nextInt(20), least + 255 - random.nextInt(20));
            float[] sums = new float[3 + rows * channels];
            for (int i = 0; i < sums.length; i++) {
                sums[i] = sampler.sum();
            }

            byte[] one = new byte[5 + rows * channels];
            Requantizer.of(KernelTier.SCALAR, mode, bias, factor, zeroPoint, range, type)
                    .apply(sums, 3, 1, 1, 0, rows, one, 5);
            byte[] many = new byte[5 + rows * channels];
            Requantizer.of(KernelTier.isVectorAvailable() ? KernelTier.VECTOR : KernelTier.SCALAR, mode, bias, factor,
                    zeroPoint, range, type).apply(sums, 3, 1, 1, 0, rows, many, 5);

            assertThat(many).as("%s, %d rows of %d", mode, rows, channels).containsExactly(one);
        }
    }
}

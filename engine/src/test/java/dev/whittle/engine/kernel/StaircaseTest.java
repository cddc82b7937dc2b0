package dev.whittle.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.engine.model.ElementType;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StaircaseTest {
    private static final int MOST = 1 << 15;

    private static Requantizer requantizer(Requantizer.Mode mode, long bias, double factor, int zeroPoint,
            ActivationRange range) {
        return Requantizer.of(KernelTier.SCALAR, mode, new long[]{bias}, new double[]{factor}, zeroPoint, range,
                ElementType.INT8);
    }

    @Test
    void givesTheCodeOfEverySumThatCanOccur() {
        Random random = new Random(11);
        int found = 0;
        for (int round = 0; round < 300; round++) {
            Requantizer.Mode mode = round % 2 == 0
                    ? Requantizer.Mode.DOUBLE
                    : Requantizer.Mode.FIXED_POINT_TIES_UP;
            // Some with few bits, whose products lie half way between codes.
            int bits = round % 3 == 0 ? 4 : 24;
            double factor =
                    Math.scalb(Math.scalb(1.0, bits) + random.nextInt(1 << bits), -bits - 2 - random.nextInt(14));
            int min = -128 + random.nextInt(100);
            ActivationRange range = new ActivationRange(min, min + random.nextInt(128 - min));
            Requantizer requantizer = requantizer(mode, random.nextInt(20_000) - 10_000, factor,
                    random.nextInt(256) - 128, range);
            Staircase staircase = requantizer.staircase(0, MOST);
            if (staircase == null) {
                continue;
            }
            found++;
            for (int sum = -MOST; sum <= MOST; sum++) {
                if (range.clamp(staircase.apply(sum)) != requantizer.apply(sum, 0)) {
                    assertThat(range.clamp(staircase.apply(sum))).as("%s, factor %s, sum %d", mode, factor, sum)
                            .isEqualTo(requantizer.apply(sum, 0));
                }
            }
        }
        assertThat(found).isGreaterThan(200);
    }

    @Test
    void isNotHadForLargeFactorsAndNone() {
        ActivationRange range = new ActivationRange(-128, 127);
        assertThat(requantizer(Requantizer.Mode.DOUBLE, 0, 0.75, 0, range).staircase(0, MOST)).isNull();
        assertThat(requantizer(Requantizer.Mode.DOUBLE, 0, 0, 0, range).staircase(0, MOST)).isNull();
        assertThat(requantizer(Requantizer.Mode.DOUBLE, 1L << 40, 0.01, 0, range).staircase(0, MOST)).isNull();
    }
}

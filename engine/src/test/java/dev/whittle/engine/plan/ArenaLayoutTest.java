package dev.whittle.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.engine.kernel.StorageType;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ArenaLayoutTest {
    private static Area area(int slot, StorageType storage, int elements, int first, int last) {
        return new Area(slot, storage, elements, first, last);
    }

    @Test
    void areasOfDisjointLifetimesShareMemory() {
        ArenaLayout layout = ArenaLayout
                .of(List.of(area(0, StorageType.FLOATS, 160, 0, 1), area(1, StorageType.FLOATS, 160, 2, 3)));

        assertThat(layout.bytes()).isEqualTo(640);
        assertThat(layout.lowerBoundBytes()).isEqualTo(640);
    }

    @Test
    void storagesDoNotShare() {
        ArenaLayout layout = ArenaLayout
                .of(List.of(area(0, StorageType.FLOATS, 16, 0, 1), area(1, StorageType.BYTES, 64, 2, 3)));

        assertThat(layout.bytes()).isEqualTo(128);
        assertThat(layout.lowerBoundBytes()).isEqualTo(64);
    }

    @Test
    void nothingTakesNothing() {
        assertThat(ArenaLayout.of(List.of()).bytes()).isZero();
    }

    @Test
    void areasThatAreAliveTogetherNeverOverlap() {
        for (int seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            List<Area> areas = new ArrayList<>();
            for (int slot = 0; slot < 1 + random.nextInt(40); slot++) {
                int first = random.nextInt(20) - 1;
                areas.add(area(slot, StorageType.values()[random.nextInt(2)], random.nextInt(1000), first,
                        first + random.nextInt(6)));
            }
            ArenaLayout layout = ArenaLayout.of(areas);

            List<Area.Placed> placed = layout.placed();
            assertThat(placed).as("seed %d", seed).hasSameSizeAs(areas);
            assertThat(layout.bytes()).as("seed %d", seed).isGreaterThanOrEqualTo(layout.lowerBoundBytes());
            for (Area.Placed a : placed) {
                assertThat(a.end()).isLessThanOrEqualTo(layout.elementCount(a.area().storage()));
                for (Area.Placed b : placed) {
                    if (a != b && a.area().storage() == b.area().storage() && a.area().overlapsInTime(b.area())) {
                        boolean disjoint = a.end() <= b.offset() || b.end() <= a.offset();
                        assertThat(disjoint).as("seed %d: %s and %s", seed, a, b).isTrue();
                    }
                }
            }
        }
    }
}

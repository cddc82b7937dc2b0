package dev.whittle.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.whittle.engine.kernel.StorageType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ArenaLayoutTest {
    private static Area area(int slot, StorageType storage, int elements, int first, int last) {
        return new Area(slot, storage, elements, first, last);
    }

    private static ArenaLayout layout(Area... areas) {
        return ArenaLayout.of(List.of(areas), List.of());
    }

    @Test
    void areasOfDisjointLifetimesShareMemory() {
        ArenaLayout layout = layout(area(0, StorageType.FLOATS, 160, 0, 1), area(1, StorageType.FLOATS, 160, 2, 3));

        assertThat(layout.bytes()).isEqualTo(640);
        assertThat(layout.lowerBoundBytes()).isEqualTo(640);
    }

    @Test
    void storagesDoNotShare() {
        ArenaLayout layout = layout(area(0, StorageType.FLOATS, 16, 0, 1), area(1, StorageType.BYTES, 64, 2, 3));

        assertThat(layout.bytes()).isEqualTo(128);
        assertThat(layout.lowerBoundBytes()).isEqualTo(64);
        assertThat(layout.storageLowerBoundBytes()).isEqualTo(128);
    }

    /// An array's elements follow a header of 16 bytes; a large array lies at a multiple of many cache lines.
    @Test
    void areasOfALargeArrayStartWithCacheLines() {
        ArenaLayout small = layout(area(0, StorageType.FLOATS, 1000, 0, 1), area(1, StorageType.FLOATS, 999, 0, 1));
        ArenaLayout large = layout(area(0, StorageType.FLOATS, 200_000, 0, 1), area(1, StorageType.FLOATS, 999, 0, 1));

        assertThat(small.placed()).allMatch(placed -> placed.offset() % 16 == 0);
        assertThat(large.placed()).allMatch(placed -> (16 + 4 * placed.offset()) % 64 == 0);
        assertThat(large.elementCount(StorageType.FLOATS)).isEqualTo(12 + 200_000 + 999);
    }

    @Test
    void nothingTakesNothing() {
        assertThat(layout().bytes()).isZero();
    }

    /// The largest first: 0 at 0, 1 at 0, 2 above 0, so that 3 meets 2 in the middle and takes 704 bytes for all. By first
    /// use it comes to lie beneath 2.
    @Test
    void anotherOrderIsTakenWhereTheLargestFirstLeavesGaps() {
        ArenaLayout layout = layout(area(0, StorageType.BYTES, 320, 1, 1), area(1, StorageType.BYTES, 192, 5, 6),
                area(2, StorageType.BYTES, 192, 1, 3), area(3, StorageType.BYTES, 192, 2, 5));

        assertThat(layout.bytes()).isEqualTo(512);
    }

    @Test
    void thousandsOfAreasArePlacedQuickly() {
        Random random = new Random(5);
        List<Area> areas = new ArrayList<>();
        for (int slot = 0; slot < 10_000; slot++) {
            areas.add(area(slot, StorageType.FLOATS, random.nextInt(1000), slot, slot + 1 + random.nextInt(8)));
        }

        assertTimeoutPreemptively(Duration.ofSeconds(10), () -> ArenaLayout.of(areas, List.of()));
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
            ArenaLayout layout = ArenaLayout.of(areas, List.of());

            List<Area.Placed> placed = layout.placed();
            assertThat(placed).as("seed %d", seed).hasSameSizeAs(areas);
            assertThat(layout.storageLowerBoundBytes()).as("seed %d", seed)
                    .isBetween(layout.lowerBoundBytes(), layout.bytes());
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

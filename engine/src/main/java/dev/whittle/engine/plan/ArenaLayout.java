package dev.whittle.engine.plan;

import dev.whittle.engine.kernel.StorageType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/// Offsets for everything that lives in the arena: areas that are alive at the same operator never overlap.
///
/// Greedy by size (Pisarchyk and Lee 2020, "Efficient Memory Management for Deep Neural Net Inference", section 5.2):
/// the largest area is placed first, each into the lowest gap left by those it shares time with.
final class ArenaLayout {
    private final List<Area.Placed> placed;
    private final Map<StorageType, Long> elementCounts;

    private ArenaLayout(List<Area.Placed> placed, Map<StorageType, Long> elementCounts) {
        this.placed = List.copyOf(placed);
        this.elementCounts = elementCounts;
    }

    /// @throws ArithmeticException when an array would pass the range of int
    static ArenaLayout of(List<Area> areas) {
        List<Area> bySize = new ArrayList<>(areas);
        bySize.sort(Comparator.comparingInt(Area::elementCount).reversed().thenComparingInt(Area::slot));
        List<Area.Placed> placed = new ArrayList<>();
        Map<StorageType, Long> elementCounts = new EnumMap<>(StorageType.class);
        for (Area area : bySize) {
            Area.Placed place = new Area.Placed(area, Math.toIntExact(lowestGap(area, placed)));
            elementCounts.merge(area.storage(), place.end(), Math::max);
            placed.add(place);
        }
        return new ArenaLayout(placed, elementCounts);
    }

    private static long lowestGap(Area area, List<Area.Placed> placed) {
        List<Area.Placed> neighbours = new ArrayList<>();
        for (Area.Placed other : placed) {
            if (other.area().storage() == area.storage() && other.area().overlapsInTime(area)) {
                neighbours.add(other);
            }
        }
        neighbours.sort(Comparator.comparingInt(Area.Placed::offset));
        int alignment = StorageType.ALIGNMENT_BYTES / area.storage().elementBytes();
        long lowest = 0;
        for (Area.Placed other : neighbours) {
            if (lowest + area.elementCount() <= other.offset()) {
                break;
            }
            lowest = Math.max(lowest, Math.ceilDiv(other.end(), alignment) * alignment);
        }
        return lowest;
    }

    List<Area.Placed> placed() {
        return placed;
    }

    /// Elements that the array of a storage type must have.
    long elementCount(StorageType storage) {
        return elementCounts.getOrDefault(storage, 0L);
    }

    /// Bytes of all arrays together.
    long bytes() {
        long bytes = 0;
        for (StorageType storage : StorageType.values()) {
            bytes += elementCount(storage) * storage.elementBytes();
        }
        return bytes;
    }

    /// The largest sum of bytes that are alive at one operator: no layout can do with less.
    long lowerBoundBytes() {
        int last = placed.stream().mapToInt(place -> place.area().lastOperator()).max().orElse(0);
        // Index 0 stands for "before the first operator"; a lifetime ends one past its last operator.
        long[] change = new long[last + 3];
        for (Area.Placed place : placed) {
            Area area = place.area();
            long bytes = (long) area.elementCount() * area.storage().elementBytes();
            change[area.firstOperator() + 1] += bytes;
            change[area.lastOperator() + 2] -= bytes;
        }
        long alive = 0;
        long most = 0;
        for (long step : change) {
            alive += step;
            most = Math.max(most, alive);
        }
        return most;
    }
}

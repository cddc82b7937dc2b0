package dev.whittle.engine.plan;

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
    private final List<Allocation> placed;
    private final Map<StorageType, Long> elementCounts;

    private ArenaLayout(List<Allocation> placed, Map<StorageType, Long> elementCounts) {
        this.placed = placed;
        this.elementCounts = elementCounts;
    }

    static ArenaLayout of(List<Allocation> areas) {
        List<Allocation> bySize = new ArrayList<>(areas);
        bySize.sort(Comparator.comparingInt(Allocation::elementCount).reversed().thenComparingInt(Allocation::slot));
        List<Allocation> placed = new ArrayList<>();
        Map<StorageType, Long> elementCounts = new EnumMap<>(StorageType.class);
        for (Allocation area : bySize) {
            long offset = lowestGap(area, placed);
            elementCounts.merge(area.storage(), offset + area.elementCount(), Math::max);
            placed.add(area.at(Math.toIntExact(offset)));
        }
        return new ArenaLayout(List.copyOf(placed), elementCounts);
    }

    private static long lowestGap(Allocation area, List<Allocation> placed) {
        List<Allocation> neighbours = new ArrayList<>();
        for (Allocation other : placed) {
            if (other.storage() == area.storage() && other.overlapsInTime(area)) {
                neighbours.add(other);
            }
        }
        neighbours.sort(Comparator.comparingInt(ArenaLayout::offset));
        int alignment = StorageType.ALIGNMENT_BYTES / area.storage().elementBytes();
        long lowest = 0;
        for (Allocation other : neighbours) {
            if (lowest + area.elementCount() <= offset(other)) {
                break;
            }
            long end = (long) offset(other) + other.elementCount();
            lowest = Math.max(lowest, Math.ceilDiv(end, alignment) * (long) alignment);
        }
        return lowest;
    }

    private static int offset(Allocation area) {
        Integer offset = area.offset();
        if (offset == null) {
            throw new IllegalStateException("area " + area.slot() + " is not placed yet");
        }
        return offset;
    }

    List<Allocation> placed() {
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
        int last = placed.stream().mapToInt(Allocation::lastOperator).max().orElse(0);
        long[] change = new long[last + 3];
        for (Allocation area : placed) {
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

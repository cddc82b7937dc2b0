package dev.whittle.engine.plan;

import dev.whittle.engine.kernel.StorageType;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Offsets for everything that lives in the arena: areas that are alive at the same operator never overlap.
///
/// Areas are placed one after another, each into a gap left by those it shares time with. No order is best for every
/// graph, so several are tried for the areas of each storage type, each with the lowest gap and with the tightest, and the
/// shortest array is kept; the first of equals, so that a plan is the same each time. The orders are those of Pisarchyk and
/// Lee 2020, "Efficient Memory Management for Deep Neural Net Inference" (by size, section 5.2, and by breadth, 5.3), and
/// by size times lifetime and by first use.
final class ArenaLayout {
    /// Placing takes time with the square of the areas. Where there are more of one storage type, one order must do, so that
    /// a file of a hundred thousand operators is not waited for ten times.
    private static final int MOST_AREAS_FOR_ALL_ORDERS = 2_000;

    /// In which order areas are placed.
    private enum Order {
        SIZE, BREADTH, SIZE_AND_LIFETIME, FIRST_USE
    }

    private enum Gap {
        LOWEST, TIGHTEST
    }

    private final List<Area.Placed> placed;
    private final List<SharedMemory.Guest> guests;
    private final Map<StorageType, Long> elementCounts;
    private final long lowerBoundBytes;
    private final long storageLowerBoundBytes;

    /// The G1 collector puts an array of at least half a region at the start of one; regions have 1 MiB or more.
    private static final int LARGE_BYTES = 1 << 19;
    /// Of an array, before its elements.
    private static final int HEADER_BYTES = 16;

    private ArenaLayout(List<Area.Placed> placed, List<SharedMemory.Guest> guests,
            Map<StorageType, Long> elementCounts, long lowerBoundBytes, long storageLowerBoundBytes) {
        this.placed = List.copyOf(placed);
        this.guests = List.copyOf(guests);
        this.elementCounts = elementCounts;
        this.lowerBoundBytes = lowerBoundBytes;
        this.storageLowerBoundBytes = storageLowerBoundBytes;
    }

    /// @param guests the tensors that lie within these areas
    /// @throws ArithmeticException when an array would pass the range of int
    static ArenaLayout of(List<Area> areas, List<SharedMemory.Guest> guests) {
        List<Area.Placed> placed = new ArrayList<>();
        Map<StorageType, Long> elementCounts = new EnumMap<>(StorageType.class);
        long storageLowerBoundBytes = 0;
        for (StorageType storage : StorageType.values()) {
            List<Area> own = new ArrayList<>();
            for (Area area : areas) {
                if (area.storage() == storage) {
                    own.add(area);
                }
            }
            if (!own.isEmpty()) {
                long lowerBound = lowerBound(own, alignment(storage));
                Candidate best = best(own, lowerBound);
                int start = start(storage, best.length);
                for (Area.Placed one : best.placed) {
                    placed.add(new Area.Placed(one.area(), Math.addExact(one.offset(), start)));
                }
                elementCounts.put(storage, start + best.length);
                storageLowerBoundBytes += lowerBound * storage.elementBytes();
            }
        }
        return new ArenaLayout(placed, guests, elementCounts, lowerBoundBytes(areas), storageLowerBoundBytes);
    }

    /// One way to place the areas of one storage type.
    ///
    /// @param placed by offset
    /// @param length elements of the array
    private record Candidate(List<Area.Placed> placed, long length) {
    }

    private static Candidate best(List<Area> areas, long lowerBound) {
        Candidate best = null;
        for (Order order : areas.size() > MOST_AREAS_FOR_ALL_ORDERS ? List.of(Order.SIZE) : List.of(Order.values())) {
            List<Area> ordered = ordered(areas, order);
            for (Gap gap : Gap.values()) {
                Candidate candidate = place(ordered, gap, best == null ? Integer.MAX_VALUE : best.length - 1);
                if (candidate != null) {
                    best = candidate;
                }
                if (best != null && best.length == lowerBound) {
                    return best;
                }
            }
        }
        if (best == null) {
            throw new ArithmeticException("more than 2^31-1 elements");
        }
        return best;
    }

    /// Without streams and chains of comparators, which a JVM that has just started takes ten milliseconds to link.
    private static List<Area> ordered(List<Area> areas, Order order) {
        List<Area> ordered = new ArrayList<>(areas);
        ordered.sort((a, b) -> switch (order) {
            case SIZE, BREADTH -> compareSizes(a, b);
            case SIZE_AND_LIFETIME -> descending(elementOperators(a), elementOperators(b), a, b);
            case FIRST_USE -> a.firstOperator() == b.firstOperator()
                    ? compareSizes(a, b)
                    : Integer.compare(a.firstOperator(), b.firstOperator());
        });
        return order == Order.BREADTH ? byBreadth(ordered) : ordered;
    }

    /// The largest first: what is hard to place finds room, what is small fills the gaps.
    private static int compareSizes(Area a, Area b) {
        return descending(a.elementCount(), b.elementCount(), a, b);
    }

    private static int descending(long ofA, long ofB, Area a, Area b) {
        return ofA == ofB ? Integer.compare(a.slot(), b.slot()) : Long.compare(ofB, ofA);
    }

    private static long elementOperators(Area area) {
        return area.elementCount() * ((long) area.lastOperator() - area.firstOperator() + 1);
    }

    /// The areas of the operator at which most is alive, the largest first, then those of the next operator. Operators at
    /// which nothing begins to live are never the widest and are left out.
    private static List<Area> byBreadth(List<Area> bySize) {
        SortedMap<Integer, Long> widths = new TreeMap<>();
        for (Area area : bySize) {
            int operator = area.firstOperator();
            if (!widths.containsKey(operator)) {
                widths.put(operator, elementsAliveAt(operator, bySize));
            }
        }
        List<Map.Entry<Integer, Long>> widestFirst = new ArrayList<>(widths.entrySet());
        widestFirst.sort((a, b) -> Long.compare(b.getValue(), a.getValue()));
        SequencedSet<Area> ordered = new LinkedHashSet<>();
        for (Map.Entry<Integer, Long> width : widestFirst) {
            for (Area area : bySize) {
                if (area.isAliveAt(width.getKey())) {
                    ordered.add(area);
                }
            }
        }
        return List.copyOf(ordered);
    }

    private static long elementsAliveAt(int operator, List<Area> areas) {
        long elements = 0;
        for (Area area : areas) {
            elements += area.isAliveAt(operator) ? area.elementCount() : 0;
        }
        return elements;
    }

    /// @param most elements that the array may have
    /// @return null where it would have more
    private static @Nullable Candidate place(List<Area> order, Gap gap, long most) {
        List<Area.Placed> byOffset = new ArrayList<>();
        long length = 0;
        for (Area area : order) {
            long offset = offset(area, gap, byOffset);
            if (offset + area.elementCount() > most) {
                return null;
            }
            Area.Placed place = new Area.Placed(area, (int) offset);
            int at = byOffset.size();
            while (at > 0 && byOffset.get(at - 1).offset() > offset) {
                at--;
            }
            byOffset.add(at, place);
            length = Math.max(length, place.end());
        }
        return new Candidate(byOffset, length);
    }

    private static long offset(Area area, Gap gap, List<Area.Placed> byOffset) {
        int alignment = alignment(area.storage());
        long free = 0;
        long tightest = Long.MAX_VALUE;
        long found = -1;
        for (Area.Placed other : byOffset) {
            if (!other.area().overlapsInTime(area)) {
                continue;
            }
            long room = other.offset() - free;
            if (room >= area.elementCount() && room < tightest) {
                if (gap == Gap.LOWEST) {
                    return free;
                }
                tightest = room;
                found = free;
            }
            free = Math.max(free, aligned(other.end(), alignment));
        }
        return found >= 0 ? found : free;
    }

    /// Elements left out before the first area of a large array, so that areas do start with cache lines where the
    /// collector puts it at a multiple of them: a memory-bound kernel took a quarter more time when each vector crossed
    /// into the next line.
    private static int start(StorageType storage, long length) {
        return length * storage.elementBytes() < LARGE_BYTES
                ? 0
                : (StorageType.ALIGNMENT_BYTES - HEADER_BYTES) / storage.elementBytes();
    }

    private static int alignment(StorageType storage) {
        return StorageType.ALIGNMENT_BYTES / storage.elementBytes();
    }

    private static long aligned(long elements, int alignment) {
        return Math.ceilDiv(elements, alignment) * alignment;
    }

    List<Area.Placed> placed() {
        return placed;
    }

    List<SharedMemory.Guest> guests() {
        return guests;
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
        return lowerBoundBytes;
    }

    /// What no layout can do with less than where each storage type has an array of its own, which is widest at an operator
    /// of its own, and areas start at multiples of [StorageType#ALIGNMENT_BYTES].
    long storageLowerBoundBytes() {
        return storageLowerBoundBytes;
    }

    private static long lowerBoundBytes(List<Area> areas) {
        Changes bytes = new Changes(areas);
        for (Area area : areas) {
            bytes.add(area, (long) area.elementCount() * area.storage().elementBytes());
        }
        return bytes.mostAlive();
    }

    /// In elements, for areas of one storage type. The area that lies last needs no padding behind it.
    private static long lowerBound(List<Area> areas, int alignment) {
        Changes elements = new Changes(areas);
        Changes padded = new Changes(areas);
        long mostPadding = 0;
        for (Area area : areas) {
            long elementsAndPadding = aligned(area.elementCount(), alignment);
            elements.add(area, area.elementCount());
            padded.add(area, elementsAndPadding);
            mostPadding = Math.max(mostPadding, elementsAndPadding - area.elementCount());
        }
        return Math.max(elements.mostAlive(), padded.mostAlive() - mostPadding);
    }

    /// How much begins and ends to live at each operator.
    private static final class Changes {
        /// Index 0 stands for "before the first operator"; a lifetime ends one past its last operator.
        private final long[] change;

        Changes(List<Area> areas) {
            int last = 0;
            for (Area area : areas) {
                last = Math.max(last, area.lastOperator());
            }
            change = new long[last + 3];
        }

        void add(Area area, long amount) {
            change[area.firstOperator() + 1] += amount;
            change[area.lastOperator() + 2] -= amount;
        }

        long mostAlive() {
            long alive = 0;
            long most = 0;
            for (long step : change) {
                alive += step;
                most = Math.max(most, alive);
            }
            return most;
        }
    }
}

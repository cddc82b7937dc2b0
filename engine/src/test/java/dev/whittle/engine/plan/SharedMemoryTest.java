package dev.whittle.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.engine.kernel.StorageType;
import dev.whittle.engine.plan.SharedMemory.Guest;
import dev.whittle.engine.plan.SharedMemory.Offer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SharedMemoryTest {
    private static final int END = 100;

    private static Area floats(int slot, int elements, int first, int last) {
        return new Area(slot, StorageType.FLOATS, elements, first, last);
    }

    private static SharedMemory of(Area... areas) {
        return new SharedMemory(List.of(areas), new BitSet(), new BitSet());
    }

    private static Offer overwritten(int operator, int input, int output) {
        return new Offer(operator, 0, input, output, Offer.OVERWRITTEN);
    }

    @Test
    void outputLiesOverAnInputThatDies() {
        SharedMemory shared = of(floats(0, 8, 0, 1), floats(1, 8, 1, 2));
        shared.take(List.of(overwritten(1, 0, 1)), List.of(0));

        assertThat(shared.areas()).containsExactly(floats(0, 8, 0, 2));
        assertThat(shared.guests()).containsExactly(new Guest(1, 0, 0));
    }

    @Test
    void inputThatIsReadLaterIsNotOverwritten() {
        SharedMemory shared = of(floats(0, 8, 0, 2), floats(1, 8, 1, 2));
        shared.take(List.of(overwritten(1, 0, 1)), List.of(0));

        assertThat(shared.guests()).isEmpty();
    }

    @Test
    void inputOfAnotherSizeOrStorageIsNotOverwritten() {
        SharedMemory shared = of(floats(0, 8, 0, 1), floats(1, 9, 1, 2),
                new Area(2, StorageType.INTS, 9, 2, 3));
        shared.take(List.of(overwritten(1, 0, 1)), List.of(0));
        shared.take(List.of(overwritten(2, 1, 2)), List.of(1));

        assertThat(shared.guests()).isEmpty();
    }

    /// 1 is a view of 0; 2 would be written over both while 0 is still to be read.
    @Test
    void viewIsNotOverwrittenWhileWhatItShowsIsAlive() {
        SharedMemory shared = of(floats(0, 8, 0, 5), floats(1, 8, 1, 2), floats(2, 8, 2, 3));
        shared.take(List.of(new Offer(1, 0, 0, 1, 0)), List.of(0));
        shared.take(List.of(overwritten(2, 1, 2)), List.of(1));

        assertThat(shared.guests()).containsExactly(new Guest(1, 0, 0));
        assertThat(shared.areas()).containsExactlyInAnyOrder(floats(0, 8, 0, 5), floats(2, 8, 2, 3));
    }

    /// The operator reads 0 in place, but also its view 1 in an order of its own.
    @Test
    void inputIsNotOverwrittenWhereTheSameMemoryIsReadInAnotherWay() {
        SharedMemory shared = of(floats(0, 8, 0, 2), floats(1, 8, 1, 2), floats(2, 8, 2, 3));
        shared.take(List.of(new Offer(1, 0, 0, 1, 0)), List.of(0));
        shared.take(List.of(overwritten(2, 0, 2)), List.of(0, 1));

        assertThat(shared.guests()).containsExactly(new Guest(1, 0, 0));
    }

    @Test
    void partsLieInsideOfTheWholeFromWhenTheFirstIsWritten() {
        SharedMemory shared = of(floats(0, 8, 0, 2), floats(1, 4, 1, 2), floats(2, 12, 2, 4));
        shared.take(List.of(new Offer(2, 0, 0, 2, 0), new Offer(2, 1, 1, 2, 8)), List.of(0, 1));

        assertThat(shared.areas()).containsExactly(floats(2, 12, 0, 4));
        assertThat(shared.guests()).containsExactlyInAnyOrder(new Guest(0, 2, 0), new Guest(1, 2, 8));
    }

    @Test
    void partsOfPartsLieInsideOfTheLastWhole() {
        SharedMemory shared = of(floats(0, 8, 0, 2), floats(1, 4, 1, 2), floats(2, 12, 2, 3), floats(3, 5, 0, 3),
                floats(4, 17, 3, 4));
        shared.take(List.of(new Offer(2, 0, 0, 2, 0), new Offer(2, 1, 1, 2, 8)), List.of(0, 1));
        shared.take(List.of(new Offer(3, 0, 3, 4, 0), new Offer(3, 1, 2, 4, 5)), List.of(3, 2));

        assertThat(shared.areas()).containsExactly(floats(4, 17, 0, 4));
        assertThat(shared.guests()).containsExactlyInAnyOrder(new Guest(0, 4, 5), new Guest(1, 4, 13),
                new Guest(2, 4, 5), new Guest(3, 4, 0));
    }

    @Test
    void partThatIsTakenTwiceLiesInOnePlace() {
        SharedMemory shared = of(floats(0, 8, 0, 1), floats(1, 16, 1, 2));
        shared.take(List.of(new Offer(1, 0, 0, 1, 0), new Offer(1, 1, 0, 1, 8)), List.of(0, 0));

        assertThat(shared.guests()).containsExactly(new Guest(0, 1, 0));
    }

    @Test
    void outputThatCallersReadIsNotAViewOfAnInputThatTheySet() {
        BitSet inputs = new BitSet();
        inputs.set(0);
        BitSet outputs = new BitSet();
        outputs.set(2);
        SharedMemory shared = new SharedMemory(
                List.of(floats(0, 8, -1, END), floats(1, 8, 0, 1), floats(2, 8, 1, END)), inputs, outputs);
        shared.take(List.of(new Offer(0, 0, 0, 1, 0)), List.of(0));
        shared.take(List.of(new Offer(1, 0, 1, 2, 0)), List.of(1));

        assertThat(shared.guests()).containsExactly(new Guest(1, 0, 0));
    }

    /// Runs random graphs of views, overwriting operators, concatenations and others on memory that holds, for every
    /// element, which tensor's element it is: what an operator reads must be there still.
    @Test
    void everyElementIsThereUntilItsLastReader() {
        int guestsSeen = 0;
        for (int seed = 0; seed < 2_000; seed++) {
            RandomGraph graph = new RandomGraph(new Random(seed));
            SharedMemory shared = graph.shared();
            guestsSeen += shared.guests().size();
            ArenaLayout layout = ArenaLayout.of(shared.areas(), shared.guests());
            assertThat(layout.bytes()).as("seed %d", seed).isGreaterThanOrEqualTo(layout.lowerBoundBytes());
            graph.run(seed, layout);
        }
        assertThat(guestsSeen).isGreaterThan(2_000);
    }

    private enum Kind {
        VIEW, OVERWRITING, CONCATENATION, OTHER
    }

    private record Step(Kind kind, List<Integer> inputs, int output) {
    }

    /// Tensor `i + 1` is written by operator `i`; tensor 0 is the caller's.
    private static final class RandomGraph {
        private final List<Integer> counts = new ArrayList<>(List.of(64));
        private final List<Step> steps = new ArrayList<>();
        private final Map<Integer, Integer> lastReaders = new HashMap<>();
        private final int end;

        RandomGraph(Random random) {
            end = 2 + random.nextInt(20);
            for (int operator = 0; operator < end; operator++) {
                Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
                int inputs = kind == Kind.VIEW ? 1 : 1 + random.nextInt(3);
                List<Integer> read = new ArrayList<>();
                for (int i = 0; i < inputs; i++) {
                    read.add(Math.max(0, operator - random.nextInt(4)));
                    lastReaders.put(read.getLast(), operator);
                }
                int output = operator + 1;
                steps.add(new Step(kind, read, output));
                counts.add(switch (kind) {
                    case VIEW, OVERWRITING -> counts.get(read.getFirst());
                    case CONCATENATION -> read.stream().mapToInt(counts::get).sum();
                    case OTHER -> 16 * (1 + random.nextInt(4));
                });
            }
        }

        private SharedMemory shared() {
            List<Area> areas = new ArrayList<>();
            for (int slot = 0; slot < counts.size(); slot++) {
                boolean isEnd = slot == 0 || slot == end;
                areas.add(floats(slot, counts.get(slot), slot - 1,
                        isEnd ? end : lastReaders.getOrDefault(slot, slot - 1)));
            }
            BitSet inputs = new BitSet();
            inputs.set(0);
            BitSet outputs = new BitSet();
            outputs.set(end);
            SharedMemory shared = new SharedMemory(areas, inputs, outputs);
            for (int operator = 0; operator < end; operator++) {
                shared.take(offers(operator, steps.get(operator)), steps.get(operator).inputs);
            }
            return shared;
        }

        private List<Offer> offers(int operator, Step step) {
            List<Offer> offers = new ArrayList<>();
            int start = 0;
            for (int i = 0; i < step.inputs.size(); i++) {
                int input = step.inputs.get(i);
                switch (step.kind) {
                    case VIEW -> offers.add(new Offer(operator, i, input, step.output, 0));
                    case OVERWRITING -> offers.add(new Offer(operator, i, input, step.output, Offer.OVERWRITTEN));
                    case CONCATENATION -> offers.add(new Offer(operator, i, input, step.output, start));
                    case OTHER -> {
                        // Shares nothing.
                    }
                }
                start += counts.get(input);
            }
            return offers;
        }

        private void run(int seed, ArenaLayout layout) {
            int[] memory = new int[Math.toIntExact(layout.elementCount(StorageType.FLOATS))];
            int[] offsets = new int[counts.size()];
            layout.placed().forEach(place -> offsets[place.area().slot()] = place.offset());
            layout.guests().forEach(guest -> offsets[guest.slot()] = offsets[guest.host()] + guest.offset());
            Random values = new Random(seed);
            List<int[]> expected = new ArrayList<>();
            expected.add(values.ints(counts.getFirst()).toArray());
            System.arraycopy(expected.getFirst(), 0, memory, offsets[0], counts.getFirst());
            for (Step step : steps) {
                int[] output = values.ints(counts.get(step.output)).toArray();
                int start = 0;
                for (int input : step.inputs) {
                    int[] read = expected.get(input);
                    assertThat(memory).as("seed %d, %s, tensor %d", seed, step, input)
                            .satisfies(m -> assertThat(Arrays.copyOfRange(m, offsets[input],
                                    offsets[input] + read.length)).isEqualTo(read));
                    if (step.kind == Kind.VIEW || step.kind == Kind.CONCATENATION) {
                        System.arraycopy(read, 0, output, start, read.length);
                        start += read.length;
                    }
                }
                // A view or a part in its place is not written: it must be there, which its readers will see.
                int at = 0;
                for (int input : step.inputs) {
                    int count = counts.get(input);
                    boolean isKept = step.kind == Kind.VIEW || step.kind == Kind.CONCATENATION;
                    if (isKept && offsets[input] != offsets[step.output] + at) {
                        System.arraycopy(output, at, memory, offsets[step.output] + at, count);
                    }
                    at += count;
                }
                if (step.kind == Kind.OVERWRITING || step.kind == Kind.OTHER) {
                    System.arraycopy(output, 0, memory, offsets[step.output], output.length);
                }
                expected.add(output);
            }
            for (int slot : List.of(0, end)) {
                assertThat(Arrays.copyOfRange(memory, offsets[slot], offsets[slot] + counts.get(slot)))
                        .as("seed %d, tensor %d", seed, slot).isEqualTo(expected.get(slot));
            }
        }
    }
}

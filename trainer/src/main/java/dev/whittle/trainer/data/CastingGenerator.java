package dev.whittle.trainer.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// The data set that needs no download: made-up photographs of pump impeller castings from above, half of them with one or
/// two defects. Image `i` depends on the seed and `i` alone.
///
/// The pictures vary in place, size, turn, tilt, light, exposure, noise and harmless marks, so that no single pixel tells good
/// from bad: logistic regression on the pixels stays below 0.80, a small convolutional network passes 0.95.
public final class CastingGenerator implements ImageSource {
    /// The class names of the casting photographs that the generator imitates.
    public static final List<String> CLASS_NAMES = List.of("def_front", "ok_front");

    public static final int DEFAULT_TRAIN_COUNT = 3600;
    public static final int DEFAULT_TEST_COUNT = 600;
    public static final int DEFAULT_SIZE = 200;

    private static final int DEFECTIVE = 0;

    private final long seed;
    private final int first;
    private final int count;
    private final int size;

    /// Images number `first` to `first + count - 1` of the endless sequence that `seed` names, `size` × `size` pixels each.
    public CastingGenerator(long seed, int first, int count, int size) {
        if (first < 0 || count < 1 || size < 16) {
            throw new IllegalArgumentException("first %d, count %d, size %d: must be at least 0, 1 and 16"
                    .formatted(first, count, size));
        }
        this.seed = seed;
        this.first = first;
        this.count = count;
        this.size = size;
    }

    /// The default data set: [#DEFAULT_TRAIN_COUNT] and [#DEFAULT_TEST_COUNT] castings of one sequence, [#DEFAULT_SIZE]
    /// pixels wide.
    public static DataSet dataSet(long seed) {
        return new DataSet(
                "castings (generated, seed " + seed + ")",
                new CastingGenerator(seed, 0, DEFAULT_TRAIN_COUNT, DEFAULT_SIZE),
                null,
                new CastingGenerator(seed, DEFAULT_TRAIN_COUNT, DEFAULT_TEST_COUNT, DEFAULT_SIZE),
                List.of());
    }

    @Override
    public List<String> classNames() {
        return CLASS_NAMES;
    }

    @Override
    public int size() {
        return count;
    }

    /// Good and defective castings take turns.
    @Override
    public int label(int i) {
        return (first + i) % 2;
    }

    /// Such as "casting 17 (ok)" or "casting 18 (blow hole, scratch)".
    @Override
    public String name(int i) {
        List<Defect> defects = defects(i);
        return String.format(
                Locale.ROOT,
                "casting %d (%s)",
                first + i,
                defects.isEmpty() ? "ok" : defects.stream().map(Defect::label).collect(Collectors.joining(", ")));
    }

    /// What is wrong with casting `i`: nothing, or one or two defects of different kinds.
    public List<Defect> defects(int i) {
        List<Defect> defects = new ArrayList<>();
        if (label(i) == DEFECTIVE) {
            SplitMix64 random = new SplitMix64(seed, 2L * (first + i));
            Defect[] kinds = Defect.values();
            int kind = random.below(kinds.length);
            defects.add(kinds[kind]);
            if (random.below(3) == 0) {
                defects.add(kinds[(kind + 1 + random.below(kinds.length - 1)) % kinds.length]);
            }
        }
        return defects;
    }

    @Override
    public PixelImage image(int i) {
        return Casting.draw(new SplitMix64(seed, 2L * (first + i) + 1), size, defects(i));
    }

    /// Every casting is a group of its own: they are drawn independently.
    @Override
    public int[] groups(int threads) {
        int[] groups = new int[count];
        for (int i = 0; i < count; i++) {
            groups[i] = i;
        }
        return groups;
    }
}

package dev.whittle.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class NearDuplicatesTest {
    private static final int SIDE = 48;

    @Test
    void flipsAndQuarterTurnsAreOneGroup() {
        List<Thumbnail> thumbnails = new ArrayList<>();
        for (int photograph = 0; photograph < 5; photograph++) {
            PixelImage image = blotches(photograph);
            for (int symmetry = 0; symmetry < 8; symmetry++) {
                thumbnails.add(Thumbnail.of(turned(image, symmetry)));
            }
        }
        int[] groups = NearDuplicates.groups(thumbnails, 0.98, 2);
        for (int i = 0; i < groups.length; i++) {
            assertThat(groups[i]).as("image %d", i).isEqualTo(i / 8);
        }
    }

    @Test
    void sizeBrightnessAndContrastDoNotSeparateCopies() {
        PixelImage image = blotches(1);
        byte[] bytes = image.toBytes();
        byte[] brighter = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            brighter[i] = (byte) (40 + (bytes[i] & 0xFF) / 2);
        }
        List<Thumbnail> thumbnails = List.of(
                Thumbnail.of(image), Thumbnail.of(PixelImage.of(SIDE, SIDE, brighter)), Thumbnail.of(blotches(2)));
        assertThat(NearDuplicates.groups(thumbnails, 0.99, 1)).containsExactly(0, 0, 1);
    }

    @Test
    void prunedComparisonFindsWhatPlainCorrelationFinds() {
        List<Thumbnail> thumbnails = new ArrayList<>();
        for (int i = 0; i < 120; i++) {
            thumbnails.add(Thumbnail.of(mixed(blotches(i % 6), blotches(100 + i), 0.05 + 0.002 * i)));
        }
        for (double threshold : new double[]{0.8, 0.95, 0.99}) {
            boolean[][] near = new boolean[120][120];
            for (int i = 0; i < 120; i++) {
                for (int j = 0; j < 120; j++) {
                    near[i][j] = correlation(thumbnails.get(i), thumbnails.get(j)) >= threshold;
                }
            }
            assertThat(NearDuplicates.groups(thumbnails, threshold, 2)).isEqualTo(components(near));
        }
    }

    @Test
    void copiesInAnotherSetAreFound() {
        List<Thumbnail> train = List.of(Thumbnail.of(blotches(1)), Thumbnail.of(blotches(2)));
        List<Thumbnail> test = List.of(Thumbnail.of(blotches(3)), Thumbnail.of(turned(blotches(2), 5)));
        List<NearDuplicates.Match> matches = NearDuplicates.matches(test, train, 0.98, 1);
        assertThat(matches).hasSize(1);
        assertThat(matches.getFirst().image()).isEqualTo(1);
        assertThat(matches.getFirst().other()).isEqualTo(1);
        assertThat(matches.getFirst().correlation()).isCloseTo(1, within(1e-4));
    }

    @Test
    void splitNeverDividesAGroupAndKeepsTheShareOfEachClass() {
        int[] group = new int[1000];
        SplitMix64 random = new SplitMix64(5, 0);
        for (int i = 0, next = 0; i < group.length; next++) {
            for (int members = 1 + random.below(next == 0 ? 200 : 9); members > 0 && i < group.length; members--) {
                group[i++] = next;
            }
        }
        ImageSource source = new Labels(i -> group[i] % 3 == 0 ? 1 : 0, group.length);
        Split split = Split.of(source, group, 0.2, 42);
        assertThat(split.kept()).isSorted();
        assertThat(split.heldOut()).isSorted();
        assertThat(split.kept().size() + split.heldOut().size()).isEqualTo(1000);
        Set<Integer> keptGroups = new HashSet<>();
        split.kept().forEach(i -> keptGroups.add(group[i]));
        assertThat(split.heldOut()).noneMatch(i -> keptGroups.contains(group[i]));
        int[] held = split.heldOut(source).classCounts();
        int[] all = source.classCounts();
        for (int label = 0; label < 2; label++) {
            assertThat((double) held[label] / all[label]).isBetween(0.19, 0.205);
        }
        assertThat(Split.of(source, group, 0.2, 42)).isEqualTo(split);
        assertThat(Split.of(source, group, 0.2, 43)).isNotEqualTo(split);
    }

    @Test
    void classWithLargeGroupsGivesItsSmallestAndKeepsItsLast() {
        int[] group = {0, 0, 0, 1, 1, 2, 2, 2, 2};
        ImageSource source = new Labels(i -> i < 5 ? 0 : 1, group.length);
        Split split = Split.of(source, group, 0.2, 1);
        assertThat(split.heldOut()).containsExactly(3, 4);
        assertThat(split.heldOut(source).classCounts()).containsExactly(2, 0);
    }

    @Test
    void castingPhotographsFallIntoGroupsThatCanBeDivided() {
        Path castings = Path.of(System.getProperty("whittle.shared", "../../shared")).resolve("casting/test");
        Assumptions.assumeTrue(Files.isDirectory(castings), "../shared/casting is not there");
        ImageSource source = ImageFolder.read(castings, 2).train();
        assertThat(source.size()).isEqualTo(358);
        int[] groups = source.groups(2);
        assertThat(Arrays.stream(groups).max().getAsInt() + 1).isBetween(150, 340);
        Split split = Split.of(source, groups, 0.25, 1);
        assertThat(split.heldOut().size()).isBetween(80, 90);
    }

    /// A smooth random picture without symmetry.
    private static PixelImage blotches(int seed) {
        SplitMix64 random = new SplitMix64(seed, 77);
        double[][] blots = new double[12][];
        for (int b = 0; b < blots.length; b++) {
            blots[b] = new double[]{random.uniform(0, SIDE), random.uniform(0, SIDE), random.uniform(-120, 120)};
        }
        byte[] rgb = new byte[SIDE * SIDE * PixelImage.CHANNELS];
        for (int i = 0; i < SIDE * SIDE; i++) {
            double value = 128;
            for (double[] blot : blots) {
                double dy = i / SIDE - blot[0];
                double dx = i % SIDE - blot[1];
                value += blot[2] / (1 + (dx * dx + dy * dy) / 30);
            }
            byte grey = (byte) Math.clamp(Math.round(value), 0, 255);
            Arrays.fill(rgb, i * PixelImage.CHANNELS, (i + 1) * PixelImage.CHANNELS, grey);
        }
        return PixelImage.of(SIDE, SIDE, rgb);
    }

    private static PixelImage mixed(PixelImage a, PixelImage b, double share) {
        byte[] first = a.toBytes();
        byte[] second = b.toBytes();
        byte[] rgb = new byte[first.length];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) Math.round((1 - share) * (first[i] & 0xFF) + share * (second[i] & 0xFF));
        }
        return PixelImage.of(SIDE, SIDE, rgb);
    }

    private static PixelImage turned(PixelImage image, int symmetry) {
        byte[] rgb = new byte[SIDE * SIDE * PixelImage.CHANNELS];
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                int[] from = turned(y, x, SIDE, symmetry);
                for (int c = 0; c < PixelImage.CHANNELS; c++) {
                    rgb[(y * SIDE + x) * PixelImage.CHANNELS + c] = (byte) image.sample(from[0], from[1], c);
                }
            }
        }
        return PixelImage.of(SIDE, SIDE, rgb);
    }

    private static int[] turned(int y, int x, int side, int symmetry) {
        int fromY = (symmetry & 1) == 0 ? y : side - 1 - y;
        int fromX = (symmetry & 2) == 0 ? x : side - 1 - x;
        return (symmetry & 4) == 0 ? new int[]{fromY, fromX} : new int[]{fromX, fromY};
    }

    private static double correlation(Thumbnail a, Thumbnail b) {
        double best = -1;
        for (int symmetry = 0; symmetry < 8; symmetry++) {
            double dot = 0;
            for (int i = 0; i < Thumbnail.SIDE * Thumbnail.SIDE; i++) {
                int[] from = turned(i / Thumbnail.SIDE, i % Thumbnail.SIDE, Thumbnail.SIDE, symmetry);
                dot += a.value(from[0] * Thumbnail.SIDE + from[1]) * b.value(i);
            }
            best = Math.max(best, dot);
        }
        return best;
    }

    private static int[] components(boolean[][] near) {
        int[] group = new int[near.length];
        Arrays.fill(group, -1);
        int next = 0;
        for (int i = 0; i < near.length; i++) {
            if (group[i] < 0) {
                join(near, group, i, next++);
            }
        }
        return group;
    }

    private static void join(boolean[][] near, int[] group, int i, int to) {
        group[i] = to;
        for (int j = 0; j < near.length; j++) {
            if (near[i][j] && group[j] < 0) {
                join(near, group, j, to);
            }
        }
    }
}

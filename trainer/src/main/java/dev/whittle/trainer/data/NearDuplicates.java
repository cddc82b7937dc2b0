package dev.whittle.trainer.data;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// Groups images that show the same photograph: copies, re-encodings, flips and quarter turns.
///
/// Two images are near-duplicates when their [Thumbnail]s correlate at `threshold` or more under one of the eight symmetries
/// of the square. Groups are the connected components of that relation, so an image and its copy are never in different
/// groups. For unit vectors, correlation ≥ t is the same as squared distance ≤ 2 − 2t; that sum only grows, so most of the
/// n² / 2 comparisons end after a few terms. They begin with the part of the picture that no symmetry changes (its mean over
/// the eight symmetries, an orthogonal projection, which brings no two pictures further apart).
public final class NearDuplicates {
    /// Keeps copies together without chaining all photographs into one group. Measured on the 6,633 casting photographs, which
    /// are slightly turned copies of about 1,300: 0.99 still tears copies apart (2,873 groups), 0.98 gives 1,275 groups with
    /// the largest at 5 % of the images, and 0.97 begins to chain (533 groups, the largest at 14 %).
    public static final double DEFAULT_THRESHOLD = 0.98;

    private static final int SIDE = Thumbnail.SIDE;
    private static final int PIXELS = SIDE * SIDE;
    private static final int SYMMETRIES = 8;
    private static final int[][] TURNED = symmetries();
    private static final int CHUNK = 16;

    private final int size;
    private final float limit;
    private final float[][] invariant;
    private final byte[][] pixels;
    private final float[] scale;

    private NearDuplicates(List<Thumbnail> thumbnails, double threshold) {
        this.size = thumbnails.size();
        this.limit = (float) (2 - 2 * threshold);
        this.invariant = new float[size][];
        this.pixels = new byte[size][];
        this.scale = new float[size];
        for (int i = 0; i < size; i++) {
            pixels[i] = scattered(thumbnails.get(i), TURNED[0]);
            scale[i] = thumbnails.get(i).scale();
            invariant[i] = invariant(thumbnails.get(i));
        }
    }

    /// The group of every image, numbered from 0 in the order of each group's first image.
    ///
    /// @param threshold correlation from which two images count as the same, in (0, 1]
    public static int[] groups(List<Thumbnail> thumbnails, double threshold, int threads) {
        NearDuplicates all = new NearDuplicates(thumbnails, threshold);
        int[] parent = new int[all.size];
        for (int i = 0; i < parent.length; i++) {
            parent[i] = i;
        }
        new ParallelLoader(threads)
                .run(all.size, i -> all.duplicatesOf(thumbnails.get(i), i), (i, duplicates) -> {
                    for (int j : duplicates) {
                        int a = root(parent, i);
                        int b = root(parent, j);
                        parent[Math.max(a, b)] = Math.min(a, b);
                    }
                });
        int[] group = new int[parent.length];
        int groups = 0;
        for (int i = 0; i < parent.length; i++) {
            int root = root(parent, i);
            group[i] = root == i ? groups++ : group[root];
        }
        return group;
    }

    /// Two images that show the same.
    ///
    /// @param image index of the one
    /// @param other index of the other
    /// @param correlation of their thumbnails under the best symmetry
    public record Match(int image, int other, double correlation) {
    }

    /// Those of `images` that have a near-duplicate among `others`, each with the one that is most like it.
    public static List<Match> matches(List<Thumbnail> images, List<Thumbnail> others, double threshold, int threads) {
        NearDuplicates all = new NearDuplicates(others, threshold);
        List<Match> matches = new ArrayList<>();
        new ParallelLoader(threads).run(images.size(), i -> all.closest(images.get(i), i),
                (i, closest) -> closest.ifPresent(matches::add));
        return matches;
    }

    private Optional<Match> closest(Thumbnail thumbnail, int image) {
        float[][] turned = turned(thumbnail);
        return duplicatesOf(thumbnail, size).stream()
                .map(other -> new Match(image, other, correlation(turned, other)))
                .max(Comparator.comparingDouble(Match::correlation));
    }

    private double correlation(float[][] turned, int other) {
        double best = -1;
        for (float[] pixel : turned) {
            double sum = 0;
            for (int i = 0; i < PIXELS; i++) {
                sum += (double) pixel[i] * pixels[other][i];
            }
            best = Math.max(best, sum * scale[other]);
        }
        return best;
    }

    /// The thumbnails of a source, in its order.
    public static List<Thumbnail> thumbnails(ImageSource source, int threads) {
        List<Thumbnail> thumbnails = new ArrayList<>(source.size());
        new ParallelLoader(threads).run(source.size(), source::thumbnail, (i, thumbnail) -> thumbnails.add(thumbnail));
        return thumbnails;
    }

    /// The near-duplicates of `thumbnail` among the first `count` images.
    private List<Integer> duplicatesOf(Thumbnail thumbnail, int count) {
        List<Integer> duplicates = new ArrayList<>();
        float[] unturned = invariant(thumbnail);
        float[][] turned = turned(thumbnail);
        for (int j = 0; j < count; j++) {
            if (near(unturned, invariant[j])) {
                for (float[] pixel : turned) {
                    if (near(pixel, pixels[j], scale[j])) {
                        duplicates.add(j);
                        break;
                    }
                }
            }
        }
        return duplicates;
    }

    private boolean near(float[] a, float[] b) {
        float distance = 0;
        for (int from = 0; from < a.length; from += CHUNK) {
            for (int i = from; i < Math.min(from + CHUNK, a.length); i++) {
                float difference = a[i] - b[i];
                distance += difference * difference;
            }
            if (distance > limit) {
                return false;
            }
        }
        return true;
    }

    private boolean near(float[] a, byte[] codes, float codeScale) {
        float distance = 0;
        for (int from = 0; from < PIXELS; from += CHUNK) {
            for (int i = from; i < from + CHUNK; i++) {
                float difference = a[i] - codes[i] * codeScale;
                distance += difference * difference;
            }
            if (distance > limit) {
                return false;
            }
        }
        return true;
    }

    /// The pixels under every symmetry, in the order of [#scattered].
    private static float[][] turned(Thumbnail thumbnail) {
        float[][] turned = new float[SYMMETRIES][PIXELS];
        for (int s = 0; s < SYMMETRIES; s++) {
            byte[] codes = scattered(thumbnail, TURNED[s]);
            for (int i = 0; i < PIXELS; i++) {
                turned[s][i] = codes[i] * thumbnail.scale();
            }
        }
        return turned;
    }

    private static int root(int[] parent, int i) {
        int root = i;
        while (parent[root] != root) {
            parent[root] = parent[parent[root]];
            root = parent[root];
        }
        return root;
    }

    /// The pixels under a symmetry, in an order that visits the whole picture early: 389 is odd, so its multiples reach each
    /// of the 1024 pixels once.
    private static byte[] scattered(Thumbnail thumbnail, int[] turned) {
        byte[] pixels = new byte[PIXELS];
        for (int i = 0; i < PIXELS; i++) {
            pixels[i] = thumbnail.code(turned[i * 389 % PIXELS]);
        }
        return pixels;
    }

    /// Coordinates of the picture's mean over the symmetries: one for each set of pixels that the symmetries exchange, scaled
    /// by the root of the set's size so that distances stay distances.
    private static float[] invariant(Thumbnail thumbnail) {
        float[] coordinates = new float[SIDE / 2 * (SIDE / 2 + 1) / 2];
        int next = 0;
        for (int y = 0; y < SIDE / 2; y++) {
            for (int x = 0; x <= y; x++) {
                float sum = 0;
                for (int[] turned : TURNED) {
                    sum += thumbnail.value(turned[y * SIDE + x]);
                }
                // On a diagonal the eight symmetries reach four pixels, each twice.
                double members = x == y ? 4 : 8;
                coordinates[next++] = (float) (sum / SYMMETRIES * Math.sqrt(members));
            }
        }
        return coordinates;
    }

    private static int[][] symmetries() {
        int[][] turned = new int[SYMMETRIES][PIXELS];
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                int flippedY = SIDE - 1 - y;
                int flippedX = SIDE - 1 - x;
                int[] sources = {
                    y * SIDE + x, y * SIDE + flippedX, flippedY * SIDE + x, flippedY * SIDE + flippedX,
                    x * SIDE + y, x * SIDE + flippedY, flippedX * SIDE + y, flippedX * SIDE + flippedY
                };
                for (int s = 0; s < SYMMETRIES; s++) {
                    turned[s][y * SIDE + x] = sources[s];
                }
            }
        }
        return turned;
    }
}

package dev.whittle.cli.pipeline;

import dev.whittle.trainer.data.BrokenImage;
import dev.whittle.trainer.data.ContactSheet;
import dev.whittle.trainer.data.DataException;
import dev.whittle.trainer.data.DataSet;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.data.JoinedImages;
import dev.whittle.trainer.data.NearDuplicates;
import dev.whittle.trainer.data.NearDuplicates.Match;
import dev.whittle.trainer.data.NearestNeighbour;
import dev.whittle.trainer.data.ParallelLoader;
import dev.whittle.trainer.data.PixelDigest;
import dev.whittle.trainer.data.Split;
import dev.whittle.trainer.data.Thumbnail;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleConsumer;
import java.util.stream.IntStream;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;
import org.jspecify.annotations.Nullable;

/// The near-duplicates of a data set: their groups, what they let through from one set to another, and a division that keeps
/// groups whole.
public final class Deduplication {
    /// The share that a division by group holds out for testing, and of the rest for validation.
    public static final double HELD_OUT = 0.15;

    private static final int SHEET_PAIRS = 36;
    private static final int SHEET_COLUMNS = 3;
    private static final int SHEET_CELL = 160;

    private final DataSet set;
    private final double threshold;
    private final int threads;
    private final List<Part> parts = new ArrayList<>();
    private final ImageSource all;
    private final List<Thumbnail> thumbnails;
    private final int[] groups;
    private final int groupCount;
    private final List<Leak> leaks = new ArrayList<>();
    private final List<Pair> pairs = new ArrayList<>();

    /// A set as the data set has it; its images are number `first` and following of all.
    private record Part(String name, ImageSource images, int first) {
        int end() {
            return first + images.size();
        }
    }

    /// What one set shows of another.
    ///
    /// @param set whose images are counted
    /// @param of the set that is looked up
    /// @param images in the set
    /// @param pixelIdentical of them, those that are an image of the other set pixel for pixel, as it is, flipped or turned
    /// @param near those that are a near-duplicate of one, the identical ones among them
    /// @param inOtherClass of the near ones, those whose nearest is of another class
    public record Leak(String set, String of, int images, int pixelIdentical, int near, int inOtherClass) {
    }

    /// An image and the one that is most like it in another set.
    private record Pair(int image, int other, double correlation, boolean isIdentical) {
    }

    /// How often the nearest image has the right class.
    ///
    /// @param division which division into sets
    /// @param seenImages to be near to
    /// @param testImages to classify
    /// @param correct of these
    public record Baseline(String division, int seenImages, int testImages, int correct, double accuracy) {
    }

    /// A division of all images by group.
    ///
    /// @param train indices, ascending, and so on
    public record Division(List<Integer> train, List<Integer> validation, List<Integer> test) {
    }

    /// One image in a list of groups.
    public record Member(int group, String set, String path, String label) {
    }

    /// Groups the images of `set` and looks for those in more than one of its sets.
    ///
    /// @param threshold correlation from which two images count as the same
    public Deduplication(DataSet set, double threshold, int threads) {
        this.set = set;
        this.threshold = threshold;
        this.threads = threads;
        add("train", set.train());
        add("validation", set.validation());
        add("test", set.test());
        all = new JoinedImages(parts.stream().map(Part::images).toList());
        thumbnails = NearDuplicates.thumbnails(all, threads);
        groups = NearDuplicates.groups(thumbnails, threshold, threads);
        int most = -1;
        for (int group : groups) {
            most = Math.max(most, group);
        }
        groupCount = most + 1;
        findLeaks();
    }

    private void add(String name, @Nullable ImageSource images) {
        if (images != null) {
            parts.add(new Part(name, images, parts.isEmpty() ? 0 : parts.getLast().end()));
        }
    }

    private void findLeaks() {
        long[] digests = digests();
        for (Part part : parts) {
            for (Part other : parts.subList(0, parts.indexOf(part))) {
                Set<Long> known = new HashSet<>();
                for (int i = other.first; i < other.end(); i++) {
                    known.add(digests[i]);
                }
                int identical = 0;
                int otherClass = 0;
                List<Match> matches = NearDuplicates.matches(thumbnails.subList(part.first, part.end()),
                        thumbnails.subList(other.first, other.end()), threshold, threads);
                for (Match match : matches) {
                    boolean isIdentical = known.contains(digests[part.first + match.image()]);
                    identical += isIdentical ? 1 : 0;
                    otherClass += part.images.label(match.image()) == other.images.label(match.other()) ? 0 : 1;
                    pairs.add(new Pair(part.first + match.image(), other.first + match.other(), match.correlation(),
                            isIdentical));
                }
                leaks.add(new Leak(part.name, other.name, part.images.size(), identical, matches.size(), otherClass));
            }
        }
        pairs.sort(Comparator.comparingDouble(Pair::correlation).reversed());
    }

    /// The digests of the images in groups that reach into more than one set; of the others their own number, which no digest
    /// of another image is taken for: identical images are always in one group.
    private long[] digests() {
        int[] setsOf = new int[groupCount];
        for (int p = 0; p < parts.size(); p++) {
            for (int i = parts.get(p).first; i < parts.get(p).end(); i++) {
                setsOf[groups[i]] |= 1 << p;
            }
        }
        long[] digests = new long[groups.length];
        new ParallelLoader(threads).run(groups.length,
                i -> Integer.bitCount(setsOf[groups[i]]) > 1 ? PixelDigest.of(all.image(i)) : i,
                (i, digest) -> digests[i] = digest);
        return digests;
    }

    public List<Leak> leaks() {
        return List.copyOf(leaks);
    }

    public int images() {
        return groups.length;
    }

    public int groups() {
        return groupCount;
    }

    public List<BrokenImage> broken() {
        return set.broken();
    }

    public int largestGroup() {
        int[] sizes = new int[groupCount];
        int largest = 0;
        for (int group : groups) {
            largest = Math.max(largest, ++sizes[group]);
        }
        return largest;
    }

    /// All images with their groups, in the order of the sets.
    public List<Member> members() {
        List<Member> members = new ArrayList<>();
        for (Part part : parts) {
            for (int i = part.first; i < part.end(); i++) {
                members.add(new Member(groups[i], part.name, all.name(i), set.classNames().get(all.label(i))));
            }
        }
        return members;
    }

    /// [#members] as CSV.
    public String membersCsv() {
        List<List<Object>> rows = new ArrayList<>();
        members().forEach(member -> rows.add(List.of(member.group, member.set, member.path, member.label)));
        return csv(List.of("group", "set", "path", "label"), rows);
    }

    /// The pairs that are most like each other, side by side.
    public BufferedImage sheet() {
        return ContactSheet.drawPairs(Math.min(SHEET_PAIRS, pairs.size()), i -> {
            Pair pair = pairs.get(i);
            return new ContactSheet.Pair(all.image(pair.image), all.image(pair.other),
                    String.format(Locale.ROOT, "%s  %s | %s",
                            pair.isIdentical ? "same pixels" : "%.4f".formatted(pair.correlation),
                            lastName(all.name(pair.image)), lastName(all.name(pair.other))));
        }, SHEET_COLUMNS, SHEET_CELL);
    }

    private static String lastName(String name) {
        return name.substring(name.lastIndexOf('/') + 1);
    }

    /// Divides all images anew, whole groups at a time.
    public Division divide(long seed) {
        Split outer = Split.of(all, groups, HELD_OUT, seed);
        ImageSource rest = outer.kept(all);
        int[] restGroups = new int[rest.size()];
        // Groups of the rest are numbered anew, in the order of their first images.
        Map<Integer, Integer> numbers = new HashMap<>();
        for (int i = 0; i < restGroups.length; i++) {
            restGroups[i] = numbers.computeIfAbsent(groups[outer.kept().get(i)], group -> numbers.size());
        }
        Split inner = Split.of(rest, restGroups, HELD_OUT, seed);
        return new Division(inner.kept().stream().map(outer.kept()::get).toList(),
                inner.heldOut().stream().map(outer.kept()::get).toList(), outer.heldOut());
    }

    /// What the nearest neighbour scores on the test set that the data set has, where it has one, and on that of a division,
    /// given all other images each time.
    ///
    /// @param progress told the share that is done
    public List<Baseline> baselines(Division division, DoubleConsumer progress) {
        List<Baseline> baselines = new ArrayList<>();
        NearestNeighbour neighbours = new NearestNeighbour(all, threads, share -> progress.accept(share / 2));
        ImageSource test = set.test();
        if (test != null) {
            int first = parts.getLast().first;
            baselines.add(baseline("as published", IntStream.range(0, first),
                    IntStream.range(first, groups.length), neighbours, share -> progress.accept(0.5 + share / 4)));
        }
        IntStream seen = IntStream.concat(division.train.stream().mapToInt(i -> i),
                division.validation.stream().mapToInt(i -> i)).sorted();
        baselines.add(baseline("by group", seen, division.test.stream().mapToInt(i -> i), neighbours,
                share -> progress.accept(0.75 + share / 4)));
        return baselines;
    }

    private static Baseline baseline(String name, IntStream seen, IntStream test, NearestNeighbour neighbours,
            DoubleConsumer progress) {
        int[] known = seen.toArray();
        int[] asked = test.toArray();
        int correct = neighbours.correct(asked, known, progress);
        return new Baseline(name, known.length, asked.length, correct, (double) correct / asked.length);
    }

    /// Some images as a list of files.
    ///
    /// @param folder that the list will be in: paths are relative to it
    /// @throws DataException if the images are in no files of their own
    public String list(List<Integer> indices, Path folder) {
        List<List<Object>> rows = new ArrayList<>();
        Path from = folder.toAbsolutePath().normalize();
        for (int i : indices) {
            Path file = all.file(i);
            if (file == null) {
                throw new DataException("[%s] %s is in no file of its own, a list can only name files".formatted(
                        set.name(), all.name(i)));
            }
            Path whole = file.toAbsolutePath().normalize();
            boolean sameRoot = whole.getRoot().equals(from.getRoot());
            rows.add(List.of((sameRoot ? from.relativize(whole) : whole).toString().replace('\\', '/'),
                    set.classNames().get(all.label(i)), groups[i]));
        }
        return csv(List.of("path", "label", "group"), rows);
    }

    private static String csv(List<String> header, List<List<Object>> rows) {
        StringWriter text = new StringWriter();
        try (CSVPrinter printer = new CSVPrinter(text, CSVFormat.RFC4180)) {
            printer.printRecord(header);
            for (List<Object> row : rows) {
                printer.printRecord(row);
            }
        } catch (IOException e) {
            // A StringWriter has nothing to fail with.
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }
}

package dev.whittle.cli.pipeline;

import dev.whittle.cli.Sha256;
import dev.whittle.cli.pipeline.Results.SplitCounts;
import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.data.BrokenImage;
import dev.whittle.trainer.data.CastingGenerator;
import dev.whittle.trainer.data.DataSet;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.data.JoinedImages;
import dev.whittle.trainer.data.NearDuplicates;
import dev.whittle.trainer.data.PixelImage;
import dev.whittle.trainer.data.Split;
import dev.whittle.trainer.data.Thumbnail;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/// The images of a run, divided so that near-duplicates are never on both sides of a division that was made here.
///
/// @param name what the images are called
/// @param rule one sentence on how the sets were kept apart
/// @param broken files that were left out
/// @param groups of near-duplicates in everything that was divided, singles counted
/// @param seenTestImages test images that are a near-duplicate of one to train or validate with
public record Photographs(String name, ImageSource training, ImageSource validation, ImageSource test, String rule,
        List<BrokenImage> broken, int groups, int seenTestImages) {
    /// The share that is held out of the training images for testing where there is no test set, and for validation where
    /// nothing else is asked for.
    public static final double HELD_OUT = 0.15;
    /// Images that correlate this much or more stay on one side of a division. At the trainer's own 0.98 whole series of
    /// photographs are one group: of the casting photographs the validation images then look like none that are trained on
    /// (accuracy 0.63 after three epochs where the test set gives 0.86), so that the validation loss cannot choose the best
    /// epoch. At 0.995 it falls with the test set's.
    private static final double COPIES = 0.995;
    /// Larger images than this multiple of what the convolutions see are made smaller before they reach the model.
    private static final int LARGEST_INPUT = 4;

    public Photographs {
        broken = List.copyOf(broken);
    }

    /// What becomes of the sets that the data comes in: they stay as they are, or all images are divided anew, by group.
    public enum Division {
        PUBLISHED, GROUP
    }

    /// As [#read(Path, Division, double, long, int)], with the sets that are there and a validation of [#HELD_OUT].
    public static Photographs read(Path path, long seed, int threads) {
        return read(path, Division.PUBLISHED, HELD_OUT, seed, threads);
    }

    /// The images at a path; see [DataSet#read].
    ///
    /// @param validationShare of the training images that is held out for validation, where there is no such set
    /// @throws dev.whittle.trainer.data.DataException if there are not two classes of images
    public static Photographs read(Path path, Division division, double validationShare, long seed, int threads) {
        DataSet read = DataSet.read(path, threads);
        DataSet set = division == Division.GROUP ? joined(read) : read;
        ImageSource training = set.train();
        ImageSource validation = set.validation();
        ImageSource test = set.test();
        if (validation != null && test != null) {
            return whole(set, training, validation, test, threads);
        }
        List<Thumbnail> thumbnails = NearDuplicates.thumbnails(training, threads);
        int[] groups = NearDuplicates.groups(thumbnails, COPIES, threads);
        int groupCount = count(groups);
        if (test != null) {
            Split split = Split.of(training, groups, validationShare, seed);
            int seenCount =
                    NearDuplicates.matches(NearDuplicates.thumbnails(test, threads), thumbnails, COPIES, threads)
                            .size();
            return new Photographs(set.name(), split.kept(training), split.heldOut(training), test,
                    "Validation holds %.0f %% of the training images, in whole groups of near-duplicates (correlation of %s or more under flips and quarter turns). The test set is the data's own; %d of its %d images are near-duplicates of a training or validation image."
                            .formatted(100 * validationShare, COPIES, seenCount, test.size()),
                    set.broken(), groupCount, seenCount);
        }
        Split outer = Split.of(training, groups, HELD_OUT, seed);
        ImageSource rest = outer.kept(training);
        if (validation != null) {
            return new Photographs(set.name(), rest, validation, outer.heldOut(training),
                    "The test set holds %.0f %% of the training images, in whole groups of near-duplicates (correlation of %s or more under flips and quarter turns). The validation set is the data's own."
                            .formatted(100 * HELD_OUT, COPIES),
                    set.broken(), groupCount, 0);
        }
        int[] restGroups = renumbered(outer.kept().stream().mapToInt(i -> groups[i]).toArray());
        Split inner = Split.of(rest, restGroups, validationShare, seed);
        return new Photographs(set.name(), inner.kept(rest), inner.heldOut(rest), outer.heldOut(training),
                "The test set holds %.0f %% of the images and validation %.0f %% of the others, in whole groups of near-duplicates (correlation of %s or more under flips and quarter turns)."
                        .formatted(100 * HELD_OUT, 100 * validationShare, COPIES),
                set.broken(), groupCount, 0);
    }

    /// All images as one set, to be divided.
    private static DataSet joined(DataSet set) {
        List<ImageSource> sets = Stream.of(set.train(), set.validation(), set.test()).filter(Objects::nonNull).toList();
        return new DataSet(set.name(), new JoinedImages(sets), null, null, set.broken());
    }

    private static Photographs whole(DataSet set, ImageSource training, ImageSource validation, ImageSource test,
            int threads) {
        List<Thumbnail> seen = NearDuplicates.thumbnails(new JoinedImages(List.of(training, validation)), threads);
        int seenCount = NearDuplicates.matches(NearDuplicates.thumbnails(test, threads), seen, COPIES, threads).size();
        return new Photographs(set.name(), training, validation, test,
                "All sets are the data's own; %d of the %d test images are near-duplicates of a training or validation image."
                        .formatted(seenCount, test.size()),
                set.broken(), 0, seenCount);
    }

    /// Generated castings, for which nothing has to be downloaded.
    public static Photographs generate(long seed) {
        return generate(seed, HELD_OUT);
    }

    /// As [#generate(long)], with another share of the training images for validation.
    public static Photographs generate(long seed, double validationShare) {
        return generated(CastingGenerator.dataSet(seed), validationShare, seed);
    }

    /// As [#generate(long)], with other numbers of images and another size, for quick looks and tests.
    public static Photographs generate(long seed, int trainCount, int testCount, int size) {
        return generated(new DataSet("castings (generated, seed " + seed + ")",
                new CastingGenerator(seed, 0, trainCount, size), null,
                new CastingGenerator(seed, trainCount, testCount, size), List.of()), HELD_OUT, seed);
    }

    private static Photographs generated(DataSet set, double validationShare, long seed) {
        ImageSource test = Objects.requireNonNull(set.test());
        int[] groups = set.train().groups(1);
        Split split = Split.of(set.train(), groups, validationShare, seed);
        return new Photographs(set.name(), split.kept(set.train()), split.heldOut(set.train()), test,
                "Validation holds %.0f %% of the training images. Every casting is drawn by itself, so none is in two sets."
                        .formatted(100 * validationShare),
                set.broken(), count(groups), 0);
    }

    private static int count(int[] groups) {
        return (int) Arrays.stream(groups).distinct().count();
    }

    /// Groups numbered from 0 in the order of first appearance.
    private static int[] renumbered(int[] groups) {
        Map<Integer, Integer> numbers = new HashMap<>();
        return Arrays.stream(groups).map(group -> numbers.computeIfAbsent(group, key -> numbers.size())).toArray();
    }

    /// These images, decoded ones kept in memory as far as `budgetBytes` reach.
    Photographs kept(long budgetBytes) {
        AtomicLong budget = new AtomicLong(budgetBytes);
        return new Photographs(name, new KeptImages(training, budget), new KeptImages(validation, budget),
                new KeptImages(test, budget), rule, broken, groups, seenTestImages);
    }

    /// Which images: one of the three sets, or all of them.
    public enum Part {
        TRAIN, VALIDATION, TEST, ALL
    }

    /// The images of one set, or of all.
    public ImageSource part(Part part) {
        return switch (part) {
            case TRAIN -> training;
            case VALIDATION -> validation;
            case TEST -> test;
            case ALL -> new JoinedImages(List.of(training, validation, test));
        };
    }

    public List<String> classNames() {
        return training.classNames();
    }

    /// How many images of each class each set has.
    public List<SplitCounts> counts() {
        return Stream.of(counts("train", training), counts("validation", validation), counts("test", test)).toList();
    }

    /// SHA-256, in hexadecimal digits, of the list of all images: set, class and name of each, in order.
    public String listSha256() {
        MessageDigest digest = Sha256.digest();
        add(digest, "train", training);
        add(digest, "validation", validation);
        add(digest, "test", test);
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void add(MessageDigest digest, String set, ImageSource images) {
        for (int i = 0; i < images.size(); i++) {
            String line = set + "\t" + images.classNames().get(images.label(i)) + "\t" + images.name(i) + "\n";
            digest.update(line.getBytes(StandardCharsets.UTF_8));
        }
    }

    private static SplitCounts counts(String name, ImageSource source) {
        return new SplitCounts(name, Arrays.stream(source.classCounts()).boxed().toList());
    }

    /// The input of a model whose convolutions see `size × size` pixels: the size of the first training image, made
    /// smaller where it is very large. Images of other sizes are resized to it.
    public Shape inputShape(int size) {
        PixelImage first = training.image(0);
        int largest = LARGEST_INPUT * size;
        return Shape.of(Math.min(first.height(), largest), Math.min(first.width(), largest), PixelImage.CHANNELS);
    }
}

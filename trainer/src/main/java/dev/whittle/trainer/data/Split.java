package dev.whittle.trainer.data;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// A division of a source's images into those that are kept and those held out for validation or testing. A group of
/// near-duplicates is never on both sides, and the held-out share of every class is close to the one asked for.
///
/// @param kept indices that stay, ascending
/// @param heldOut indices held out, ascending
public record Split(List<Integer> kept, List<Integer> heldOut) {
    // One long series of photographs must not become most of what a class is judged by.
    private static final double LARGEST_GROUP_OF_SHARE = 0.25;

    public Split {
        kept = List.copyOf(kept);
        heldOut = List.copyOf(heldOut);
    }

    /// Divides the images of `source`.
    ///
    /// Groups are visited in a random order that depends on the seed alone, and a group is held out when it takes none of its
    /// classes above their share. Groups larger than a quarter of a share are visited last, smallest first. A class of which nothing
    /// was held out gives its smallest group. The last group of a class stays, so a class whose images are all near-duplicates of each other is not held out at all; its count in
    /// [#heldOut(ImageSource)] is then 0.
    ///
    /// @param group of each image, as from [NearDuplicates#groups]
    /// @param fraction share of every class to hold out, between 0 and 1; at least one image
    public static Split of(ImageSource source, int[] group, double fraction, long seed) {
        if (!(fraction > 0 && fraction < 1)) {
            throw new IllegalArgumentException("fraction is " + fraction + ", must lie between 0 and 1");
        }
        if (group.length != source.size()) {
            throw new IllegalArgumentException(
                    "groups of %d images for a source of %d".formatted(group.length, source.size()));
        }
        List<Group> groups = groups(source, group);
        Division division = new Division(source, groups, fraction);
        List<Group> order = new ArrayList<>();
        for (int index : shuffled(groups.size(), seed)) {
            order.add(groups.get(index));
        }
        order.sort(Comparator.comparingInt(one -> division.isSmall(one) ? 0 : one.images.size()));
        order.forEach(division::holdOutWithinShare);

        order.sort(Comparator.comparingInt(one -> one.images.size()));
        order.forEach(division::holdOutIfNothingElseIs);

        List<Integer> kept = new ArrayList<>();
        List<Integer> heldOut = new ArrayList<>();
        for (int i = 0; i < source.size(); i++) {
            (division.held[i] ? heldOut : kept).add(i);
        }
        return new Split(kept, heldOut);
    }

    /// The images that stay.
    public ImageSource kept(ImageSource source) {
        return source.subset(kept.stream().mapToInt(i -> i).toArray());
    }

    /// The images held out.
    public ImageSource heldOut(ImageSource source) {
        return source.subset(heldOut.stream().mapToInt(i -> i).toArray());
    }

    private static List<Group> groups(ImageSource source, int[] group) {
        List<Group> groups = new ArrayList<>();
        for (int i = 0; i < group.length; i++) {
            while (groups.size() <= group[i]) {
                groups.add(new Group(source.classNames().size()));
            }
            groups.get(group[i]).images.add(i);
            groups.get(group[i]).counts[source.label(i)]++;
        }
        return groups;
    }

    private static int[] shuffled(int count, long seed) {
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            order[i] = i;
        }
        new SplitMix64(seed, 0).shuffle(order);
        return order;
    }

    /// One group: its images and how many are of each class.
    private static final class Group {
        final List<Integer> images = new ArrayList<>();
        final int[] counts;

        Group(int classes) {
            this.counts = new int[classes];
        }
    }

    /// A division in the making.
    private static final class Division {
        final boolean[] held;
        final int[] share;
        final int[] heldCount;
        final int[] groupsLeft;

        Division(ImageSource source, List<Group> groups, double fraction) {
            int[] counts = source.classCounts();
            held = new boolean[source.size()];
            share = new int[counts.length];
            heldCount = new int[counts.length];
            groupsLeft = new int[counts.length];
            for (int label = 0; label < counts.length; label++) {
                share[label] = (int) Math.max(1, Math.round(fraction * counts[label]));
                for (Group group : groups) {
                    groupsLeft[label] += group.counts[label] > 0 ? 1 : 0;
                }
            }
        }

        boolean isSmall(Group group) {
            for (int label = 0; label < share.length; label++) {
                if (group.counts[label] > Math.max(1, LARGEST_GROUP_OF_SHARE * share[label])) {
                    return false;
                }
            }
            return true;
        }

        void holdOutWithinShare(Group group) {
            for (int label = 0; label < share.length; label++) {
                if (heldCount[label] + group.counts[label] > share[label]) {
                    return;
                }
            }
            holdOut(group);
        }

        void holdOutIfNothingElseIs(Group group) {
            for (int label = 0; label < share.length; label++) {
                if (group.counts[label] > 0 && heldCount[label] == 0) {
                    holdOut(group);
                    return;
                }
            }
        }

        private void holdOut(Group group) {
            for (int label = 0; label < share.length; label++) {
                if (group.counts[label] > 0 && groupsLeft[label] == 1) {
                    return;
                }
            }
            for (int label = 0; label < share.length; label++) {
                heldCount[label] += group.counts[label];
                groupsLeft[label] -= group.counts[label] > 0 ? 1 : 0;
            }
            for (int i : group.images) {
                held[i] = true;
            }
        }
    }
}

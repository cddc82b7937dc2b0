package dev.whittle.cli.pipeline;

import java.util.List;

/// What one run of the main job found. `results.json` is this record, and the report is made from it.
///
/// @param format the version of this layout, [#FORMAT]
/// @param whittle the version that ran
/// @param command the command line that repeats the run
/// @param data what the images are called
/// @param seed of the split, the weights and the augmentation
/// @param splits what each class has in the training, validation and test images
/// @param splitRule one sentence on how the sets were kept apart
/// @param broken image files that were left out, each with its reason
/// @param nearDuplicateGroups groups of images of the same photograph among the training images, singles counted
/// @param seenTestImages test images that are a near-duplicate of a training or validation image
/// @param sampleSheet file name of the picture with samples of each class
public record Results(int format, String whittle, String command, String data, long seed, int threads,
        List<String> classNames, List<SplitCounts> splits, String splitRule, List<String> broken,
        int nearDuplicateGroups, int seenTestImages, String sampleSheet, List<Experiment> experiments) {
    public static final int FORMAT = 1;

    public Results {
        classNames = List.copyOf(classNames);
        splits = List.copyOf(splits);
        broken = List.copyOf(broken);
        experiments = List.copyOf(experiments);
    }

    /// The images of one set.
    ///
    /// @param name `train`, `validation` or `test`
    /// @param classes images of each class
    public record SplitCounts(String name, List<Integer> classes) {
        public SplitCounts {
            classes = List.copyOf(classes);
        }

        public int total() {
            return classes.stream().mapToInt(Integer::intValue).sum();
        }
    }
}

package dev.whittle.cli.pipeline;

import dev.whittle.trainer.network.TrainingSettings;
import java.nio.file.Path;
import java.util.List;

/// How the main job goes.
///
/// @param whittle the version that runs, for the record
/// @param command the command line that repeats the run, for the record
/// @param out where everything is written
/// @param sizes pixels on each side that the convolutions see, one experiment each
/// @param training of the float network; its checkpoints go below `out`
/// @param resume goes on from the checkpoints of a killed run
/// @param calibrationImages for the ranges of int8 activations
/// @param explanations how many predictions are explained in each experiment
/// @param limeSamples perturbed copies for each explanation
public record PipelineSettings(String whittle, String command, Path out, List<Integer> sizes, TrainingSettings training,
        float dropout, boolean resume, int calibrationImages, int explanations, int limeSamples) {
    public PipelineSettings {
        sizes = List.copyOf(sizes);
        if (sizes.isEmpty()) {
            throw new IllegalArgumentException("no size to train at, give at least one");
        }
    }
}

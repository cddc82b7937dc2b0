package dev.whittle.cli.command;

import dev.whittle.cli.OptionGroup;
import dev.whittle.trainer.compression.Clustering;
import dev.whittle.trainer.compression.Pruning;
import dev.whittle.trainer.compression.SparsityPattern;
import dev.whittle.trainer.compression.SparsitySchedule;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// What is made of a network's kernels.
final class CompressionOptions implements OptionGroup {
    private static final Pattern SHARE = Pattern.compile("(0?\\.\\d+)(?:,block=(\\d{1,4})x(\\d{1,4}))?");
    private static final Pattern GROUPS = Pattern.compile("nm=(\\d{1,4}):(\\d{1,4})");

    @Option(names = "--prune", paramLabel = "WHAT", description = "Make the smallest weights zero: 0.8 for that share of each kernel, 0.8,block=1x4 for blocks of 1 output channel by 4 input channels, nm=2:4 for 2 of every 4 input channels.") private @Nullable String prune;

    @Option(names = "--prune-begin", paramLabel = "EPOCHS", defaultValue = "0", description = "When pruning begins (default: ${DEFAULT-VALUE}).") private double pruneBegin;

    @Option(names = "--prune-end", paramLabel = "EPOCHS", description = "When the last weights are pruned (default: after half of the epochs).") private @Nullable Double pruneEnd;

    @Option(names = "--prune-schedule", paramLabel = "HOW", defaultValue = "polynomial", description = "polynomial: many weights at first and fewer and fewer towards the end; constant: all at the beginning (default: ${DEFAULT-VALUE}; nm is always constant).") private ScheduleName schedule =
            ScheduleName.POLYNOMIAL;

    @Option(names = "--prune-every", paramLabel = "STEPS", defaultValue = "20", description = "Updates from one pruning to the next (default: ${DEFAULT-VALUE}).") private int pruneEvery;

    @Option(names = "--cluster", paramLabel = "N", description = "Give each kernel N different values, after pruning where both are asked for: 2 to 256.") private @Nullable Integer clusters;

    enum ScheduleName {
        POLYNOMIAL, CONSTANT
    }

    @Spec(Spec.Target.MIXEE) private CommandSpec spec = CommandSpec.create();

    /// The pruning that was asked for; null for none.
    ///
    /// @param batches in an epoch
    @Nullable
    Pruning pruning(int epochs, int batches) {
        if (prune == null) {
            return null;
        }
        double endEpoch = pruneEnd == null ? Math.max(pruneBegin, epochs / 2.0) : pruneEnd;
        if (!(pruneBegin >= 0 && endEpoch >= pruneBegin && endEpoch <= epochs && pruneBegin < epochs)) {
            throw new ParameterException(spec.commandLine(),
                    "--prune-begin is %s, --prune-end %s and --epochs %d, must rise in this order".formatted(pruneBegin,
                            endEpoch, epochs));
        }
        long begin = Math.round(pruneBegin * batches) + 1;
        long end = Math.max(Math.round(endEpoch * batches), begin + 1);
        Matcher groups = GROUPS.matcher(prune);
        if (groups.matches()) {
            return Pruning.nOfM(Integer.parseInt(groups.group(1)), Integer.parseInt(groups.group(2)), begin);
        }
        Matcher share = SHARE.matcher(prune);
        if (!share.matches()) {
            throw new ParameterException(spec.commandLine(),
                    "--prune is " + prune + ", expected a share such as 0.8, 0.8,block=1x4 or nm=2:4");
        }
        double sparsity = Double.parseDouble(share.group(1));
        return new Pruning(share.group(2) == null
                ? new SparsityPattern.Unstructured()
                : new SparsityPattern.Block(Integer.parseInt(share.group(2)), Integer.parseInt(share.group(3))),
                schedule == ScheduleName.CONSTANT
                        ? new SparsitySchedule.Constant(sparsity, begin)
                        : new SparsitySchedule.PolynomialDecay(sparsity, begin, end, pruneEvery));
    }

    /// The clustering that was asked for; null for none.
    @Nullable
    Clustering clustering() {
        return clusters == null ? null : new Clustering(clusters);
    }

    @Override
    public String heading() {
        return "Compression";
    }
}

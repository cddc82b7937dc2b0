package dev.whittle.cli.command;

import dev.whittle.cli.OptionGroup;
import dev.whittle.cli.pipeline.Samples;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.quantizer.calibrate.ArraySamples;
import dev.whittle.quantizer.calibrate.Calibration;
import dev.whittle.quantizer.calibrate.CalibrationRecord;
import dev.whittle.quantizer.calibrate.Calibrator;
import dev.whittle.quantizer.calibrate.RandomSamples;
import dev.whittle.quantizer.calibrate.RepresentativeSet;
import dev.whittle.quantizer.correct.Correction;
import dev.whittle.quantizer.correct.Corrections;
import dev.whittle.quantizer.observe.CalibrationMethod;
import dev.whittle.quantizer.observe.Range;
import dev.whittle.quantizer.recipe.Recipe;
import dev.whittle.quantizer.recipe.Rule;
import dev.whittle.quantizer.rule.QuantizationRule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// How ranges are measured, and on what.
final class CalibrationOptions implements OptionGroup {
    private static final Range PIXELS = new Range(0, 255);

    @Option(names = "--calibration", paramLabel = "METHOD", description = "How a range is taken from what a tensor held: min_max, moving_average[:MOMENTUM], percentile[:PERCENT], entropy or mse (default: min_max).") private @Nullable String method;

    @Option(names = "--npy", paramLabel = "PATH", description = "Samples instead of images: a .npy file of one sample or more, or a folder of them; with several inputs their names end in the input's number, as in in_0_1.npy.") private @Nullable Path arrays;

    @Option(names = "--random", paramLabel = "N", description = "So many random samples instead of images, from --distribution and --seed.") private int random;

    @Option(names = "--distribution", paramLabel = "HOW", defaultValue = "uniform:-1:1", description = "Of random samples: uniform:LOW:HIGH or normal:MEAN:DEVIATION (default: ${DEFAULT-VALUE}).") private String distribution =
            "";

    @Option(names = "--correct", paramLabel = "LIST", split = ",", description = "Before calibration: equalize (cross-layer equalization), adaround (learned rounding of weights), bias (bias correction); one or more, divided by commas.") private List<Correction> corrections =
            List.of();

    @Spec(Spec.Target.MIXEE) private CommandSpec spec = CommandSpec.create();

    /// The method that was asked for.
    Optional<CalibrationMethod> method() {
        return Optional.ofNullable(method).map(text -> parsed("--calibration", text, CalibrationMethod::of));
    }

    /// Corrects a float model, where that was asked for.
    ///
    /// @param recipe says the bits of weights
    /// @param data the images, where there are no other samples
    /// @param count images at most
    Model correct(Model model, Recipe recipe, DataOptions data, int count) throws IOException {
        return corrections.isEmpty() ? model : corrected(model, recipe, data, set(model, data, count));
    }

    /// Corrects a float model and measures the ranges of its activations.
    ///
    /// @param recipe says the method for each operator
    /// @param data the images, where there are no other samples
    /// @param count images at most
    CalibratedModel calibrate(Model model, Recipe recipe, DataOptions data, int count) throws IOException {
        CalibrationMethod chosen = method().orElse(new CalibrationMethod.MinMax());
        Map<String, CalibrationMethod> methods = recipe.calibrationMethods(model);
        RepresentativeSet set = set(model, data, count);
        Model corrected = corrections.isEmpty() ? model : corrected(model, recipe, data, set);
        Calibrator calibrator = Calibrator.of(name -> methods.getOrDefault(name, chosen)).withThreads(data.threads());
        Calibration calibration = (isOnImages() ? calibrator.withInputRange(0, PIXELS) : calibrator)
                .calibrate(corrected, set.samples());
        Map<String, String> others = methods.entrySet().stream().filter(entry -> !entry.getValue().equals(chosen))
                .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().text()));
        return new CalibratedModel(corrected, calibration, CalibrationRecord
                .of(set, chosen.text(), corrections.stream().distinct().sorted().map(CalibrationOptions::name).toList())
                .withMethods(others));
    }

    private boolean isOnImages() {
        return arrays == null && random == 0;
    }

    private RepresentativeSet set(Model model, DataOptions data, int count) throws IOException {
        return isOnImages() ? Samples.of(model, data.required(), count, data.threads()) : others(model, data);
    }

    private Model corrected(Model model, Recipe recipe, DataOptions data, RepresentativeSet set) {
        return Corrections.of(Set.copyOf(corrections), data.seed(), data.threads())
                .withWeightBits(weightBits(model, recipe))
                .apply(model, Samples.toCorrectWith(set), (correction, layer, done, total) -> spec.commandLine()
                        .getErr().println(name(correction) + ": layer " + done + " of " + total + ", " + layer));
    }

    /// Of all weights that become integers, which corrections round alike.
    private int weightBits(Model model, Recipe recipe) {
        List<Operator> operators = model.primary().operators();
        List<Rule> rules = recipe.rulesFor(model);
        List<Integer> bits = IntStream.range(0, rules.size())
                .filter(i -> rules.get(i).mode().hasIntegerWeights()
                        && QuantizationRule.of(operators.get(i).options()) instanceof QuantizationRule.Weighted)
                .mapToObj(i -> rules.get(i).weightBits()).distinct().sorted().toList();
        if (bits.size() > 1) {
            throw new ParameterException(spec.commandLine(),
                    "--correct rounds all weights alike, the recipe gives them " + bits + " bits");
        }
        return bits.isEmpty() ? Byte.SIZE : bits.getFirst();
    }

    private static String name(Correction correction) {
        return correction.name().toLowerCase(Locale.ROOT);
    }

    private <T> T parsed(String option, String text, Function<String, T> parser) {
        try {
            return parser.apply(text);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), option + ": " + e.getMessage(), e);
        }
    }

    private RepresentativeSet others(Model model, DataOptions data) throws IOException {
        if (data.choice().isPresent() || (arrays != null && random != 0)) {
            throw new ParameterException(spec.commandLine(),
                    "--npy, --random and images are samples each, expected one of them");
        }
        return arrays != null
                ? ArraySamples.read(arrays, model)
                : RandomSamples.of(model, parsed("--distribution", distribution, RandomSamples.Distribution::of),
                        random,
                        data.seed());
    }

    @Override
    public String heading() {
        return "Calibration";
    }
}

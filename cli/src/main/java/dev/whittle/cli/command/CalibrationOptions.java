package dev.whittle.cli.command;

import dev.whittle.cli.OptionGroup;
import dev.whittle.cli.pipeline.Photographs;
import dev.whittle.cli.pipeline.Samples;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Shape;
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
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// How ranges are measured, and on what.
final class CalibrationOptions implements OptionGroup {
    private static final Range PIXELS = new Range(0, 255);
    /// Their activations are in memory, twice, while a layer is corrected.
    private static final int CORRECTED_WITH = 64;

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

    /// Corrects a float model and measures the ranges of its activations.
    ///
    /// @param recipe says the method for each operator
    /// @param data the images, where there are no other samples
    /// @param count images at most
    CalibratedModel calibrate(Model model, Recipe recipe, DataOptions data, int count) throws IOException {
        CalibrationMethod chosen = method().orElse(new CalibrationMethod.MinMax());
        Map<String, CalibrationMethod> methods = recipe.calibrationMethods(model);
        boolean onImages = arrays == null && random == 0;
        RepresentativeSet set = onImages ? images(model, data.required(), count, data.threads())
                : others(model, data);
        Corrections chosenCorrections = Corrections.of(Set.copyOf(corrections), data.seed(), data.threads());
        Model corrected = corrections.isEmpty() ? model
                : chosenCorrections.apply(model, spread(set), (correction, layer, done, total) -> spec.commandLine()
                        .getErr().println(name(correction) + ": layer " + done + " of " + total + ", " + layer));
        Calibrator calibrator = Calibrator.of(name -> methods.getOrDefault(name, chosen)).withThreads(data.threads());
        Calibration calibration = (onImages ? calibrator.withInputRange(0, PIXELS) : calibrator)
                .calibrate(corrected, set.samples());
        Map<String, String> others = methods.entrySet().stream().filter(entry -> !entry.getValue().equals(chosen))
                .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().text()));
        return new CalibratedModel(corrected, calibration,
                CalibrationRecord.of(set, chosen.text(),
                        chosenCorrections.inOrder().stream().map(CalibrationOptions::name).toList())
                        .withMethods(others));
    }

    private static String name(Correction correction) {
        return correction.name().toLowerCase(Locale.ROOT);
    }

    /// As many samples as corrections hold at a time, spread over all, which come class by class.
    private static List<List<float[]>> spread(RepresentativeSet set) {
        int taken = Math.min(CORRECTED_WITH, set.size());
        List<List<float[]>> samples = new ArrayList<>();
        int number = 0;
        for (List<float[]> sample : set.samples()) {
            if ((long) samples.size() * set.size() / taken == number) {
                samples.add(sample);
            }
            number++;
        }
        return samples;
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

    private static RepresentativeSet images(Model model, Photographs photographs, int count, int threads) {
        List<Integer> inputs = model.primary().inputs();
        Shape input = model.primary().tensor(inputs.getFirst()).shape();
        if (inputs.size() != 1 || input.rank() != 4) {
            throw new IllegalArgumentException(
                    "[%s] has the inputs %s, calibration on images needs one [batch, height, width, 3]"
                            .formatted(model.source(), inputs.stream()
                                    .map(tensor -> model.primary().tensor(tensor).shape()).toList()));
        }
        Shape image = Shape.of(input.dimension(1), input.dimension(2), input.dimension(3));
        return RepresentativeSet.ofImages(photographs.name(), photographs.training(), count,
                Samples.of(photographs.training(), count, image, threads));
    }

    @Override
    public String heading() {
        return "Calibration";
    }
}

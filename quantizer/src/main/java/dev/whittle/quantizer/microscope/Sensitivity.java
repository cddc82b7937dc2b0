package dev.whittle.quantizer.microscope;

import dev.whittle.converter.write.ModelWriter;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.quantizer.calibrate.Calibration;
import dev.whittle.quantizer.microscope.SensitivityReport.OperatorSensitivity;
import dev.whittle.quantizer.microscope.SensitivityReport.ParetoPoint;
import dev.whittle.quantizer.microscope.SimulatedModel.SimulatedOperator;
import dev.whittle.quantizer.microscope.SimulatedRun.Activations;
import dev.whittle.quantizer.recipe.Mode;
import dev.whittle.quantizer.recipe.Recipe;
import dev.whittle.quantizer.recipe.Rule;
import dev.whittle.quantizer.rewrite.Ends;
import dev.whittle.quantizer.rewrite.Quantizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

/// Finds the operators that lose accuracy when they are quantized, and mixed precisions worth their bytes, by fake
/// quantization in float. All questions of a pass are asked of a sample while its float activations, and those of the
/// model that is int8 throughout, are at hand: only what differs from one of the two is computed.
public final class Sensitivity {
    private final SimulatedModel model;
    private final Calibration calibration;
    private final int threads;

    /// @param model a float model
    /// @param calibration its activations' int8 parameters
    /// @param threads that share the samples; results are the same to rounding of the sums
    public Sensitivity(Model model, Calibration calibration, int threads) {
        this.model = new SimulatedModel(model, calibration);
        this.calibration = calibration;
        this.threads = threads;
    }

    /// Which precisions a question is about, and of which two runs it differs less.
    private record Question(Precision[] precisions, boolean isNearFloat) {
    }

    /// Judges on the samples.
    ///
    /// @throws IllegalArgumentException when there is no sample, or no operator that can be quantized
    public SensitivityReport run(Samples samples) {
        Model plain = model.model();
        if (samples.count() < 1) {
            throw new IllegalArgumentException("[" + plain.source() + "] no samples, expected at least one");
        }
        List<SimulatedOperator> choices = model.operators().stream().filter(SimulatedOperator::isChoice).toList();
        if (choices.isEmpty()) {
            throw new IllegalArgumentException(
                    "[" + plain.source() + "] no operator can be int8, expected a float model with some");
        }
        Precision[] allFloat = model.uniform(Precision.FLOAT);
        Precision[] allInt8 = model.uniform(Precision.INT8);
        List<Question> questions = new ArrayList<>(List.of(new Question(allFloat, true), new Question(allInt8, false)));
        for (SimulatedOperator choice : choices) {
            questions.add(new Question(model.with(allFloat, choice.number(), Precision.INT8), true));
            questions.add(new Question(model.with(allInt8, choice.number(), Precision.FLOAT), false));
        }
        List<SimulatedOperator> narrow =
                choices.stream().filter(choice -> choice.canBe(Precision.INT8_WITH_INT4_WEIGHTS)).toList();
        for (SimulatedOperator choice : narrow) {
            questions.add(new Question(
                    model.with(allInt8, choice.number(), Precision.INT8_WITH_INT4_WEIGHTS), false));
        }
        List<ScoreSums> answers = answers(samples, questions);
        ScoreSums int8 = answers.get(1);

        List<OperatorSensitivity> operators = new ArrayList<>();
        double[] gain = new double[model.operators().size()];
        double[] loss = new double[model.operators().size()];
        for (int i = 0; i < choices.size(); i++) {
            SimulatedOperator choice = choices.get(i);
            ScoreSums leftFloat = answers.get(3 + 2 * i);
            operators.add(new OperatorSensitivity(choice.number(), choice.operator().code().name(), choice.name(),
                    choice.weights(), answers.get(2 + 2 * i).score(), leftFloat.score()));
            // Noise spared for each weight that takes three bytes more; what has no weights costs next to nothing.
            gain[choice.number()] = (int8.noiseToSignal() - leftFloat.noiseToSignal()) / (1 + choice.weights());
        }
        for (int i = 0; i < narrow.size(); i++) {
            SimulatedOperator choice = narrow.get(i);
            ScoreSums fourBits = answers.get(2 + 2 * choices.size() + i);
            loss[choice.number()] = (fourBits.noiseToSignal() - int8.noiseToSignal()) / (1 + choice.weights());
        }
        operators.sort(Comparator.comparingDouble((OperatorSensitivity one) -> known(one.alone().accuracy()))
                .thenComparingDouble(one -> one.alone().sqnr()));
        return new SensitivityReport(plain.source(), samples.count(), answers.getFirst().score(), int8.score(),
                operators,
                front(samples, choices, narrow, gain, loss));
    }

    /// NaN, which stands for no classes, in no order.
    private static double known(double accuracy) {
        return Double.isNaN(accuracy) ? 0 : accuracy;
    }

    /// From int8 throughout one way by giving weights 4 bits, the cheapest first, the other by leaving operators float,
    /// the most rewarding first; each step of both ways is judged.
    private List<ParetoPoint> front(Samples samples, List<SimulatedOperator> choices, List<SimulatedOperator> narrow,
            double[] gain, double[] loss) {
        List<Precision[]> candidates = new ArrayList<>();
        Precision[] next = model.uniform(Precision.INT8);
        candidates.add(next);
        for (SimulatedOperator choice : sorted(narrow, loss)) {
            next = model.with(next, choice.number(), Precision.INT8_WITH_INT4_WEIGHTS);
            candidates.add(next);
        }
        next = model.uniform(Precision.INT8);
        for (SimulatedOperator choice : sorted(choices, gain).reversed()) {
            next = model.with(next, choice.number(), Precision.FLOAT);
            candidates.add(next);
        }
        List<ScoreSums> answers =
                answers(samples, candidates.stream().map(precisions -> new Question(precisions, false)).toList());
        List<ParetoPoint> points = new ArrayList<>();
        for (int i = 0; i < candidates.size(); i++) {
            points.add(point(candidates.get(i), answers.get(i).score()));
        }
        points.sort(Comparator.comparingLong(ParetoPoint::bytes).thenComparing(ParetoPoint::score,
                (one, other) -> one.isBetterThan(other) ? -1 : other.isBetterThan(one) ? 1 : 0));
        List<ParetoPoint> front = new ArrayList<>();
        for (ParetoPoint point : points) {
            if (front.isEmpty() || point.score().isBetterThan(front.getLast().score())) {
                front.add(point);
            }
        }
        return front;
    }

    private static List<SimulatedOperator> sorted(List<SimulatedOperator> operators, double[] by) {
        return operators.stream().sorted(Comparator.comparingDouble(operator -> by[operator.number()])).toList();
    }

    private ParetoPoint point(Precision[] precisions, Score score) {
        Recipe recipe = recipe(precisions);
        long bytes = ModelWriter
                .toBytes(Quantizer.quantize(model.model(), recipe, calibration, Ends.of(ElementType.FLOAT32))).length;
        List<Integer> floats = new ArrayList<>();
        List<Integer> fourBits = new ArrayList<>();
        for (SimulatedOperator operator : model.operators()) {
            if (operator.isChoice() && precisions[operator.number()] == Precision.FLOAT) {
                floats.add(operator.number());
            }
            if (precisions[operator.number()] == Precision.INT8_WITH_INT4_WEIGHTS) {
                fourBits.add(operator.number());
            }
        }
        return new ParetoPoint(recipe, floats, fourBits, bytes, score);
    }

    /// Rules for what is not int8 with weights of 8 bits, by name, and one for all others.
    private Recipe recipe(Precision[] precisions) {
        List<Rule> rules = new ArrayList<>();
        for (SimulatedOperator operator : model.operators()) {
            String name = "^" + Pattern.quote(operator.name()) + "$";
            switch (precisions[operator.number()]) {
                case FLOAT -> rules.add(Rule.of(Mode.FLOAT).forName(name));
                case INT8_WITH_INT4_WEIGHTS -> rules.add(Rule.of(Mode.INT8).forName(name).withWeights(4, null));
                case INT8 -> {
                    // The last rule's.
                }
            }
        }
        rules.add(Rule.of(Mode.INT8));
        return new Recipe(rules);
    }

    /// The sums of each question over all samples.
    private List<ScoreSums> answers(Samples samples, List<Question> questions) {
        AtomicInteger next = new AtomicInteger();
        int workers = Math.min(threads, samples.count());
        List<ScoreSums> sums = newSums(questions.size());
        try (ExecutorService executor = Executors.newFixedThreadPool(workers)) {
            List<Future<List<ScoreSums>>> parts = new ArrayList<>();
            for (int worker = 0; worker < workers; worker++) {
                parts.add(executor.submit(() -> part(samples, next, questions)));
            }
            for (Future<List<ScoreSums>> part : parts) {
                List<ScoreSums> added = part.get();
                for (int i = 0; i < sums.size(); i++) {
                    sums.get(i).add(added.get(i));
                }
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
        return sums;
    }

    private List<ScoreSums> part(Samples samples, AtomicInteger next, List<Question> questions) {
        List<ScoreSums> sums = newSums(questions.size());
        int output = model.model().primary().outputs().getFirst();
        Precision[] allFloat = model.uniform(Precision.FLOAT);
        Precision[] allInt8 = model.uniform(Precision.INT8);
        try (SimulatedRun run = new SimulatedRun(model)) {
            for (int sample = next.getAndIncrement(); sample < samples.count(); sample = next.getAndIncrement()) {
                Activations exact = run.run(samples.inputs(sample), allFloat);
                Activations int8 = run.rerun(exact, allInt8);
                for (int i = 0; i < questions.size(); i++) {
                    Question question = questions.get(i);
                    Activations answer = run.rerun(question.isNearFloat() ? exact : int8, question.precisions());
                    sums.get(i).add(exact.values()[output], answer.values()[output], samples.label(sample));
                }
            }
        }
        return sums;
    }

    private static List<ScoreSums> newSums(int count) {
        ScoreSums[] sums = new ScoreSums[count];
        Arrays.setAll(sums, _ -> new ScoreSums());
        return List.of(sums);
    }
}

package dev.whittle.quantizer.microscope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.converter.write.ModelWriter;
import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.quantizer.microscope.SensitivityReport.OperatorSensitivity;
import dev.whittle.quantizer.microscope.SensitivityReport.ParetoPoint;
import dev.whittle.quantizer.recipe.RecipeJson;
import dev.whittle.quantizer.rewrite.Ends;
import dev.whittle.quantizer.rewrite.Quantizer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SensitivityTest {
    private static final SensitivityReport REPORT =
            new Sensitivity(Residual.PLAIN, Residual.CALIBRATION, 2).run(Samples.of(Residual.INPUTS));

    private static double sqnr(Model model) {
        ScoreSums sums = new ScoreSums();
        try (Interpreter real = Interpreter.of(Residual.PLAIN); Interpreter integer = Interpreter.of(model)) {
            for (List<float[]> input : Residual.INPUTS) {
                real.input(0).putFloats(input.getFirst());
                real.invoke();
                integer.input(0).putFloats(input.getFirst());
                integer.invoke();
                sums.add(real.output(0).toFloats(), integer.output(0).toFloats(), Samples.NO_LABEL);
            }
        }
        return sums.score().sqnr();
    }

    @Test
    void theFloatModelHasNoNoiseAndQuantizingHas() {
        assertThat(REPORT.plain().sqnr()).isInfinite();
        assertThat(REPORT.quantized().sqnr()).isBetween(10.0, 80.0);
    }

    @Test
    void operatorsAreRankedByWhatTheyCostAlone() {
        List<Double> alone = REPORT.operators().stream().map(one -> one.alone().sqnr()).toList();

        assertThat(alone).hasSize(10).isSorted();
        assertThat(REPORT.operators()).extracting(OperatorSensitivity::type).contains("CONV_2D", "ADD", "SOFTMAX")
                .doesNotContain("AVERAGE_POOL_2D", "RESHAPE");
    }

    @Test
    void simulationAgreesWithTheIntegerModelToTwoDecibels() {
        assertThat(REPORT.quantized().sqnr()).isCloseTo(sqnr(Residual.INT8), within(2.0));
    }

    @Test
    void everyPointOfTheFrontIsLargerAndBetterThanTheOneBefore() {
        List<ParetoPoint> front = REPORT.front();

        assertThat(front).hasSizeGreaterThan(3);
        for (int i = 1; i < front.size(); i++) {
            assertThat(front.get(i).bytes()).isGreaterThan(front.get(i - 1).bytes());
            assertThat(front.get(i).score().isBetterThan(front.get(i - 1).score())).isTrue();
        }
    }

    @Test
    void theRecipeOfAPointMakesAFileOfItsSizeAndQuality() {
        for (ParetoPoint point : List.of(REPORT.front().getFirst(), REPORT.front().get(REPORT.front().size() / 2))) {
            Model model = Quantizer.quantize(Residual.PLAIN,
                    RecipeJson.parse("point", RecipeJson.text(point.recipe())),
                    Residual.CALIBRATION, Ends.of(ElementType.FLOAT32));

            assertThat(ModelWriter.toBytes(model)).hasSize((int) point.bytes());
            assertThat(sqnr(model)).isCloseTo(point.score().sqnr(), within(2.0));
        }
    }

    @Test
    void labelsDecideWhereTheyAreKnown() {
        List<Integer> labels = new ArrayList<>();
        Samples labelled = new Samples() {
            @Override
            public int count() {
                return 3;
            }

            @Override
            public List<float[]> inputs(int number) {
                return Residual.INPUTS.get(number);
            }

            @Override
            public int label(int number) {
                labels.add(number);
                return 0;
            }
        };
        SensitivityReport report = new Sensitivity(Residual.PLAIN, Residual.CALIBRATION, 1).run(labelled);

        assertThat(labels).isNotEmpty();
        assertThat(report.plain().accuracy()).isBetween(0.0, 1.0);
        assertThat(REPORT.plain().accuracy()).isNaN();
    }
}

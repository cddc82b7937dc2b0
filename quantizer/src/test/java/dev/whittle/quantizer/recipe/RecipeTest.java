package dev.whittle.quantizer.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whittle.converter.reference.SampleModels;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.quantizer.observe.CalibrationMethod;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecipeTest {
    private static final List<CalibrationMethod> METHODS = List.of(new CalibrationMethod.MinMax(),
            new CalibrationMethod.MovingAverage(0.9f), new CalibrationMethod.Percentile(99.9),
            new CalibrationMethod.Entropy(), new CalibrationMethod.MeanSquaredError());

    @TempDir private Path folder;

    private static <T> T any(Random random, List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    private static Rule rule(Random random) {
        while (true) {
            Mode mode = any(random, List.of(Mode.values()));
            @Nullable Granularity granularity = switch (random.nextInt(4)) {
                case 0 -> new Granularity.PerTensor();
                case 1 -> new Granularity.PerChannel();
                case 2 -> new Granularity.Blockwise(1 + random.nextInt(64));
                default -> null;
            };
            try {
                return new Rule(random.nextBoolean() ? any(random, List.of(OperatorCode.values())) : null,
                        random.nextBoolean() ? any(random, List.of("conv2d.*", "\"quoted\\\\d\"", "ä/é", "")) : null,
                        mode,
                        any(random, mode.weightBits()), granularity,
                        any(random, METHODS));
            } catch (IllegalArgumentException e) {
                // A granularity that the mode does not have: another draw.
            }
        }
    }

    @Test
    void everyRecipeComesBackFromItsText() throws IOException {
        Random random = new Random(5);
        for (int round = 0; round < 500; round++) {
            List<Rule> rules = new ArrayList<>();
            for (int i = random.nextInt(5); i > 0; i--) {
                rules.add(rule(random));
            }
            Recipe recipe = new Recipe(rules);

            assertThat(RecipeJson.parse("recipe.json", RecipeJson.text(recipe))).isEqualTo(recipe);
        }
        Path file = folder.resolve("recipe.json");
        RecipeJson.write(Recipe.of(Mode.INT16X8), file);
        assertThat(RecipeJson.read(file)).isEqualTo(Recipe.of(Mode.INT16X8));
    }

    @Test
    void theFirstRuleThatMatchesCountsAndTheRestStaysFloat() {
        Recipe recipe = Recipe.of(Rule.of(Mode.INT16X8).forName("_1$"),
                Rule.of(Mode.INT8).forOperator(OperatorCode.CONV_2D),
                Rule.of(Mode.UINT8).forOperator(OperatorCode.CONV_2D));

        assertThat(recipe.ruleFor(OperatorCode.CONV_2D, "conv2d_1").mode()).isEqualTo(Mode.INT16X8);
        assertThat(recipe.ruleFor(OperatorCode.CONV_2D, "conv2d").mode()).isEqualTo(Mode.INT8);
        assertThat(recipe.ruleFor(OperatorCode.SOFTMAX, "softmax").mode()).isEqualTo(Mode.FLOAT);
        assertThat(recipe.rulesFor(SampleModels.cnn(1))).extracting(Rule::mode).startsWith(Mode.FLOAT, Mode.FLOAT,
                Mode.INT8).contains(Mode.INT16X8);
    }

    @Test
    void anInputIsCalibratedAsTheOperatorThatTakesItSays() {
        Recipe recipe = Recipe.of(
                Rule.of(Mode.INT8).forOperator(OperatorCode.RESIZE_BILINEAR)
                        .withCalibration(new CalibrationMethod.Entropy()),
                Rule.of(Mode.INT8).forName("conv2d_1").withCalibration(new CalibrationMethod.MeanSquaredError()));

        assertThat(recipe.calibrationMethods(SampleModels.cnn(1)))
                .containsEntry("image", new CalibrationMethod.Entropy())
                .containsEntry("resizing", new CalibrationMethod.Entropy())
                .containsEntry("conv2d_1", new CalibrationMethod.MeanSquaredError())
                .containsEntry("dense", new CalibrationMethod.MinMax());
    }

    @Test
    void whatIsLeftOutIsCustomary() {
        assertThat(RecipeJson.parse("r", "{\"rules\": [{\"mode\": \"weight_only\"}]}"))
                .isEqualTo(Recipe.of(Mode.WEIGHT_ONLY));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', textBlock = """
            {                                   | [r.json] is not JSON: Unexpected end-of-input
            []                                  | [r.json]: [], expected an object
            {"rules": 1}                        | [r.json] rules: 1, expected a list of rules
            {}                                  | [r.json] rules: missing, expected a list of rules
            {"rule": []}                        | [r.json].rule: unknown, expected one of rules
            {"rules": [{}]}                     | [r.json] rules[0].mode: missing, expected one of float, float16,
            {"rules": [{"mode": "int9"}]}       | [r.json] rules[0].mode: "int9", expected one of float, float16,
            {"rules": [{"mode": 8}]}            | [r.json] rules[0].mode: 8, expected a string
            {"rules": [{"mode": "int8", "bits": 4}]}       | [r.json] rules[0].bits: unknown, expected one of calibration,
            {"rules": [{"mode": "int8", "weightBits": 3}]} | [r.json] rules[0]: weight bits of INT8 are 3, supported are [8, 4]
            {"rules": [{"mode": "int8", "weightBits": "4"}]} | [r.json] rules[0].weightBits: "4", expected a whole number
            {"rules": [{"mode": "int8", "name": "("}]}     | [r.json] rules[0]: name "(" is no regular expression: Unclosed group
            {"rules": [{"mode": "int8", "operator": "CONV"}]} | [r.json] rules[0]: operator "CONV", expected a name of the TFLite schema
            {"rules": [{"mode": "int8", "granularity": "row"}]} | [r.json] rules[0]: "row", expected per_tensor, per_channel or blockwise_N
            {"rules": [{"mode": "uint8", "granularity": "per_channel"}]} | [r.json] rules[0]: weights of 8 bits under UINT8 cannot have scales per_channel
            {"rules": [{"mode": "int8", "calibration": "max"}]} | [r.json] rules[0]: calibration method "max", expected min_max,
            """)
    void whatIsNoRecipeIsRefusedInOneLine(String text, String message) {
        assertThatThrownBy(() -> RecipeJson.parse("r.json", text)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message).hasMessageNotContaining("\n");
    }
}

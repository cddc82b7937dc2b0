package dev.whittle.quantizer.rewrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.converter.reference.ReferenceInterpreter;
import dev.whittle.converter.reference.SampleModels;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.quantizer.recipe.Mode;
import dev.whittle.quantizer.recipe.Recipe;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class DynamicRangeModeTest {
    private final Model hybrid = Quantizer.quantize(SampleModels.cnn(1), Recipe.of(Mode.DYNAMIC_RANGE));

    @Test
    void filtersBelow1024ElementsStayFloat() {
        assertThat(Rewrites.input(hybrid, OperatorCode.CONV_2D, 0, 1).type()).isEqualTo(ElementType.FLOAT32);
        assertThat(Rewrites.operator(hybrid, OperatorCode.CONV_2D, 0).version()).isEqualTo(1);
        assertThat(Rewrites.input(hybrid, OperatorCode.FULLY_CONNECTED, 1, 1).type()).isEqualTo(ElementType.FLOAT32);
        assertThat(Rewrites.operator(hybrid, OperatorCode.FULLY_CONNECTED, 1).options())
                .isEqualTo(new Options.FullyConnected(Activation.NONE, false, false));
    }

    @Test
    void convolutionFiltersHaveAScalePerChannelAndVersion5() {
        var filter = Rewrites.input(hybrid, OperatorCode.CONV_2D, 1, 1);

        assertThat(filter.type()).isEqualTo(ElementType.INT8);
        assertThat(Objects.requireNonNull(filter.quantization()).scale()).hasSize(24);
        assertThat(Rewrites.operator(hybrid, OperatorCode.CONV_2D, 1).version()).isEqualTo(5);
    }

    @Test
    void fullyConnectedFiltersHaveOneScaleAndVersion9() {
        var filter = Rewrites.input(hybrid, OperatorCode.FULLY_CONNECTED, 0, 1);

        assertThat(filter.type()).isEqualTo(ElementType.INT8);
        assertThat(Objects.requireNonNull(filter.quantization()).scale()).hasSize(1);
        assertThat(Rewrites.operator(hybrid, OperatorCode.FULLY_CONNECTED, 0).version()).isEqualTo(9);
        assertThat(Rewrites.operator(hybrid, OperatorCode.FULLY_CONNECTED, 0).options())
                .isEqualTo(new Options.FullyConnected(Activation.RELU, false, true));
    }

    @Test
    void biasesAndActivationsStayFloat() {
        assertThat(Rewrites.input(hybrid, OperatorCode.CONV_2D, 1, 2).type()).isEqualTo(ElementType.FLOAT32);
        assertThat(Rewrites.output(hybrid, OperatorCode.CONV_2D, 1).type()).isEqualTo(ElementType.FLOAT32);
    }

    @Test
    void theEngineAgreesWithTheFloatModelAndWithTheReferenceRuntime() {
        float[] image = Rewrites.image(7);

        float[] scores = Rewrites.run(hybrid, image);

        assertThat(scores).containsExactly(Rewrites.run(SampleModels.cnn(1), image), within(0.03f));
        try (ReferenceInterpreter reference = ReferenceInterpreter.of(hybrid)) {
            assertThat(scores).containsExactly(reference.run(image), within(1e-3f));
        }
    }
}

package dev.whittle.quantizer.rewrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.converter.reference.ReferenceInterpreter;
import dev.whittle.converter.reference.SampleModels;
import dev.whittle.converter.write.ModelWriter;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Tensor;
import dev.whittle.quantizer.recipe.Mode;
import dev.whittle.quantizer.recipe.Recipe;
import org.junit.jupiter.api.Test;

class Float16ModeTest {
    private final Model half = Quantizer.quantize(SampleModels.cnn(1), Recipe.of(Mode.FLOAT16));

    @Test
    void noFloat32ConstantIsLeft() {
        assertThat(half.primary().tensors()).filteredOn(Tensor::isConstant).extracting(Tensor::type)
                .containsOnly(ElementType.FLOAT16, ElementType.INT32);
        assertThat(Rewrites.operator(half, OperatorCode.DEQUANTIZE, 0).version()).isEqualTo(3);
    }

    @Test
    void theFileIsAboutHalfAsLong() {
        int whole = ModelWriter.toBytes(SampleModels.cnn(1)).length;

        assertThat(ModelWriter.toBytes(half).length).isLessThan(whole * 6 / 10);
    }

    @Test
    void theEngineAgreesWithTheFloatModelAndWithTheReferenceRuntime() {
        float[] image = Rewrites.image(7);

        float[] scores = Rewrites.run(half, image);

        assertThat(scores).containsExactly(Rewrites.run(SampleModels.cnn(1), image), within(5e-3f));
        try (ReferenceInterpreter reference = ReferenceInterpreter.of(half)) {
            assertThat(scores).containsExactly(reference.run(image), within(1e-5f));
        }
    }
}

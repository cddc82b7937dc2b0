package dev.whittle.quantizer.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whittle.converter.lower.SubgraphBuilder;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.quantizer.observe.CalibrationMethod;
import dev.whittle.quantizer.observe.Range;
import dev.whittle.quantizer.rule.Int8;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CalibratorTest {
    /// `image · 0.5 + 1`, then ReLU, then itself squared.
    private static Model model() {
        SubgraphBuilder builder = new SubgraphBuilder();
        Shape shape = Shape.of(-1, 4);
        int image = builder.input("image", shape);
        int scaled = builder.operator(new Options.Mul(Activation.NONE), "scaled", shape, image,
                builder.constant("scale", Shape.of(), 0.5f));
        int shifted = builder.operator(new Options.Add(Activation.NONE), "shifted", shape, scaled,
                builder.constant("shift", Shape.of(), 1));
        int relu = builder.operator(Options.Plain.RELU, "relu", shape, shifted);
        int square = builder.operator(new Options.Mul(Activation.NONE), "square", shape, relu, relu);
        return new Model("m.tflite", Model.SCHEMA_VERSION, "", List.of(builder.build("main", square)), List.of(),
                List.of());
    }

    private static int index(String name) {
        return model().primary().tensors().stream().map(tensor -> tensor.name()).toList().indexOf(name);
    }

    private static List<List<float[]>> samples(float[]... samples) {
        return Arrays.stream(samples).map(List::of).toList();
    }

    @Test
    void minMaxCoversAllThatWasSeen() {
        Calibration calibration = Calibrator.minMax()
                .calibrate(model(), samples(new float[]{-4, 0, 2, 4}, new float[]{0, 0, 8, 1}));

        assertThat(calibration.parameters()).containsOnly(
                Map.entry(index("image"), Int8.covering(new Range(-4, 8))),
                Map.entry(index("scaled"), Int8.covering(new Range(-2, 4))),
                Map.entry(index("shifted"), Int8.covering(new Range(-1, 5))),
                Map.entry(index("relu"), Int8.covering(new Range(0, 5))),
                Map.entry(index("square"), Int8.covering(new Range(0, 25))));
    }

    @Test
    void knownInputRangesCarryThroughThePreprocessing() {
        Calibration calibration = Calibrator.minMax().withInputRange(0, new Range(0, 255))
                .calibrate(model(), samples(new float[]{3, 7, 9, 11}));

        assertThat(calibration.parameters()).contains(
                Map.entry(index("image"), QuantizationParameters.perTensor(1, -128)),
                Map.entry(index("scaled"), QuantizationParameters.perTensor(0.5f, -128)),
                Map.entry(index("shifted"), Int8.covering(new Range(0, 128.5f))),
                Map.entry(index("relu"), Int8.covering(new Range(0, 6.5f))));
    }

    @Test
    void aMovingAverageFollowsSlowly() {
        Calibration calibration = Calibrator.of(new CalibrationMethod.MovingAverage(0.5f))
                .calibrate(model(), samples(new float[]{-4, 0, 2, 4}, new float[]{0, 0, 8, 1}));

        assertThat(calibration.parameters()).containsEntry(index("image"), Int8.covering(new Range(-2, 6)));
    }

    @Test
    void eachTensorCanHaveAMethodOfItsOwn() {
        Calibrator calibrator = Calibrator.of(name -> CalibrationMethod.of(name.equals("relu") ? "moving_average:0.5"
                : "min_max"));

        assertThat(calibrator.ranges(model(), samples(new float[]{-4, 0, 2, 4}, new float[]{0, 0, 8, 1})))
                .contains(Map.entry(index("relu"), new Range(0.5f, 4)), Map.entry(index("shifted"), new Range(-1, 5)));
    }

    @Test
    void anEmptyRepresentativeSetFails() {
        assertThatThrownBy(() -> Calibrator.minMax().calibrate(model(), List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("[m.tflite] no representative sample, expected at least one");
    }

    @Test
    void anActivationThatIsNotFiniteFailsNamingTensorAndSample() {
        assertThatThrownBy(() -> Calibrator.minMax().calibrate(model(),
                samples(new float[4], new float[]{0, 0, 3e38f, 0})))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("[m.tflite] tensor \"square\" holds 3.4028235E38 at representative sample 1, "
                        + "must be finite and below 3.4028235E38");
    }

    @Test
    void aSampleWithTheWrongNumberOfInputsFails() {
        assertThatThrownBy(() -> Calibrator.minMax().calibrate(model(), List.of(List.of(new float[4], new float[4]))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("[m.tflite] representative sample 0 has 2 arrays, the model has 1 inputs");
    }
}

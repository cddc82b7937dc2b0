package dev.whittle.quantizer.microscope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.npy.Npy;
import dev.whittle.engine.plan.PlanOptions;
import dev.whittle.engine.schema.ModelReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceTest {

    private static TraceReport trace(FloatTwin twin, List<List<float[]>> inputs) {
        try (Trace trace = Trace.of(twin)) {
            return trace.run(Samples.of(inputs));
        }
    }

    private static TraceReport trace(Model int8) {
        return trace(FloatTwin.of(int8, Residual.PLAIN), Residual.INPUTS);
    }

    /// The mean squared errors of all tensors measured from outside: both models run whole, and their tensors compared.
    private static Map<String, Double> measuredErrors(FloatTwin twin, List<List<float[]>> inputs) {
        PlanOptions all = PlanOptions.defaults().withPreserveAllTensors(true);
        Map<String, Double> errors = new HashMap<>();
        try (Interpreter integer = Interpreter.of(twin.quantized(), all);
                Interpreter real = Interpreter.of(twin.model(), all)) {
            for (List<float[]> input : inputs) {
                integer.input(0).putFloats(input.getFirst());
                integer.invoke();
                real.input(0).putFloats(input.getFirst());
                real.invoke();
                for (int index = 0; index < twin.quantized().primary().tensors().size(); index++) {
                    Tensor tensor = twin.quantized().primary().tensor(index);
                    if (!tensor.isConstant()) {
                        double error = error(integer.tensor(index).toFloats(),
                                real.tensor(twin.alias(index)).toFloats());
                        errors.merge(tensor.name(), error / inputs.size(), Double::sum);
                    }
                }
            }
        }
        return errors;
    }

    private static double error(float[] actual, float[] exact) {
        double sum = 0;
        for (int i = 0; i < actual.length; i++) {
            double error = (double) actual[i] - exact[i];
            sum += error * error;
        }
        return sum / actual.length;
    }

    private static void partsAddUp(FloatTwin twin, List<List<float[]>> inputs) {
        TraceReport report = trace(twin, inputs);
        Map<String, Double> measuredErrors = measuredErrors(twin, inputs);

        assertThat(report.operators()).hasSizeGreaterThan(10).allSatisfy(row -> {
            double measured = Objects.requireNonNull(measuredErrors.get(row.tensor()));
            assertThat(row.error()).isCloseTo(measured, within(1e-9 * measured));
            assertThat(row.parts()).hasSize(Cause.values().length);
            assertThat(row.parts().values().stream().mapToDouble(part -> part).sum()).isCloseTo(measured,
                    within(1e-6 * measured));
        });
        assertThat(report.operators()).anySatisfy(row -> assertThat(row.error()).isPositive());
    }

    @Test
    void thePartsAddUpToTheMeasuredErrorOfEveryTensor() {
        partsAddUp(FloatTwin.of(Residual.INT8, Residual.PLAIN), Residual.INPUTS);
    }

    @Test
    void thePartsOfEveryElementAddUpToItsError() {
        try (Trace trace = Trace.of(FloatTwin.of(Residual.INT8, Residual.PLAIN))) {
            trace.splits(Residual.INPUTS.getFirst(), (_, split) -> {
                double worst = 0;
                for (int i = 0; i < split.elementCount(); i++) {
                    double sum = 0;
                    for (Cause cause : Cause.values()) {
                        sum += split.part(cause, i);
                    }
                    worst = Math.max(worst, Math.abs(sum - split.error(i)) - 1e-6 * Math.abs(split.error(i)));
                }
                assertThat(worst).isLessThan(1e-12);
            });
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void thePartsAddUpOnAResNetByAnotherWriter(boolean hasFloat) throws IOException {
        Path models = Path.of(System.getProperty("whittle.shared", "../../shared")).resolve("models");
        Path folder = models.resolve("mlperf_pretrainedResnet_quant");
        assumeTrue(Files.isDirectory(folder), folder + " is missing");
        Model int8 = ModelReader.read(folder.resolve("model.tflite"));
        Model plain = ModelReader.read(models.resolve("mlperf_pretrainedResnet").resolve("model.tflite"));
        FloatTwin twin = hasFloat ? FloatTwin.of(int8, plain) : FloatTwin.of(int8);
        List<List<float[]>> inputs = new ArrayList<>();
        try (Interpreter interpreter = Interpreter.of(int8)) {
            interpreter.input(0).putBytes(Npy.read(folder.resolve("in_0_0.npy")).data());
            inputs.add(List.of(interpreter.input(0).toFloats()));
        }

        partsAddUp(twin, inputs);
        assertThat(twin.unaligned()).isEqualTo(hasFloat ? 0 : 10);
    }

    @Test
    void theTwinOfAFloatModelIsThatModel() {
        FloatTwin twin = FloatTwin.of(Residual.INT8, Residual.PLAIN);

        assertThat(twin.unaligned()).isZero();
        try (Interpreter real = Interpreter.of(Residual.PLAIN); Interpreter same = Interpreter.of(twin.model())) {
            real.input(0).putFloats(Residual.INPUTS.getFirst().getFirst());
            real.invoke();
            same.input(0).putFloats(Residual.INPUTS.getFirst().getFirst());
            same.invoke();
            assertThat(same.output(0).toFloats()).isEqualTo(real.output(0).toFloats());
        }
    }

    @Test
    void withoutAFloatModelWeightsCountAsExact() {
        TraceReport report = trace(FloatTwin.of(Residual.INT8), Residual.INPUTS);

        assertThat(report.operators()).allSatisfy(row -> assertThat(row.parts()).contains(Map.entry(Cause.WEIGHTS, 0.0),
                Map.entry(Cause.BIAS, 0.0)));
    }

    @Test
    void aSoundModelHasNoNotableSuspect() {
        assertThat(trace(Residual.INT8).first().isNotable()).as(trace(Residual.INT8).first().toString()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 4})
    void aChannelWithEightTimesItsScaleIsTheFirstSuspect(int convolution) {
        int number = Residual.number(Residual.INT8, OperatorCode.CONV_2D, convolution);

        assertThat(trace(Residual.withScaleTimesEight(number, 3)).first()).returns(number, Suspect::operator)
                .returns(Cause.WEIGHTS, Suspect::cause).returns(3, Suspect::channel).returns(true, Suspect::isNotable);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 4})
    void aChannelRoundedEightTimesAsCoarselyIsTheFirstSuspect(int convolution) {
        int number = Residual.number(Residual.INT8, OperatorCode.CONV_2D, convolution);

        assertThat(trace(Residual.withCoarseChannel(number, 3)).first()).returns(number, Suspect::operator)
                .returns(Cause.WEIGHTS, Suspect::cause).returns(3, Suspect::channel);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 4})
    void anOverflowedBiasIsTheFirstSuspect(int convolution) {
        int number = Residual.number(Residual.INT8, OperatorCode.CONV_2D, convolution);

        assertThat(trace(Residual.withOverflowedBias(number, 5)).first()).returns(number, Suspect::operator)
                .returns(Cause.BIAS, Suspect::cause).returns(5, Suspect::channel).returns(true, Suspect::isNotable);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 4})
    void aRangeCutByHalfIsTheFirstSuspect(int convolution) {
        int number = Residual.number(Residual.PLAIN, OperatorCode.CONV_2D, convolution);
        Operator operator = Residual.PLAIN.primary().operators().get(number);
        Model int8 = Residual.withHalfTheRange(operator.outputs().getFirst());

        assertThat(trace(int8).first()).returns(number, Suspect::operator).returns(Cause.SATURATION, Suspect::cause)
                .returns(true, Suspect::isNotable);
    }
}

package dev.whittle.quantizer.microscope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.quantizer.microscope.TensorChange.WeightScales;
import dev.whittle.quantizer.observe.Range;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class WhatIfTest {
    private static final FloatTwin TWIN = FloatTwin.of(Residual.INT8, Residual.PLAIN);
    private static final Samples SAMPLES = Samples.of(Residual.INPUTS);

    private static WhatIfReport ask(TensorChange change) {
        return new WhatIf(TWIN).ask(change, SAMPLES);
    }

    private static String output(int convolution) {
        int operator = Residual.number(Residual.INT8, OperatorCode.CONV_2D, convolution);
        return Residual.INT8.primary().tensor(Residual.INT8.primary().operators().get(operator).outputs().getFirst())
                .name();
    }

    private static String filter(int convolution) {
        int operator = Residual.number(Residual.INT8, OperatorCode.CONV_2D, convolution);
        return Residual.INT8.primary().tensor(Residual.INT8.primary().operators().get(operator).inputs().get(1)).name();
    }

    private static Range half(String tensor) {
        QuantizationParameters parameters = Residual.INT8.primary().tensors().stream()
                .filter(one -> one.name().equals(tensor)).map(one -> Objects.requireNonNull(one.quantization()))
                .findFirst().orElseThrow();
        return new Range(parameters.scale(0) * (-128 - parameters.zeroPoint(0)) / 2,
                parameters.scale(0) * (127 - parameters.zeroPoint(0)) / 2);
    }

    static List<TensorChange> changesThatAFileCanHold() {
        return List.of(new TensorChange(output(0), half(output(0)), 8, null),
                new TensorChange(output(4), half(output(4)), 8, null),
                new TensorChange(filter(2), null, 8, WeightScales.TENSOR),
                new TensorChange(filter(2), null, 4, null),
                new TensorChange(filter(0), new Range(-0.1f, 0.1f), 8, WeightScales.CHANNEL));
    }

    @ParameterizedTest
    @MethodSource("changesThatAFileCanHold")
    void runningOnlyWhatLiesDownstreamGivesWhatTheWholeChangedModelGives(TensorChange change) {
        Model whole = ChangedModel.of(TWIN, change).model();
        ScoreSums sums = new ScoreSums();
        try (Interpreter real = Interpreter.of(Residual.PLAIN); Interpreter integer = Interpreter.of(whole)) {
            for (List<float[]> input : Residual.INPUTS) {
                real.input(0).putFloats(input.getFirst());
                real.invoke();
                integer.input(0).putFloats(input.getFirst());
                integer.invoke();
                sums.add(real.output(0).toFloats(), integer.output(0).toFloats(), Samples.NO_LABEL);
            }
        }

        assertThat(ask(change).after().score()).isEqualTo(sums.score());
    }

    @Test
    void halfTheRangeCostsTheTensorAndTheOutput() {
        WhatIfReport report = ask(new TensorChange(output(0), half(output(0)), 8, null));

        assertThat(report.after().tensorSqnr()).isLessThan(report.before().tensorSqnr() - 6);
        assertThat(report.after().score().sqnr()).isLessThan(report.before().score().sqnr());
        assertThat(report.after().bytes()).isEqualTo(report.before().bytes());
    }

    @Test
    void eachBitOfAnActivationIsWorthSixDecibels() {
        double six = ask(new TensorChange(output(0), null, 6, null)).after().tensorSqnr();
        double four = ask(new TensorChange(output(0), null, 4, null)).after().tensorSqnr();

        // Sixteen codes over a range are not quite the noise of an even spread.
        assertThat(six - four).isCloseTo(2 * 6.02, within(1.0));
    }

    @Test
    void fourBitWeightsMakeTheFileSmaller() {
        WhatIfReport report = ask(new TensorChange(filter(2), null, 4, null));

        int weights = Residual.INT8.primary().tensors().stream().filter(one -> one.name().equals(filter(2)))
                .findFirst().orElseThrow().shape().elementCount();
        assertThat(report.before().bytes() - report.after().bytes()).isBetween(weights / 2L - 16, weights / 2L + 16);
        assertThat(report.after().tensorSqnr()).isLessThan(report.before().tensorSqnr() - 20);
    }

    @Test
    void onlyOperatorsAtAndBehindTheChangeRun() {
        WhatIfReport early = ask(new TensorChange(output(0), null, 7, null));
        WhatIfReport late = ask(new TensorChange(filter(5), null, 7, null));

        assertThat(early.operatorsRun()).isEqualTo(early.operators());
        assertThat(late.operatorsRun()).isLessThan(late.operators());
    }

    @Test
    void codesThatAnOperatorGivesByNatureAreNoChoice() {
        int softmax = Residual.number(Residual.INT8, OperatorCode.SOFTMAX, 0);

        assertThatThrownBy(() -> ask(new TensorChange("softmax", null, 4, null)))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessage("[residual.tflite] tensor \"softmax\" has the codes that SOFTMAX #" + softmax
                        + " gives, which are no choice");
    }

    @Test
    void aTensorThatIsNotThereIsNamed() {
        assertThatThrownBy(() -> ask(new TensorChange("nowhere", null, 4, null)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("[residual.tflite] no tensor \"nowhere\", whittle inspect lists the names");
    }
}

package dev.whittle.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.plan.PlanOptions;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// One cell or unit, so that every expectation is the formula itself.
class RecurrentTest {
    private static final Shape ONE = Shape.of(1);
    private static final Shape ONE_BY_ONE = Shape.of(1, 1);

    private static OneOperator variable(OneOperator operator, ElementType type, Shape shape,
            @Nullable QuantizationParameters quantization) {
        return operator.input(new Tensor("state", type, shape, shape, quantization, null, true));
    }

    private static OneOperator floats(OneOperator operator, Shape shape, float... elements) {
        return operator.constant(ElementType.FLOAT32, shape, Buffer.ofFloats(elements));
    }

    private static double logistic(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    private static OneOperator rnn(boolean isVariable) {
        OneOperator rnn = OneOperator.of(new Options.Rnn(Activation.RELU, false)).floats(ONE_BY_ONE, 3);
        floats(rnn, ONE_BY_ONE, 2);
        floats(rnn, ONE_BY_ONE, 0.5f);
        floats(rnn, ONE, -1);
        return (isVariable
                ? variable(rnn, ElementType.FLOAT32, ONE_BY_ONE, null)
                : floats(rnn, ONE_BY_ONE, 0)).output(ElementType.FLOAT32);
    }

    @Test
    void hiddenStateCarriesOverAndCanBeReset() {
        try (Interpreter interpreter = rnn(true).ready(PlanOptions.defaults())) {
            interpreter.invoke();
            assertThat(interpreter.output(0).toFloats()).containsExactly(5);
            interpreter.invoke();
            assertThat(interpreter.output(0).toFloats()).containsExactly(7.5f);
            interpreter.resetVariables();
            interpreter.invoke();
            assertThat(interpreter.output(0).toFloats()).containsExactly(5);
        }
    }

    @Test
    void aStateThatIsNoVariableIsRefused() {
        assertThatThrownBy(() -> rnn(false).run()).isInstanceOf(MalformedModelException.class)
                .hasMessage("[test.tflite] RNN #0 \"out1\": hidden state is no variable, must be one");
    }

    @Test
    void backwardLayerReadsFromTheEnd() {
        OneOperator rnn = OneOperator.of(new Options.BidirectionalSequenceRnn(false, Activation.NONE, true, false))
                .floats(Shape.of(1, 3, 1), 1, 10, 100);
        for (int layer = 0; layer < 2; layer++) {
            floats(rnn, ONE_BY_ONE, 1);
            floats(rnn, ONE_BY_ONE, 1);
            floats(rnn, ONE, 0);
            variable(rnn, ElementType.FLOAT32, ONE_BY_ONE, null);
        }
        rnn.absent().absent().absent().output(ElementType.FLOAT32);

        assertThat(rnn.outputShape()).isEqualTo(Shape.of(1, 3, 2));
        assertThat(rnn.run().toFloats()).containsExactly(1, 111, 11, 110, 111, 100);
    }

    /// One cell with all weights given by gate: input, forget, cell, output.
    private static OneOperator lstm(Options options, OneOperator lstm, boolean isCoupled) {
        float[] inputWeights = {0.5f, -0.25f, 1, 0.75f};
        float[] recurrentWeights = {0.1f, 0.2f, -0.3f, 0.4f};
        float[] biases = {0.1f, 1, 0, -0.1f};
        for (int gate = 0; gate < 4; gate++) {
            lstm = isCoupled && gate == 0 ? lstm.absent() : floats(lstm, ONE_BY_ONE, inputWeights[gate]);
        }
        for (int gate = 0; gate < 4; gate++) {
            lstm = isCoupled && gate == 0 ? lstm.absent() : floats(lstm, ONE_BY_ONE, recurrentWeights[gate]);
        }
        lstm.absent().absent().absent();
        for (int gate = 0; gate < 4; gate++) {
            lstm = isCoupled && gate == 0 ? lstm.absent() : floats(lstm, ONE, biases[gate]);
        }
        lstm.absent().absent();
        variable(lstm, ElementType.FLOAT32, ONE_BY_ONE, null);
        variable(lstm, ElementType.FLOAT32, ONE_BY_ONE, null);
        return lstm.output(ElementType.FLOAT32);
    }

    private static double[] expected(double[] x, boolean isCoupled) {
        double h = 0;
        double c = 0;
        double[] outputs = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            double forget = logistic(-0.25 * x[i] + 0.2 * h + 1);
            double input = isCoupled ? 1 - forget : logistic(0.5 * x[i] + 0.1 * h + 0.1);
            double output = logistic(0.75 * x[i] + 0.4 * h - 0.1);
            c = forget * c + input * Math.tanh(x[i] - 0.3 * h);
            h = output * Math.tanh(c);
            outputs[i] = h;
        }
        return outputs;
    }

    @Test
    void sequenceOfAnLstmFollowsTheFormulas() {
        for (boolean isCoupled : new boolean[]{false, true}) {
            Options options = new Options.UnidirectionalSequenceLstm(Activation.TANH, 0, 0, false, false, false);
            float[] outputs = lstm(options, OneOperator.of(options).floats(Shape.of(1, 3, 1), 1, -2, 0.5f), isCoupled)
                    .run().toFloats();
            double[] expected = expected(new double[]{1, -2, 0.5}, isCoupled);
            for (int i = 0; i < expected.length; i++) {
                assertThat((double) outputs[i]).isCloseTo(expected[i], within(1e-7));
            }
        }
    }

    @Test
    void stepByStepIsTheSequence() {
        Options options = new Options.Lstm(Activation.TANH, 0, 0, false, false);
        double[] expected = expected(new double[]{1, 1}, false);
        try (Interpreter interpreter = lstm(options, OneOperator.of(options).floats(ONE_BY_ONE, 1), false)
                .ready(PlanOptions.defaults())) {
            for (double step : expected) {
                interpreter.invoke();
                assertThat((double) interpreter.output(0).toFloats()[0]).isCloseTo(step, within(1e-7));
            }
        }
    }

    @Test
    void halfAnInputGateIsRefused() {
        Options options = new Options.Lstm(Activation.TANH, 0, 0, false, false);
        OneOperator lstm = OneOperator.of(options).floats(ONE_BY_ONE, 1).absent();
        for (int i = 0; i < 7; i++) {
            floats(lstm, ONE_BY_ONE, 1);
        }
        lstm.absent().absent().absent().absent();
        for (int i = 0; i < 3; i++) {
            floats(lstm, ONE, 1);
        }
        lstm.absent().absent();
        variable(lstm, ElementType.FLOAT32, ONE_BY_ONE, null);
        variable(lstm, ElementType.FLOAT32, ONE_BY_ONE, null);
        assertThatThrownBy(() -> lstm.output(ElementType.FLOAT32).run()).isInstanceOf(MalformedModelException.class)
                .hasMessage(
                        "[test.tflite] LSTM #0 \"out1\": input gate recurrent weights are there, must be absent with "
                                + "the inputs that are given");
    }

    @Test
    void basicLstmOfCodesIsNearTheOneOfFloats() {
        QuantizationParameters codes = QuantizationParameters.perTensor(1f / 128, 128);
        QuantizationParameters weights = QuantizationParameters.perTensor(0.02f, 100);
        QuantizationParameters state = QuantizationParameters.perTensor(1f / 2048, 0);
        int[][] rows = {{125, 110}, {150, 60}, {90, 130}, {140, 95}};
        byte[] weightCodes = new byte[8];
        for (int i = 0; i < weightCodes.length; i++) {
            weightCodes[i] = (byte) rows[i / 2][i % 2];
        }
        OneOperator lstm = OneOperator.of(new Options.Lstm(Activation.TANH, 0, 0, true, false))
                .data(ElementType.UINT8, ONE_BY_ONE, codes, Buffer.of((byte) 200));
        variable(lstm, ElementType.UINT8, ONE_BY_ONE, codes);
        lstm.input(Tensor.constant("weights", ElementType.UINT8, Shape.of(4, 2), weights, Buffer.of(weightCodes)));
        lstm.input(Tensor.constant("bias", ElementType.INT32, Shape.of(4),
                QuantizationParameters.perTensor(0.02f / 128, 0), Buffer.ofInts(640, -320, 6400, 0)));
        variable(lstm, ElementType.INT16, ONE_BY_ONE, state);
        lstm.output(ElementType.UINT8, codes).output(ElementType.INT16, state).output(ElementType.UINT8, codes)
                .output(ElementType.INT16, QuantizationParameters.perTensor(1f / 4096, 0));

        double x = 72 / 128.0;
        double h = -1;
        double c = 0;
        try (Interpreter interpreter = lstm.ready(PlanOptions.defaults())) {
            for (int step = 0; step < 4; step++) {
                double[] sums = new double[4];
                double[] bias = {0.1, -0.05, 1, 0};
                for (int gate = 0; gate < 4; gate++) {
                    sums[gate] = 0.02 * ((rows[gate][0] - 100) * x + (rows[gate][1] - 100) * h) + bias[gate];
                }
                c = logistic(sums[0]) * Math.tanh(sums[1]) + logistic(sums[2]) * c;
                h = logistic(sums[3]) * Math.tanh(c);
                interpreter.invoke();
                double code = Byte.toUnsignedInt(interpreter.output(0).toBytes().get(0));
                assertThat((code - 128) / 128).isCloseTo(h, within(0.02));
                assertThat(interpreter.output(1).toBytes().getShort(0) / 2048.0).isCloseTo(c, within(0.02));
            }
        }
    }

    @Test
    void integerSvdfKeepsItsPastInSixteenBits() {
        QuantizationParameters unit = QuantizationParameters.perTensor(1, 0);
        OneOperator svdf = OneOperator.of(new Options.Svdf(1, Activation.NONE, false))
                .data(ElementType.INT8, Shape.of(1, 2), QuantizationParameters.perTensor(1, 1),
                        Buffer.of((byte) 3, (byte) 4));
        svdf.input(Tensor.constant("feature", ElementType.INT8, Shape.of(1, 2), unit, Buffer.of((byte) 5, (byte) -1)));
        svdf.input(Tensor.constant("time", ElementType.INT16, Shape.of(1, 2), unit, Buffer.ofShorts((short) 2,
                (short) 3)));
        svdf.absent();
        variable(svdf, ElementType.INT16, Shape.of(1, 2), unit);
        svdf.output(ElementType.INT8, QuantizationParameters.perTensor(1, -100));

        // The feature is 5 · 2 − 1 · 3 = 7; the first step has no past.
        try (Interpreter interpreter = svdf.ready(PlanOptions.defaults())) {
            interpreter.invoke();
            assertThat(interpreter.output(0).toBytes().get(0)).isEqualTo((byte) (7 * 3 - 100));
            interpreter.invoke();
            assertThat(interpreter.output(0).toBytes().get(0)).isEqualTo((byte) (7 * 2 + 7 * 3 - 100));
        }
    }

    @Test
    void hybridWeightsMeetInputsInCodes() {
        QuantizationParameters weights = QuantizationParameters.perTensor(0.5f, 0);
        for (boolean asymmetric : new boolean[]{false, true}) {
            OneOperator rnn = OneOperator.of(new Options.Rnn(Activation.NONE, asymmetric)).floats(Shape.of(1, 2), 1.27f,
                    0.5041f);
            rnn.input(Tensor.constant("weights", ElementType.INT8, Shape.of(1, 2), weights, Buffer.of((byte) 1,
                    (byte) 2)));
            rnn.input(Tensor.constant("recurrent", ElementType.INT8, ONE_BY_ONE, weights, Buffer.of((byte) 1)));
            floats(rnn, ONE, 0);
            variable(rnn, ElementType.FLOAT32, ONE_BY_ONE, null).output(ElementType.FLOAT32);
            // Symmetric, the codes are 127 and 50 of 0.01; asymmetric, 255 and 101 of 1.27 / 255 above the zero point.
            double expected = asymmetric ? 0.5 * (255 + 2 * 101) * 1.27 / 255 : 0.5 * (127 + 2 * 50) * 0.01;

            assertThat((double) rnn.run().toFloats()[0]).isCloseTo(expected, within(1e-6));
        }
    }

    @Test
    void layersOfDifferentDirectionsMayBeApart() {
        OneOperator rnn = OneOperator.of(new Options.BidirectionalSequenceRnn(true, Activation.NONE, false, false))
                .floats(Shape.of(2, 1, 1), 1, 10);
        for (int layer = 0; layer < 2; layer++) {
            floats(rnn, ONE_BY_ONE, 1);
            floats(rnn, ONE_BY_ONE, 1);
            floats(rnn, ONE, 0);
            variable(rnn, ElementType.FLOAT32, ONE_BY_ONE, null);
        }
        // An auxiliary input without weights is what the backward layer reads.
        rnn.floats(Shape.of(2, 1, 1), 100, 1000).absent().absent().output(ElementType.FLOAT32)
                .output(ElementType.FLOAT32);
        List<Buffer> outputs = rnn.run(PlanOptions.defaults());

        assertThat(outputs.get(0).toFloats()).containsExactly(1, 11);
        assertThat(outputs.get(1).toFloats()).containsExactly(1100, 1000);
        assertThat(Arrays.asList(outputs.get(0).byteLength(), outputs.get(1).byteLength())).containsExactly(8, 8);
    }
}

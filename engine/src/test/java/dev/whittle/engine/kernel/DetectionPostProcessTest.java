package dev.whittle.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.flatbuffers.FlexBuffersBuilder;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.ModelLimits;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.engine.plan.PlanOptions;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Six boxes in three places, two classes and background; what comes out is the reference's.
class DetectionPostProcessTest {
    private static final float[] ENCODINGS = {0, 0, 0, 0, 0, 1, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
    private static final float[] SCORES = {0, 0.9f, 0.8f, 0, 0.75f, 0.72f, 0, 0.6f, 0.5f, 0, 0.93f, 0.95f, 0, 0.5f,
        0.4f, 0, 0.3f, 0.2f};
    private static final float[] ANCHORS = {0.5f, 0.5f, 1, 1, 0.5f, 0.5f, 1, 1, 0.5f, 0.5f, 1, 1, 0.5f, 10.5f, 1, 1,
        0.5f, 10.5f, 1, 1, 0.5f, 100.5f, 1, 1};

    private static Options options(int classesPerDetection, int detectionsPerClass, boolean isRegular,
            float overlap) {
        FlexBuffersBuilder builder = new FlexBuffersBuilder();
        int map = builder.startMap();
        builder.putInt("max_detections", 3);
        builder.putInt("max_classes_per_detection", classesPerDetection);
        builder.putInt("detections_per_class", detectionsPerClass);
        builder.putBoolean("use_regular_nms", isRegular);
        builder.putFloat("nms_score_threshold", 0.0f);
        builder.putFloat("nms_iou_threshold", overlap);
        builder.putInt("num_classes", 2);
        builder.putFloat("y_scale", 10.0f);
        builder.putFloat("x_scale", 10.0f);
        builder.putFloat("h_scale", 5.0f);
        builder.putFloat("w_scale", 5.0f);
        builder.endMap(null, map);
        return new Options.Custom("TFLite_Detection_PostProcess", Buffer.wrap(builder.finish()));
    }

    private static OneOperator outputs(OneOperator operator) {
        for (int i = 0; i < 4; i++) {
            operator.output(ElementType.FLOAT32);
        }
        return operator;
    }

    private static OneOperator floats(Options options) {
        return outputs(OneOperator.of(options).floats(Shape.of(1, 6, 4), ENCODINGS).floats(Shape.of(1, 6, 3), SCORES)
                .floats(Shape.of(6, 4), ANCHORS));
    }

    private static void check(List<Buffer> outputs, float[] boxes, float[] classes, float[] scores, float count,
            float tolerance) {
        assertThat(outputs.get(0).toFloats()).containsExactly(boxes, within(tolerance));
        assertThat(outputs.get(1).toFloats()).containsExactly(classes);
        assertThat(outputs.get(2).toFloats()).containsExactly(scores, within(tolerance));
        assertThat(outputs.get(3).toFloats()).containsExactly(count);
    }

    @Test
    void fastSuppressionTakesEachBoxWithItsBestClasses() {
        check(floats(options(1, 100, false, 0.5f)).run(PlanOptions.defaults()),
                new float[]{0, 10, 1, 11, 0, 0, 1, 1, 0, 100, 1, 101}, new float[]{1, 0, 0},
                new float[]{0.95f, 0.9f, 0.3f}, 3, 1e-5f);
        check(floats(options(2, 100, false, 0.5f)).run(PlanOptions.defaults()),
                new float[]{0, 10, 1, 11, 0, 10, 1, 11, 0, 0, 1, 1, 0, 0, 1, 1, 0, 100, 1, 101, 0, 100, 1, 101},
                new float[]{1, 0, 0, 1, 0, 1}, new float[]{0.95f, 0.93f, 0.9f, 0.8f, 0.3f, 0.2f}, 3, 1e-5f);
    }

    @Test
    void regularSuppressionTakesEachClassByItself() {
        check(floats(options(1, 1, true, 0.5f)).run(PlanOptions.defaults()),
                new float[]{0, 10, 1, 11, 0, 10, 1, 11, 0, 0, 0, 0}, new float[]{1, 0, 0},
                new float[]{0.95f, 0.93f, 0}, 2, 1e-5f);
        check(floats(options(1, 100, true, 0.5f)).run(PlanOptions.defaults()),
                new float[]{0, 10, 1, 11, 0, 10, 1, 11, 0, 0, 1, 1}, new float[]{1, 0, 0},
                new float[]{0.95f, 0.93f, 0.9f}, 3, 1e-5f);
    }

    @Test
    void codesAreBroughtToFloats() {
        OneOperator operator = OneOperator.of(options(1, 100, false, 0.5f));
        quantized(operator, Shape.of(1, 6, 4), 2f / 255, 128, ENCODINGS);
        quantized(operator, Shape.of(1, 6, 3), 1f / 255, 0, SCORES);
        quantized(operator, Shape.of(6, 4), 100.5f / 255, 0, ANCHORS);
        check(outputs(operator).run(PlanOptions.defaults()),
                new float[]{0, 10, 1, 11, 0, 0, 1, 1, 0, 100, 1, 101}, new float[]{1, 0, 0},
                new float[]{0.95f, 0.9f, 0.3f}, 3, 0.3f);
    }

    private static void quantized(OneOperator operator, Shape shape, float scale, int zeroPoint, float[] values) {
        byte[] codes = new byte[values.length];
        for (int i = 0; i < codes.length; i++) {
            codes[i] = (byte) Math.clamp(Math.round(values[i] / scale) + zeroPoint, 0, 255);
        }
        operator.data(ElementType.UINT8, shape, QuantizationParameters.perTensor(scale, zeroPoint), Buffer.of(codes));
    }

    @Test
    void impossibleOptionsAreRefused() {
        assertThatThrownBy(() -> floats(options(1, 100, false, 0)).run()).isInstanceOf(MalformedModelException.class)
                .hasMessageEndingWith(": nms_iou_threshold is 0.0, must be above 0 and at most 1");
        assertThatThrownBy(() -> floats(options(0, 100, false, 0.5f)).run())
                .isInstanceOf(MalformedModelException.class)
                .hasMessageEndingWith(": gives no detections: max_classes_per_detection is 0");
    }

    @Test
    void everyDamageToTheOptionsIsRefusedOrHarmless() {
        byte[] good = ((Options.Custom) options(1, 100, false, 0.5f)).data().toBytes();
        for (int length = 0; length < good.length; length++) {
            tolerate(Arrays.copyOf(good, length));
        }
        for (int at = 0; at < good.length; at++) {
            for (int bit = 0; bit < Byte.SIZE; bit++) {
                byte[] damaged = good.clone();
                damaged[at] ^= (byte) (1 << bit);
                tolerate(damaged);
            }
        }
    }

    private static void tolerate(byte[] data) {
        try {
            floats(new Options.Custom("TFLite_Detection_PostProcess", Buffer.of(data)))
                    .run(PlanOptions.defaults().withLimits(ModelLimits.defaults().withMaxBytes(1 << 16)));
        } catch (MalformedModelException | UnsupportedModelException e) {
            assertThat(e).hasMessageStartingWith("[test.tflite] ");
        }
    }

    @Test
    void aBoxThatEndsBeforeItBeginsIsRefused() {
        float[] anchors = ANCHORS.clone();
        anchors[2] = -1;
        OneOperator operator = outputs(OneOperator.of(options(1, 100, false, 0.5f))
                .floats(Shape.of(1, 6, 4), ENCODINGS).floats(Shape.of(1, 6, 3), SCORES)
                .floats(Shape.of(6, 4), anchors));
        assertThatThrownBy(operator::run).isInstanceOf(MalformedModelException.class).hasMessageEndingWith(
                "box 0 goes from [1.0, 0.0] to [0.0, 1.0], must not end before it begins");
    }
}

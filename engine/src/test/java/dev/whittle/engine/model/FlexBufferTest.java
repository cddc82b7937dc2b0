package dev.whittle.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.flatbuffers.FlexBuffersBuilder;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FlexBufferTest {

    @Test
    void optionsOfTheDetectionOperatorAreDecoded() {
        FlexBuffersBuilder builder = new FlexBuffersBuilder();
        int map = builder.startMap();
        builder.putInt("max_detections", 10);
        builder.putFloat("nms_iou_threshold", 0.5);
        builder.putBoolean("use_regular_nms", false);
        builder.putString("name", "Kästchen");
        int vector = builder.startVector();
        builder.putInt(-300);
        builder.putFloat(1.0 / 3);
        builder.endVector("mixed", vector, false, false);
        int typed = builder.startVector();
        builder.putInt(1);
        builder.putInt(70_000);
        builder.putInt(3);
        builder.endVector("typed", typed, true, false);
        builder.endMap(null, map);

        assertThat(FlexBuffer.decodeMap(buffer(builder))).isEqualTo(Map.of("max_detections", 10L,
                "nms_iou_threshold", 0.5, "use_regular_nms", false, "name", "Kästchen", "mixed",
                List.of(-300L, 1.0 / 3), "typed", List.of(1L, 70_000L, 3L)));
    }

    @Test
    void scalarIsNoMap() {
        FlexBuffersBuilder builder = new FlexBuffersBuilder();
        builder.putInt(7);
        Buffer seven = buffer(builder);

        assertThat(FlexBuffer.decode(seven)).isEqualTo(7L);
        assertThatIllegalArgumentException().isThrownBy(() -> FlexBuffer.decodeMap(seven))
                .withMessage("a FlexBuffer whose root is no map");
    }

    @Test
    void everyFlippedByteDecodesOrIsRefused() {
        FlexBuffersBuilder builder = new FlexBuffersBuilder();
        int map = builder.startMap();
        builder.putString("key", "value");
        int vector = builder.startVector();
        builder.putInt(1);
        builder.putFloat(2.5);
        builder.endVector("list", vector, false, false);
        builder.endMap(null, map);
        byte[] whole = buffer(builder).toBytes();
        for (int at = 0; at < whole.length; at++) {
            for (int value = 0; value < 256; value++) {
                byte[] flipped = whole.clone();
                flipped[at] = (byte) value;
                decodeOrRefuse(flipped);
            }
        }
    }

    @Test
    void vectorOfItselfIsRefused() {
        // One element, of type VECTOR, whose offset 0 leads to itself.
        byte[] cycle = {1, 0, 10 << 2, 2, 10 << 2, 1};

        assertThatIllegalArgumentException().isThrownBy(() -> FlexBuffer.decode(Buffer.of(cycle)))
                .withMessage("a FlexBuffer nested more than 32 deep");
    }

    @Test
    void nothingIsNoFlexBuffer() {
        assertThatIllegalArgumentException().isThrownBy(() -> FlexBuffer.decode(Buffer.of()))
                .withMessage("a FlexBuffer of 0 bytes, expected at least 3");
    }

    private static void decodeOrRefuse(byte[] bytes) {
        try {
            FlexBuffer.decode(Buffer.of(bytes));
        } catch (IllegalArgumentException e) {
            assertThat(e).hasMessageStartingWith("a FlexBuffer ");
        }
    }

    private static Buffer buffer(FlexBuffersBuilder builder) {
        ByteBuffer bytes = builder.finish();
        return Buffer.wrap(bytes);
    }
}

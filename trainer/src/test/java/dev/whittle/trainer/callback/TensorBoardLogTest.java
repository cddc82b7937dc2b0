package dev.whittle.trainer.callback;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorBoardLogTest {

    @Test
    void eventFilesHoldTheScalarsOfEveryEpoch(@TempDir Path folder) throws IOException {
        TensorBoardLog log = new TensorBoardLog(folder);
        log.trainingStarted(300, 10, 320, List.of());
        log.epochEnded(new EpochReport(0, 0.75, 0.5, 0.5, 0.625, 0.001f, 1.25, 512, 2));
        // A step that takes two bytes, and no validation.
        log.epochEnded(new EpochReport(200, 0.25, 1, Double.NaN, Double.NaN, 0.5f, 2, 300.25, 2));

        assertThat(events(folder.resolve("train"))).containsExactly("0 brain.Event:2",
                "0 epoch_loss=0.75 epoch_accuracy=0.5 epoch_learning_rate=0.001",
                "200 epoch_loss=0.25 epoch_accuracy=1.0 epoch_learning_rate=0.5");
        assertThat(events(folder.resolve("validation"))).containsExactly("0 brain.Event:2",
                "0 epoch_loss=0.5 epoch_accuracy=0.625", "200");
    }

    /// The events of the one file in a folder, whose checksums must be right.
    private static List<String> events(Path folder) throws IOException {
        Path file;
        try (var files = Files.list(folder)) {
            file = files.toList().getFirst();
        }
        assertThat(file.getFileName().toString()).startsWith("events.out.tfevents.");
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        List<String> events = new ArrayList<>();
        while (in.hasRemaining()) {
            byte[] length = bytes(in, Long.BYTES);
            assertThat(in.getInt()).isEqualTo(masked(length));
            byte[] event = bytes(in, (int) ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong());
            assertThat(in.getInt()).isEqualTo(masked(event));
            events.add(event(ByteBuffer.wrap(event).order(ByteOrder.LITTLE_ENDIAN)));
        }
        return events;
    }

    private static int masked(byte[] bytes) {
        CRC32C checksum = new CRC32C();
        checksum.update(bytes);
        int crc = (int) checksum.getValue();
        return (crc >>> 15 | crc << 17) + 0xa282ead8;
    }

    private static String event(ByteBuffer in) {
        StringBuilder text = new StringBuilder();
        while (in.hasRemaining()) {
            switch ((int) varint(in)) {
                case 1 << 3 | 1 -> assertThat(in.getDouble()).isGreaterThan(1e9);
                case 2 << 3 -> text.append(varint(in));
                case 3 << 3 | 2 -> text.append(' ').append(text(in));
                case 5 << 3 | 2 -> {
                    ByteBuffer summary = message(in);
                    while (summary.hasRemaining()) {
                        assertThat(varint(summary)).isEqualTo(1 << 3 | 2);
                        ByteBuffer value = message(summary);
                        assertThat(varint(value)).isEqualTo(1 << 3 | 2);
                        text.append(' ').append(text(value));
                        assertThat(varint(value)).isEqualTo(2 << 3 | 5);
                        text.append('=').append(value.getFloat());
                    }
                }
                default -> throw new AssertionError("unexpected field before byte " + in.position());
            }
        }
        return text.toString();
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0;; shift += 7) {
            byte next = in.get();
            value |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }

    private static ByteBuffer message(ByteBuffer in) {
        return ByteBuffer.wrap(bytes(in, (int) varint(in))).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static String text(ByteBuffer in) {
        return new String(bytes(in, (int) varint(in)), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(ByteBuffer in, int count) {
        byte[] bytes = new byte[count];
        in.get(bytes);
        return bytes;
    }
}

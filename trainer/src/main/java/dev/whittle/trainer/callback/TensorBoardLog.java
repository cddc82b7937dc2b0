package dev.whittle.trainer.callback;

import java.io.ByteArrayOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32C;

/// Writes event files for TensorBoard: the scalars `epoch_loss` and `epoch_accuracy` to the folders `train` and
/// `validation`, and `epoch_learning_rate` to `train`, named as Keras's callback does; the step is the epoch, from 0. A resumed
/// training begins new files with the epochs that come.
///
/// An event file is a list of TFRecords: length (64 bits, little-endian), its masked CRC-32C, the bytes, their masked
/// CRC-32C (TensorFlow, `core/lib/io/record_writer.h`, `core/lib/hash/crc32c.h`). Each holds an `Event` in protobuf's
/// encoding (`core/util/event.proto`, `core/framework/summary.proto`), of which five fields are needed.
public final class TensorBoardLog implements TrainingListener {
    private static final String VERSION = "brain.Event:2";
    private static final int MASK_DELTA = 0xa282ead8;
    private static final int VARINT = 0;
    private static final int FIXED_64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED_32 = 5;

    private final Path training;
    private final Path validation;

    /// @param folder that TensorBoard is to be started with
    public TensorBoardLog(Path folder) {
        String file = "events.out.tfevents." + System.currentTimeMillis() + "." + ProcessHandle.current().pid();
        training = folder.resolve("train").resolve(file);
        validation = folder.resolve("validation").resolve(file);
    }

    @Override
    public void trainingStarted(int epochs, int batches, int images, List<EpochReport> history) {
        append(training, event(0, 3, VERSION.getBytes(StandardCharsets.US_ASCII)));
        append(validation, event(0, 3, VERSION.getBytes(StandardCharsets.US_ASCII)));
    }

    @Override
    public void epochEnded(EpochReport report) {
        Message scalars = new Message();
        scalar(scalars, "epoch_loss", report.loss());
        scalar(scalars, "epoch_accuracy", report.accuracy());
        scalar(scalars, "epoch_learning_rate", report.learningRate());
        append(training, event(report.epoch(), 5, scalars.bytes()));
        Message validated = new Message();
        scalar(validated, "epoch_loss", report.validationLoss());
        scalar(validated, "epoch_accuracy", report.validationAccuracy());
        append(validation, event(report.epoch(), 5, validated.bytes()));
    }

    /// Adds a value to a summary, unless there is none.
    private static void scalar(Message summary, String tag, double value) {
        if (!Double.isNaN(value)) {
            summary.bytes(1,
                    new Message().bytes(1, tag.getBytes(StandardCharsets.UTF_8)).fixed32(2, (float) value).bytes());
        }
    }

    /// An event that happens now.
    ///
    /// @param field of what happened: 3 for the version of the file, 5 for a summary
    private static byte[] event(long step, int field, byte[] what) {
        return new Message().fixed64(1, System.currentTimeMillis() * 1e-3).varint(2, step).bytes(field, what).bytes();
    }

    private static void append(Path file, byte[] event) {
        byte[] length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(event.length).array();
        ByteBuffer record = ByteBuffer.allocate(length.length + event.length + 2 * Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN).put(length).putInt(maskedChecksum(length)).put(event)
                .putInt(maskedChecksum(event));
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            // Appended in one go: TensorBoard reads the file while it grows.
            try (OutputStream out = new FileOutputStream(file.toFile(), true)) {
                out.write(record.array());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int maskedChecksum(byte[] bytes) {
        CRC32C checksum = new CRC32C();
        checksum.update(bytes);
        return Integer.rotateRight((int) checksum.getValue(), 15) + MASK_DELTA;
    }

    /// A protobuf message: fields one after the other, each behind its number and wire type.
    private static final class Message {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        byte[] bytes() {
            return bytes.toByteArray();
        }

        Message varint(int field, long value) {
            varint(field << 3 | VARINT);
            varint(value);
            return this;
        }

        Message fixed64(int field, double value) {
            varint(field << 3 | FIXED_64);
            bytes.writeBytes(ByteBuffer.allocate(Double.BYTES).order(ByteOrder.LITTLE_ENDIAN).putDouble(value).array());
            return this;
        }

        Message fixed32(int field, float value) {
            varint(field << 3 | FIXED_32);
            bytes.writeBytes(ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN).putFloat(value).array());
            return this;
        }

        Message bytes(int field, byte[] value) {
            varint(field << 3 | BYTES);
            varint(value.length);
            bytes.writeBytes(value);
            return this;
        }

        /// Seven bits at a time, the lowest first.
        private void varint(long value) {
            long rest = value;
            while ((rest & ~0x7FL) != 0) {
                bytes.write((int) (rest & 0x7F | 0x80));
                rest >>>= 7;
            }
            bytes.write((int) rest);
        }
    }
}

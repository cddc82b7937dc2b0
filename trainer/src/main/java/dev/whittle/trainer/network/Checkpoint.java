package dev.whittle.trainer.network;

import static dev.whittle.trainer.network.ChecksummedFile.boundedCount;
import static dev.whittle.trainer.network.ChecksummedFile.readFloats;
import static dev.whittle.trainer.network.ChecksummedFile.readText;
import static dev.whittle.trainer.network.ChecksummedFile.writeFloats;
import static dev.whittle.trainer.network.ChecksummedFile.writeText;

import dev.whittle.trainer.callback.EpochReport;
import dev.whittle.trainer.data.ImageSource;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.zip.CRC32C;

/// The file that a training can go on from: what it was started with, the parameters, the [TrainingState]. Random numbers
/// need no state of their own: they follow from the seed and the place in the training.
final class Checkpoint {
    private static final ChecksummedFile FORMAT = new ChecksummedFile("WHITTLEC", 3, "Whittle checkpoint");

    private Checkpoint() {}

    /// What must be the same for a training to be resumed, by name.
    ///
    /// @param training what stands for the training images, `validation` for those of the validation
    static SequencedMap<String, String> identity(Network network, String training, String validation,
            TrainingSettings settings) {
        SequencedMap<String, String> identity = new LinkedHashMap<>();
        identity.put("network", digest(NetworkJson.write(network.spec()).getBytes(StandardCharsets.UTF_8)));
        identity.put("training images", training);
        identity.put("validation images", validation);
        identity.put("batch size", String.valueOf(settings.batchSize()));
        identity.put("seed", String.valueOf(settings.seed()));
        identity.put("learning rate", settings.learningRate().toString());
        identity.put("optimizer", settings.optimizer().toString());
        identity.put("loss", Objective.of(network, settings).loss().toString());
        identity.put("class weights", settings.classWeights().toString());
        identity.put("mixup", String.valueOf(settings.mixup()));
        identity.put("gradient clipping", String.valueOf(settings.clipping()));
        identity.put("frozen layers", settings.frozen().toString());
        identity.put("early stopping", String.valueOf(settings.earlyStopping()));
        identity.put("reduction on a plateau", String.valueOf(settings.plateau()));
        identity.put("compression", String.valueOf(settings.compression()));
        return identity;
    }

    /// Writes the whole file or leaves the old one.
    static void write(Path file, Map<String, String> identity, Network network, TrainingState state)
            throws IOException {
        FORMAT.write(file, out -> {
            out.writeInt(identity.size());
            for (Map.Entry<String, String> entry : identity.entrySet()) {
                writeText(out, entry.getKey());
                writeText(out, entry.getValue());
            }
            writeFloats(out, network.parameters());
            writeFloats(out, network.state());
            out.writeInt(state.history.size());
            for (EpochReport report : state.history) {
                writeReport(out, report);
            }
            out.writeInt(state.batch);
            out.writeDouble(state.loss);
            out.writeInt(state.correct);
            out.writeDouble(state.seconds);
            out.writeDouble(state.cpuSeconds);
            out.writeLong(state.steps);
            for (float[] slot : state.slots) {
                writeFloats(out, slot);
            }
            out.writeInt(state.bestEpoch);
            out.writeDouble(state.bestLoss);
            writeFloats(out, state.bestParameters);
            writeFloats(out, state.bestState);
        });
    }

    /// Restores the parameters of `network` and returns the rest.
    ///
    /// @throws CheckpointException when the file is damaged or was written by a training of another identity
    static TrainingState read(Path file, Map<String, String> identity, Network network, int slotCount)
            throws IOException {
        ByteBuffer in = FORMAT.read(file);
        try {
            int entries = boundedCount(in, 2 * Integer.BYTES);
            for (int i = 0; i < entries; i++) {
                String name = readText(in);
                String found = readText(in);
                String expected = identity.get(name);
                if (!found.equals(expected)) {
                    throw new CheckpointException(file,
                            "was written with %s %s, this training has %s".formatted(name, found, expected));
                }
            }
            readInto(in, network.parameters());
            readInto(in, network.state());
            TrainingState state = new TrainingState(network.parameterCount(), slotCount);
            int epochs = boundedCount(in, 1);
            for (int epoch = 0; epoch < epochs; epoch++) {
                state.history.add(readReport(epoch, in));
            }
            state.batch = in.getInt();
            state.loss = in.getDouble();
            state.correct = in.getInt();
            state.seconds = in.getDouble();
            state.cpuSeconds = in.getDouble();
            state.steps = in.getLong();
            for (float[] slot : state.slots) {
                readInto(in, slot);
            }
            state.bestEpoch = in.getInt();
            state.bestLoss = in.getDouble();
            state.bestParameters = readFloats(in);
            state.bestState = readFloats(in);
            return state;
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            throw new CheckpointException(file, "does not describe a training: " + e.getMessage());
        }
    }

    private static void writeReport(DataOutputStream out, EpochReport report) throws IOException {
        out.writeDouble(report.loss());
        out.writeDouble(report.accuracy());
        out.writeDouble(report.validationLoss());
        out.writeDouble(report.validationAccuracy());
        out.writeFloat(report.learningRate());
        out.writeDouble(report.seconds());
        out.writeDouble(report.imagesPerSecond());
        out.writeDouble(report.cpuSeconds());
    }

    private static EpochReport readReport(int epoch, ByteBuffer in) {
        return new EpochReport(epoch, in.getDouble(), in.getDouble(), in.getDouble(), in.getDouble(), in.getFloat(),
                in.getDouble(), in.getDouble(), in.getDouble());
    }

    private static void readInto(ByteBuffer in, float[] values) {
        float[] read = readFloats(in);
        if (read.length != values.length) {
            throw new IllegalArgumentException("%d values, must be %d".formatted(read.length, values.length));
        }
        System.arraycopy(read, 0, values, 0, values.length);
    }

    /// Count, and a checksum of names and labels: the pixels themselves would take too long.
    static String digest(ImageSource images) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < images.size(); i++) {
            text.append(images.name(i)).append('\n').append(images.label(i)).append('\n');
        }
        return images.size() + " (" + digest(text.toString().getBytes(StandardCharsets.UTF_8)) + ")";
    }

    private static String digest(byte[] bytes) {
        CRC32C checksum = new CRC32C();
        checksum.update(bytes);
        return "%08x".formatted((int) checksum.getValue());
    }
}

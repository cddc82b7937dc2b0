package dev.whittle.trainer.network;

import static dev.whittle.trainer.network.ChecksummedFile.readFloats;
import static dev.whittle.trainer.network.ChecksummedFile.readText;
import static dev.whittle.trainer.network.ChecksummedFile.writeFloats;
import static dev.whittle.trainer.network.ChecksummedFile.writeText;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/// A network as a file: its description as JSON ([NetworkJson]), then parameters and state.
final class NetworkFile {
    private static final ChecksummedFile FORMAT = new ChecksummedFile("WHITTLEN", 2, "Whittle network");

    private NetworkFile() {}

    static void write(Network network, Path file) throws IOException {
        FORMAT.write(file, out -> {
            writeText(out, NetworkJson.write(network.spec()));
            writeFloats(out, network.parameters());
            writeFloats(out, network.state());
        });
    }

    static Network read(Path file) throws IOException {
        ByteBuffer in = FORMAT.read(file);
        try {
            NetworkSpec spec = NetworkJson.parse(readText(in));
            return Network.of(spec, readFloats(in), readFloats(in));
        } catch (BufferUnderflowException | IllegalArgumentException | ArithmeticException e) {
            throw new CheckpointException(file, "does not describe a network: " + e.getMessage());
        }
    }
}

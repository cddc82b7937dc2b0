package dev.whittle.trainer.network;

import static dev.whittle.trainer.network.ChecksummedFile.boundedCount;
import static dev.whittle.trainer.network.ChecksummedFile.readFloats;
import static dev.whittle.trainer.network.ChecksummedFile.readText;
import static dev.whittle.trainer.network.ChecksummedFile.writeFloats;
import static dev.whittle.trainer.network.ChecksummedFile.writeText;

import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Cutout;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.Dropout;
import dev.whittle.trainer.layer.FakeQuantize;
import dev.whittle.trainer.layer.Fill;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.GaussianNoise;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.MaxPool2D;
import dev.whittle.trainer.layer.RandomBrightness;
import dev.whittle.trainer.layer.RandomContrast;
import dev.whittle.trainer.layer.RandomFlip;
import dev.whittle.trainer.layer.RandomRotation;
import dev.whittle.trainer.layer.RandomTranslation;
import dev.whittle.trainer.layer.RandomZoom;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.layer.Rescaling;
import dev.whittle.trainer.layer.Resizing;
import dev.whittle.trainer.layer.Softmax;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A network as a file: description, parameters, state.
final class NetworkFile {
    private static final ChecksummedFile FORMAT = new ChecksummedFile("WHITTLEN", 2, "Whittle network");

    private NetworkFile() {}

    static void write(Network network, Path file) throws IOException {
        FORMAT.write(file, out -> {
            writeSpec(out, network.spec());
            writeFloats(out, network.parameters());
            writeFloats(out, network.state());
        });
    }

    static Network read(Path file) throws IOException {
        ByteBuffer in = FORMAT.read(file);
        try {
            NetworkSpec spec = readSpec(in);
            return Network.of(spec, readFloats(in), readFloats(in));
        } catch (BufferUnderflowException | IllegalArgumentException | ArithmeticException e) {
            throw new CheckpointException(file, "does not describe a network: " + e.getMessage());
        }
    }

    static void writeSpec(DataOutputStream out, NetworkSpec spec) throws IOException {
        out.writeInt(spec.inputShape().rank());
        for (int dimension : spec.inputShape().toArray()) {
            out.writeInt(dimension);
        }
        out.writeInt(spec.labels().size());
        for (String label : spec.labels()) {
            writeText(out, label);
        }
        out.writeInt(spec.layers().size());
        for (Layer layer : spec.layers()) {
            writeText(out, layer.getClass().getSimpleName());
            writeText(out, layer.name());
            writeHyperparameters(out, layer);
        }
    }

    private static NetworkSpec readSpec(ByteBuffer in) {
        int[] dimensions = new int[boundedCount(in, Integer.BYTES)];
        for (int axis = 0; axis < dimensions.length; axis++) {
            dimensions[axis] = in.getInt();
        }
        int labelCount = boundedCount(in, Integer.BYTES);
        List<String> labels = new ArrayList<>();
        for (int i = 0; i < labelCount; i++) {
            labels.add(readText(in));
        }
        int layerCount = boundedCount(in, Integer.BYTES);
        List<Layer> layers = new ArrayList<>();
        for (int i = 0; i < layerCount; i++) {
            layers.add(readLayer(readText(in), readText(in), in));
        }
        return new NetworkSpec(Shape.of(dimensions), layers, labels);
    }

    private static void writeHyperparameters(DataOutputStream out, Layer layer) throws IOException {
        switch (layer) {
            case Resizing resizing -> {
                out.writeInt(resizing.height());
                out.writeInt(resizing.width());
            }
            case Rescaling rescaling -> {
                out.writeFloat(rescaling.scale());
                out.writeFloat(rescaling.offset());
            }
            case RandomFlip flip -> {
                out.writeBoolean(flip.horizontal());
                out.writeBoolean(flip.vertical());
            }
            case RandomRotation rotation -> {
                out.writeFloat(rotation.factor());
                writeFill(out, rotation.fill());
            }
            case RandomZoom zoom -> {
                out.writeFloat(zoom.factor());
                writeFill(out, zoom.fill());
            }
            case RandomTranslation translation -> {
                out.writeFloat(translation.heightFactor());
                out.writeFloat(translation.widthFactor());
                writeFill(out, translation.fill());
            }
            case RandomContrast contrast -> {
                out.writeFloat(contrast.factor());
                out.writeFloat(contrast.low());
                out.writeFloat(contrast.high());
            }
            case RandomBrightness brightness -> {
                out.writeFloat(brightness.factor());
                out.writeFloat(brightness.low());
                out.writeFloat(brightness.high());
            }
            case GaussianNoise noise -> out.writeFloat(noise.standardDeviation());
            case Cutout cutout -> {
                out.writeFloat(cutout.side());
                out.writeFloat(cutout.value());
            }
            case Conv2D convolution -> {
                out.writeInt(convolution.filters());
                out.writeInt(convolution.kernelHeight());
                out.writeInt(convolution.kernelWidth());
                out.writeInt(convolution.strideHeight());
                out.writeInt(convolution.strideWidth());
                writePadding(out, convolution.padding());
                out.writeBoolean(convolution.fakeQuantizeKernel());
            }
            case MaxPool2D pool -> {
                out.writeInt(pool.poolHeight());
                out.writeInt(pool.poolWidth());
                out.writeInt(pool.strideHeight());
                out.writeInt(pool.strideWidth());
                writePadding(out, pool.padding());
            }
            case ReLU _,Flatten _,Softmax _ -> {
            }
            case Dense dense -> {
                out.writeInt(dense.units());
                out.writeBoolean(dense.fakeQuantizeKernel());
            }
            case Dropout dropout -> out.writeFloat(dropout.rate());
            case FakeQuantize quantize -> {
                out.writeFloat(quantize.momentum());
                out.writeBoolean(quantize.frozen());
            }
        }
    }

    private static Layer readLayer(String type, String name, ByteBuffer in) {
        return switch (type) {
            case "Resizing" -> new Resizing(name, in.getInt(), in.getInt());
            case "Rescaling" -> new Rescaling(name, in.getFloat(), in.getFloat());
            case "RandomFlip" -> new RandomFlip(name, readBoolean(in), readBoolean(in));
            case "RandomRotation" -> new RandomRotation(name, in.getFloat(), readFill(in));
            case "RandomZoom" -> new RandomZoom(name, in.getFloat(), readFill(in));
            case "RandomTranslation" -> new RandomTranslation(name, in.getFloat(), in.getFloat(), readFill(in));
            case "RandomContrast" -> new RandomContrast(name, in.getFloat(), in.getFloat(), in.getFloat());
            case "RandomBrightness" -> new RandomBrightness(name, in.getFloat(), in.getFloat(), in.getFloat());
            case "GaussianNoise" -> new GaussianNoise(name, in.getFloat());
            case "Cutout" -> new Cutout(name, in.getFloat(), in.getFloat());
            case "Conv2D" ->
                    new Conv2D(name, in.getInt(), in.getInt(), in.getInt(), in.getInt(), in.getInt(), readPadding(in),
                            readBoolean(in));
            case "MaxPool2D" ->
                    new MaxPool2D(name, in.getInt(), in.getInt(), in.getInt(), in.getInt(), readPadding(in));
            case "ReLU" -> new ReLU(name);
            case "Flatten" -> new Flatten(name);
            case "Dense" -> new Dense(name, in.getInt(), readBoolean(in));
            case "Dropout" -> new Dropout(name, in.getFloat());
            case "Softmax" -> new Softmax(name);
            case "FakeQuantize" -> new FakeQuantize(name, in.getFloat(), readBoolean(in));
            default -> throw new IllegalArgumentException("layer \"" + name + "\" is of the unknown type " + type);
        };
    }

    private static void writePadding(DataOutputStream out, Padding padding) throws IOException {
        out.writeByte(padding.ordinal());
    }

    private static Padding readPadding(ByteBuffer in) {
        return readBoolean(in) ? Padding.VALID : Padding.SAME;
    }

    private static void writeFill(DataOutputStream out, Fill fill) throws IOException {
        writeText(out, fill.mode().name());
        out.writeFloat(fill.value());
    }

    private static Fill readFill(ByteBuffer in) {
        return new Fill(Fill.Mode.valueOf(readText(in)), in.getFloat());
    }

    private static boolean readBoolean(ByteBuffer in) {
        return in.get() != 0;
    }
}

package dev.whittle.trainer.weights;

import dev.whittle.engine.npy.Npy;
import dev.whittle.engine.npy.NpyArray;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/// The arrays of a NumPy archive: a zip file of `.npy` files.
final class NpzWeights {
    private static final String ENDING = ".npy";

    private NpzWeights() {}

    static WeightArrays read(Path file) {
        String source = String.valueOf(file.getFileName());
        WeightArrays.Budget budget = new WeightArrays.Budget(source);
        List<WeightArray> arrays = new ArrayList<>();
        try (ZipFile zip = new ZipFile(file.toFile())) {
            for (Enumeration<? extends ZipEntry> entries = zip.entries(); entries.hasMoreElements();) {
                ZipEntry entry = entries.nextElement();
                if (entry.getName().endsWith(ENDING)) {
                    String name = entry.getName().substring(0, entry.getName().length() - ENDING.length());
                    budget.take(name, entry.getSize());
                    try (var channel = Channels.newChannel(zip.getInputStream(entry))) {
                        add(Npy.read(source + " " + name, channel, entry.getSize()), name, arrays);
                    }
                }
            }
        } catch (NoSuchFileException e) {
            throw new WeightsException("[%s] no such file".formatted(file), e);
        } catch (IOException e) {
            throw new WeightsException("[%s] cannot be read: %s".formatted(source, e.getMessage()), e);
        }
        return new WeightArrays(source, arrays);
    }

    private static void add(NpyArray array, String name, List<WeightArray> arrays) {
        float[] values = new float[array.shape().elementCount()];
        ByteBuffer data = array.data();
        switch (array.type()) {
            case FLOAT32 -> data.asFloatBuffer().get(values);
            case FLOAT64 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) data.getDouble();
                }
            }
            case FLOAT16 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = Float.float16ToFloat(data.getShort());
                }
            }
            default -> {
                return;
            }
        }
        arrays.add(new WeightArray(name, array.shape(), values));
    }
}

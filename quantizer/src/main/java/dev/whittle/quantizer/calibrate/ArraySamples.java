package dev.whittle.quantizer.calibrate;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.npy.Npy;
import dev.whittle.engine.npy.NpyArray;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// `.npy` files as samples. An array holds one sample of an input's own shape, or any number of them along its first
/// dimension, `[N, …]`. Arrays are read when their samples are asked for.
public final class ArraySamples {
    private static final Pattern INPUT_NUMBER = Pattern.compile(".*_(\\d+)\\.npy");

    private ArraySamples() {}

    /// The samples of a file, or of all `.npy` files of a folder in the order of their names. For a model of several inputs
    /// it is a folder, and a file's name ends in the number of its input: `in_0_0.npy` and `in_0_1.npy`.
    ///
    /// @throws IOException when nothing can be read there
    /// @throws IllegalArgumentException when files do not fit the model's inputs
    public static RepresentativeSet read(Path path, Model model) throws IOException {
        List<Path> files = files(path);
        Subgraph subgraph = model.primary();
        int inputs = subgraph.inputs().size();
        List<List<Path>> byInput = new ArrayList<>();
        for (int input = 0; input < inputs; input++) {
            int number = input;
            byInput.add(inputs == 1 ? files : files.stream().filter(file -> inputNumber(file) == number).toList());
        }
        List<Integer> counts = new ArrayList<>();
        for (int input = 0; input < inputs; input++) {
            Shape shape = subgraph.tensor(subgraph.inputs().get(input)).shape();
            int count = 0;
            for (Path file : byInput.get(input)) {
                NpyArray array = Npy.read(file);
                count += array.shape().elementCount() / elements(file, array, shape);
            }
            counts.add(count);
        }
        if (counts.stream().distinct().count() > 1 || counts.getFirst() == 0) {
            throw new IllegalArgumentException("[" + path + "] holds " + counts
                    + " samples for the inputs, expected as many for each"
                    + (inputs > 1 ? " (a file's name ends in its input's number, as in in_0_1.npy)" : ""));
        }
        return new RepresentativeSet(counts.getFirst() + " samples of " + path.getFileName(), counts.getFirst(),
                files.stream().map(RepresentativeSet::hash).toList(),
                () -> new Samples(byInput.stream()
                        .map(List::iterator).toList(),
                        subgraph.inputs().stream()
                                .map(tensor -> subgraph.tensor(tensor).shape()).toList()));
    }

    private static List<Path> files(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            return List.of(path);
        }
        try (Stream<Path> entries = Files.list(path)) {
            List<Path> files = entries.filter(file -> file.toString().endsWith(".npy")).sorted().toList();
            if (files.isEmpty()) {
                throw new IllegalArgumentException("[" + path + "] holds no .npy file, expected at least one");
            }
            return files;
        }
    }

    private static int inputNumber(Path file) {
        Matcher matcher = INPUT_NUMBER.matcher(file.getFileName().toString());
        return matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
    }

    /// Elements of one sample of an array.
    private static int elements(Path file, NpyArray array, Shape input) {
        List<Integer> found = array.shape().toList();
        List<Integer> expected = input.toList();
        boolean isReal = array.type() == ElementType.FLOAT32 || array.type() == ElementType.FLOAT64
                || array.type() == ElementType.UINT8;
        boolean isOne = found.equals(expected) || (!expected.isEmpty() && expected.getFirst() == 1
                && found.equals(expected.subList(1, expected.size())));
        boolean isMany = !expected.isEmpty() && expected.getFirst() == 1 && found.size() == expected.size()
                && found.subList(1, found.size()).equals(expected.subList(1, expected.size()));
        if (!isReal || !(isOne || isMany)) {
            throw new IllegalArgumentException("[" + file.getFileName() + "] holds " + array.type() + " "
                    + array.shape() + ", expected FLOAT32, FLOAT64 or UINT8 " + input
                    + (!expected.isEmpty() && expected.getFirst() == 1 ? " or more along the first dimension" : ""));
        }
        return input.elementCount();
    }

    private static float element(ElementType type, ByteBuffer data, int i) {
        return switch (type) {
            case FLOAT32 -> data.getFloat(i * Float.BYTES);
            case FLOAT64 -> (float) data.getDouble(i * Double.BYTES);
            default -> Byte.toUnsignedInt(data.get(i));
        };
    }

    private static final class Samples implements Iterator<List<float[]>> {
        private final List<Input> inputs = new ArrayList<>();

        Samples(List<Iterator<Path>> files, List<Shape> shapes) {
            for (int input = 0; input < shapes.size(); input++) {
                inputs.add(new Input(files.get(input), shapes.get(input)));
            }
        }

        @Override
        public boolean hasNext() {
            return inputs.stream().allMatch(Input::hasNext);
        }

        @Override
        public List<float[]> next() {
            return inputs.stream().map(Input::next).toList();
        }
    }

    private static final class Input implements Iterator<float[]> {
        private final Iterator<Path> files;
        private final Shape shape;
        private Optional<NpyArray> array = Optional.empty();
        private int position;

        Input(Iterator<Path> files, Shape shape) {
            this.files = files;
            this.shape = shape;
        }

        @Override
        public boolean hasNext() {
            while (array.isEmpty() || position == array.get().shape().elementCount()) {
                if (!files.hasNext()) {
                    return false;
                }
                position = 0;
                array = Optional.of(read(files.next()));
            }
            return true;
        }

        private NpyArray read(Path file) {
            try {
                NpyArray read = Npy.read(file);
                elements(file, read, shape);
                return read;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public float[] next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            NpyArray from = array.orElseThrow();
            ByteBuffer data = from.data();
            float[] sample = new float[shape.elementCount()];
            for (int i = 0; i < sample.length; i++) {
                sample[i] = element(from.type(), data, position + i);
            }
            position += sample.length;
            return sample;
        }
    }
}

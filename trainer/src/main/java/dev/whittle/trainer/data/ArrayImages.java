package dev.whittle.trainer.data;

import java.util.List;
import java.util.stream.IntStream;

/// Images of one size that lie behind each other in one array of bytes.
final class ArrayImages implements ImageSource {
    private final String name;
    private final List<String> classNames;
    private final int height;
    private final int width;
    private final int depth;
    private final byte[] samples;
    private final byte[] labels;

    /// @param name of the array, for people
    /// @param depth channels: 1 or 3
    /// @param samples `[image, height, width, depth]`
    /// @param labels class of each image, 0 to 255
    ArrayImages(String name, List<String> classNames, int height, int width, int depth, byte[] samples,
            byte[] labels) {
        this.name = name;
        this.classNames = List.copyOf(classNames);
        this.height = height;
        this.width = width;
        this.depth = depth;
        this.samples = samples;
        this.labels = labels;
    }

    /// The names of classes that only have numbers.
    static List<String> numbered(int classes) {
        return IntStream.range(0, classes).mapToObj(String::valueOf).toList();
    }

    @Override
    public List<String> classNames() {
        return classNames;
    }

    @Override
    public int size() {
        return labels.length;
    }

    @Override
    public int label(int i) {
        return labels[i] & 0xFF;
    }

    /// Such as "x_train[17]".
    @Override
    public String name(int i) {
        return name + "[" + i + "]";
    }

    @Override
    public PixelImage image(int i) {
        int elements = height * width * depth;
        if (depth == 1) {
            return PixelImage.ofGrey(height, width, samples, i * elements);
        }
        byte[] rgb = new byte[elements];
        System.arraycopy(samples, i * elements, rgb, 0, elements);
        return PixelImage.of(height, width, rgb);
    }
}

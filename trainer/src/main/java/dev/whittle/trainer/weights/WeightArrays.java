package dev.whittle.trainer.weights;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// The arrays of a weights file, in its order.
///
/// | file | order and names |
/// |---|---|
/// | `.npz` | as they were saved: `arr_0`, `arr_1`, … for `numpy.savez(file, *model.get_weights())` |
/// | `.weights.h5` (Keras 3) | by path, numbers in names as numbers: `layers/conv2d/vars/0`, `layers/conv2d_1/vars/0`, … |
/// | `.h5` (`model.save`, or weights of Keras 2) | as the file lists layers and weights: `conv2d/kernel`, … |
///
/// Arrays of other than floating-point numbers, and what an optimizer keeps, are left out.
///
/// @param source the file's name, for errors
public record WeightArrays(String source, List<WeightArray> arrays) {

    public WeightArrays {
        arrays = List.copyOf(arrays);
    }

    /// Reads a `.npz`, `.h5` or `.hdf5` file.
    ///
    /// @throws WeightsException if it cannot be read, is no such file, holds no weights, or more than a third of the heap
    public static WeightArrays read(Path file) {
        String name = String.valueOf(file.getFileName());
        String lower = name.toLowerCase(Locale.ROOT);
        WeightArrays weights;
        if (lower.endsWith(".npz")) {
            weights = NpzWeights.read(file);
        } else if (lower.endsWith(".h5") || lower.endsWith(".hdf5")) {
            weights = Hdf5Weights.read(file);
        } else {
            throw new WeightsException("[%s] expected a .npz or .h5 file of weights".formatted(name));
        }
        if (weights.arrays.isEmpty()) {
            throw new WeightsException("[%s] holds no arrays of floating-point numbers".formatted(name));
        }
        return weights;
    }

    /// The array of a name.
    public Optional<WeightArray> find(String name) {
        return arrays.stream().filter(array -> array.name().equals(name)).findFirst();
    }

    /// Counts what a file's arrays take, so that it cannot ask for more memory than there is.
    static final class Budget {
        private static final int SHARE_OF_HEAP = 3;
        private static final int MOST_ARRAYS = 10_000;

        private final String source;
        private long left = Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP;
        private int arrays;

        Budget(String source) {
            this.source = source;
        }

        /// @throws WeightsException if the bytes, with those before, do not fit
        void take(String array, long bytes) {
            left -= bytes;
            if (bytes < 0 || bytes > Integer.MAX_VALUE || left < 0 || ++arrays > MOST_ARRAYS) {
                throw new WeightsException(
                        "[%s] array \"%s\" of %d bytes does not fit with those before it; a larger heap (-Xmx) may help"
                                .formatted(source, array, bytes));
            }
        }
    }
}

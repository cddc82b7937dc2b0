package dev.whittle.trainer.compression;

/// A kernel among the values of a network.
///
/// @param values in which it lies, seen live, as `[depth, outChannel]`
/// @param offset of its first element
/// @param depth weights that an output channel has
/// @param run neighbours along the depth: the input channels, of which `depth` is a multiple
public record Kernel(float[] values, int offset, int depth, int outChannels, int run) {
    public Kernel {
        if (depth % run != 0) {
            throw new IllegalArgumentException("runs of %d in a depth of %d, must divide it".formatted(run, depth));
        }
    }

    /// All its weights.
    public int elementCount() {
        return depth * outChannels;
    }

    /// The place after its last element.
    public int end() {
        return offset + elementCount();
    }

    int at(int row, int outChannel) {
        return offset + row * outChannels + outChannel;
    }
}

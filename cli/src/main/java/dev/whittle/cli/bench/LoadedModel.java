package dev.whittle.cli.bench;

/// A model that a runtime holds ready. Inputs and outputs are numbered as in the first subgraph, and are the elements as
/// the file format lays them out, little-endian.
public interface LoadedModel extends AutoCloseable {
    /// The kernels that run, in words.
    String kernels();

    /// @throws IllegalArgumentException if the input takes another number of bytes
    void putInput(int index, byte[] elements);

    /// One inference: all that is timed.
    void invoke();

    byte[] output(int index);

    @Override
    void close();
}

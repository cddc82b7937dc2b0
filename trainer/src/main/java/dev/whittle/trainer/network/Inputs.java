package dev.whittle.trainer.network;

/// What a training or a prediction reads: photographs ([PreparedImages]) or arrays ([Examples]), behind the leading layers.
interface Inputs extends AutoCloseable {
    int size();

    /// The class of an image.
    int label(int image);

    /// Writes an image, as it comes out of the leading layers, to `to`. Two threads must not ask for the same image at once.
    ///
    /// @param preparation the leading layers, in the calling thread's workspace
    void read(int image, Execution.Workspace preparation, float[] to, int offset);

    /// Starts to prepare images `order[from … to − 1]` on `threads` threads, for [#read] to find. To be called by one thread.
    ///
    /// @param preparation the leading layers
    default void readAhead(int[] order, int from, int to, Execution preparation, int threads) {}

    @Override
    default void close() {}

    /// Whether images have classes.
    default boolean hasClasses() {
        return true;
    }

    /// Whether an image has a target of its own, beside its class.
    default boolean hasTarget() {
        return false;
    }

    /// Writes the target of an image that [#hasTarget].
    default void readTarget(int image, float[] to, int offset) {
        throw new IllegalStateException("image " + image + " has no target");
    }
}

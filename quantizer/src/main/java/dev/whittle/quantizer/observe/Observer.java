package dev.whittle.quantizer.observe;

/// Watches one tensor over many invocations and sums up what it held as one range.
public interface Observer {
    /// Takes note of the tensor's elements after one invocation; finite, at least one.
    void observe(float[] values);

    /// What the tensor was seen to hold.
    ///
    /// @throws IllegalStateException when nothing was observed yet
    Range range();
}

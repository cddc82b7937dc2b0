package dev.whittle.trainer.compression;

/// Keeps what a network has: zeros stay zero, and where a kernel has few different values ([KernelValues#areShared]) those
/// that are equal stay equal. It goes with fine-tuning and quantization-aware training behind pruning or clustering.
public record Preservation() implements Compression {
    @Override
    public boolean isSettled(long steps) {
        return true;
    }
}

package dev.whittle.trainer.compression;

/// Which weights of a kernel become zero together. A kernel is seen as a matrix `[depth, outChannel]`, the depth being
/// filterY, filterX, inChannel, or the features of a fully-connected layer; neighbours along the depth are those with
/// consecutive input channels under one tap.
public sealed interface SparsityPattern {

    /// Each weight by itself.
    record Unstructured() implements SparsityPattern {
    }

    /// Of every `group` neighbours along the depth the `zeros` smallest, such as 2 of 4. What is left over where the input
    /// channels are no multiple of the group stays whole. The sparsity is `zeros / group`, all at once.
    record NOfM(int zeros, int group) implements SparsityPattern {
        public NOfM {
            if (zeros < 1 || zeros >= group) {
                throw new IllegalArgumentException(
                        "%d zeros in every %d weights, must be 1 or more and fewer than all".formatted(zeros, group));
            }
        }
    }

    /// Whole blocks of `outChannels` output channels by `inChannels` neighbours along the depth, by their mean magnitude;
    /// blocks at the border are smaller where the kernel is no multiple.
    record Block(int outChannels, int inChannels) implements SparsityPattern {
        public Block {
            if (outChannels < 1 || inChannels < 1) {
                throw new IllegalArgumentException(
                        "blocks of %d x %d, must be positive".formatted(outChannels, inChannels));
            }
        }
    }
}

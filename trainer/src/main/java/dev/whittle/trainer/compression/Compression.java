package dev.whittle.trainer.compression;

/// What training makes of the kernels of convolutions and fully-connected layers, beside learning them. A weight of such a
/// kernel that is zero stays zero under each of these, so that what one training has pruned the next one keeps, and no mask
/// is stored anywhere: the zeros are the mask.
public sealed interface Compression permits Pruning, Clustering, Preservation {

    /// Whether the kernels may be as they should be in the end after so many steps; networks from before are not compared
    /// with later ones.
    boolean isSettled(long steps);
}

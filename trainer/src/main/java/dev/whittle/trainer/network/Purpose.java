package dev.whittle.trainer.network;

import dev.whittle.trainer.layer.CounterRandom;

/// What random numbers are drawn for, so that no two uses share a key. The order is part of what a seed means.
enum Purpose {
    INITIAL_PARAMETERS, SHUFFLING, LAYERS, MIXUP, CLUSTERING;

    long key(long seed) {
        return CounterRandom.fold(seed, ordinal());
    }
}

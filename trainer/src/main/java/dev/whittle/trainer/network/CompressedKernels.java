package dev.whittle.trainer.network;

import dev.whittle.trainer.compression.Clustering;
import dev.whittle.trainer.compression.Compression;
import dev.whittle.trainer.compression.Kernel;
import dev.whittle.trainer.compression.KernelValues;
import dev.whittle.trainer.compression.Preservation;
import dev.whittle.trainer.compression.Pruning;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.CounterRandom;
import dev.whittle.trainer.layer.Dense;
import java.util.ArrayList;
import java.util.List;

/// What a [Compression] does to the kernels of a training, step by step. It keeps nothing from one step to the next but what
/// the weights themselves say, so that a resumed training goes on as if it had not stopped.
final class CompressedKernels {
    private final Compression compression;
    private final List<Kernel> kernels;
    /// Kernels whose equal weights stay equal.
    private final boolean[] isShared;
    /// The weights that are zero, of all parameters.
    private final boolean[] isZero;

    CompressedKernels(Network network, TrainingSettings settings, Compression compression) {
        this.compression = compression;
        kernels = of(network).stream().filter(named -> !settings.isFrozen(named.layer)).map(Named::kernel).toList();
        isShared = new boolean[kernels.size()];
        isZero = new boolean[network.parameterCount()];
        lookForSharing();
    }

    /// The kernel of a layer.
    private record Named(String layer, Kernel kernel) {
    }

    private static List<Named> of(Network network) {
        List<Named> kernels = new ArrayList<>();
        for (int i = 0; i < network.layers().size(); i++) {
            int offset = network.parameterOffset(i);
            switch (network.layers().get(i)) {
                case Conv2D conv -> {
                    int channels = network.inputShape(i).dimension(2);
                    kernels.add(new Named(conv.name(), new Kernel(network.parameters(), offset,
                            conv.kernelHeight() * conv.kernelWidth() * channels, conv.filters(), channels)));
                }
                case Dense dense -> {
                    int features = network.inputShape(i).dimension(0);
                    kernels.add(new Named(dense.name(),
                            new Kernel(network.parameters(), offset, features, dense.units(), features)));
                }
                default -> {
                }
            }
        }
        return kernels;
    }

    private void lookForSharing() {
        for (int k = 0; k < isShared.length; k++) {
            isShared[k] = switch (compression) {
                case Clustering _ -> true;
                case Preservation _ -> KernelValues.areShared(kernels.get(k));
                case Pruning _ -> false;
            };
        }
    }

    /// Before the first step.
    void begin(long seed) {
        if (compression instanceof Clustering clustering) {
            long key = Purpose.CLUSTERING.key(seed);
            for (int k = 0; k < kernels.size(); k++) {
                clustering.apply(kernels.get(k), CounterRandom.fold(key, k));
            }
        }
    }

    /// Takes the gradient off weights that are zero, and gives those of a cluster its mean.
    void changeGradients(float[] gradient, Workers workers) {
        workers.run(kernels.size(), (worker, k) -> {
            Kernel kernel = kernels.get(k);
            for (int i = kernel.offset(); i < kernel.end(); i++) {
                isZero[i] = kernel.values()[i] == 0;
                gradient[i] = isZero[i] ? 0 : gradient[i];
            }
            if (isShared[k]) {
                KernelValues.shareGradients(kernel, gradient);
            }
        });
    }

    /// After an update: weights that an optimizer's momentum has moved away from zero go back, and what is due is pruned.
    void changeWeights(long step, Workers workers) {
        workers.run(kernels.size(), (worker, k) -> {
            Kernel kernel = kernels.get(k);
            for (int i = kernel.offset(); i < kernel.end(); i++) {
                kernel.values()[i] = isZero[i] ? 0 : kernel.values()[i];
            }
            if (compression instanceof Pruning pruning) {
                pruning.apply(step, kernel);
            }
        });
    }
}

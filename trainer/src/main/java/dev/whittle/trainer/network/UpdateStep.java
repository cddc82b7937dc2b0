package dev.whittle.trainer.network;

import dev.whittle.trainer.optimizer.GradientClipping;
import dev.whittle.trainer.optimizer.Optimizer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Adds the gradients of a batch and updates the parameters that are trained, piece by piece: what a piece needs stays in the
/// first-level cache.
final class UpdateStep {
    /// Parameters in one piece.
    private static final int PIECE_ELEMENTS = 4096;

    private final Network network;
    private final Optimizer optimizer;
    private final @Nullable GradientClipping clipping;
    private final @Nullable CompressedKernels kernels;
    private final Workers workers;
    private final List<Piece> pieces = new ArrayList<>();
    private final double[] squares;
    /// The gradient of the batch.
    private final float[] sum;

    private record Piece(int from, int to) {
    }

    /// @param kernels what is made of kernels beside learning; null for nothing
    UpdateStep(Network network, TrainingSettings settings, @Nullable CompressedKernels kernels, Workers workers) {
        this.kernels = kernels;
        this.network = network;
        this.workers = workers;
        optimizer = settings.optimizer();
        clipping = settings.clipping();
        for (int layer = 0; layer < network.layers().size(); layer++) {
            if (!settings.isFrozen(network.layers().get(layer).name())) {
                addPieces(network.parameterOffset(layer), network.parameterOffset(layer)
                        + network.parameterCount(layer));
            }
        }
        squares = new double[pieces.size()];
        sum = new float[network.parameterCount()];
    }

    /// Neighbouring layers share pieces.
    private void addPieces(int from, int to) {
        int start = from;
        if (!pieces.isEmpty() && pieces.getLast().to == from) {
            start = pieces.removeLast().from;
        }
        while (start < to) {
            int end = Math.min(start + PIECE_ELEMENTS, to);
            pieces.add(new Piece(start, end));
            start = end;
        }
    }

    /// @param slots the optimizer's numbers
    /// @param step from 1
    void run(BatchGradient gradient, float learningRate, long step, float[][] slots) {
        float stepSize = optimizer.stepSize(learningRate, step);
        float decay = optimizer.decay(learningRate);
        if (kernels != null) {
            workers.run(pieces.size(), (worker, index) -> addUp(gradient, pieces.get(index)));
            kernels.changeGradients(sum, workers);
        }
        float factor = clipping instanceof GradientClipping.ByGlobalNorm byNorm ? byNorm.factor(norm(gradient)) : 1;
        workers.run(pieces.size(), (worker, index) -> {
            Piece piece = pieces.get(index);
            if (kernels == null) {
                addUp(gradient, piece);
            }
            if (clipping instanceof GradientClipping.ByValue byValue) {
                byValue.apply(sum, piece.from, piece.to);
            }
            for (int i = piece.from; factor != 1 && i < piece.to; i++) {
                sum[i] *= factor;
            }
            float[] parameters = network.parameters();
            for (int i = piece.from; decay != 0 && i < piece.to; i++) {
                parameters[i] -= parameters[i] * decay;
            }
            optimizer.update(stepSize, sum, parameters, slots, piece.from, piece.to);
        });
        if (kernels != null) {
            kernels.changeWeights(step, workers);
        }
    }

    private void addUp(BatchGradient gradient, Piece piece) {
        gradient.add(piece.from, piece.to, sum);
    }

    /// The length of the gradient of all that is trained, its squares added in the order of the pieces.
    private double norm(BatchGradient gradient) {
        workers.run(pieces.size(), (worker, index) -> {
            Piece piece = pieces.get(index);
            if (kernels == null) {
                addUp(gradient, piece);
            }
            double square = 0;
            for (int i = piece.from; i < piece.to; i++) {
                square += (double) sum[i] * sum[i];
            }
            squares[index] = square;
        });
        double total = 0;
        for (double square : squares) {
            total += square;
        }
        return Math.sqrt(total);
    }
}

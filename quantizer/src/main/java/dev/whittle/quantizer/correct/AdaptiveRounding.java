package dev.whittle.quantizer.correct;

import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.trainer.data.ParallelLoader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/// Learns for each weight whether it is rounded up or down, so that the layer's output changes the least; to nearest is
/// seldom best (AdaRound: Nagel et al. 2020, "Up or Down? Adaptive Rounding for Post-Training Quantization",
/// sections 3.2 and 3.3; equations 19 and 20 of `docs/QUANTIZATION.md`).
///
/// A weight becomes `s · clamp(⌊w / s⌋ + h(v))` with the rectified sigmoid `h(v) = clamp(1.2 · σ(v) − 0.1, 0, 1)`. What is
/// minimized over `v`, with Adam and the gradients below, is the mean squared difference between `W x + b`, what the float
/// layer gives in front of its activation, and `Ŵ x̂ + b`, where `x̂` is what the layers before give with their rounded
/// weights; and a penalty `λ Σ (1 − |2 h(v) − 1|^β)`, absent for the first fifth, whose `β` falls from 20 to 2 and drives
/// each `h` to 0 or 1. Differences are measured in steps and in multiples of the input's root mean square, so that `λ` means
/// the same in every layer.
///
/// In the end each channel keeps what it learned only where that is better on all rows than rounding to nearest. The result
/// holds the rounded weights as floats: rounding them to nearest, as the rewriters do, gives their very codes and scales.
public final class AdaptiveRounding {
    private static final float STRETCH = 1.2f;
    private static final float LOW = -0.1f;
    private static final float WARM = 0.2f;
    private static final float FIRST_BETA = 20;
    private static final float LAST_BETA = 2;
    private static final float PENALTY = 1;
    private static final float ADAM_MEAN = 0.9f;
    private static final float ADAM_SQUARE = 0.999f;
    private static final float ADAM_EPSILON = 1e-8f;
    /// Channels that are learned together; the result is the same for any number.
    private static final int BLOCK = 16;

    private AdaptiveRounding() {}

    /// How a layer is learned; its time grows with `iterations · batch`.
    ///
    /// @param iterations steps of Adam for each layer, 1 or more
    /// @param batch rows that a step looks at, 1 or more
    /// @param rows of a layer that steps draw from, 1 or more: a row is one position of one sample
    /// @param learningRate of Adam
    /// @param seed of the rows that are drawn
    public record Settings(int iterations, int batch, int rows, float learningRate, long seed) {
        public Settings {
            if (iterations < 1 || batch < 1 || rows < 1) {
                throw new IllegalArgumentException(iterations + " iterations, batches of " + batch + " of " + rows
                        + " rows, must be 1 or more each");
            }
            if (!(learningRate > 0)) {
                throw new IllegalArgumentException("learning rate " + learningRate + ", must be above 0");
            }
        }

        /// 1,000 steps on 32 of 2,048 rows.
        public static Settings standard(long seed) {
            return new Settings(1000, 32, 2048, 0.02f, seed);
        }
    }

    /// The model with rounded weights.
    ///
    /// @param samples at least one; as for [dev.whittle.quantizer.calibrate.Calibrator#calibrate]
    /// @param weightBits of a quantized weight, 2 to 8, with one scale for each output channel
    /// @throws IllegalArgumentException when there is no sample
    public static Model round(Model model, List<List<float[]>> samples, int weightBits, Settings settings, int threads,
            CorrectionListener listener) {
        Subgraph subgraph = model.primary();
        return Corrections.layerByLayer(model, samples, weightBits, threads, Correction.ADAROUND, listener,
                (layer, number, real, rounded, corrected) -> {
                    List<float[]> targets = real.outputs(layer.linear(), Map.of());
                    float[] weights = layer.weights();
                    if (isLearned(subgraph, layer)) {
                        LayerRows rows = LayerRows.draw(layer, subgraph.tensor(layer.input()).shape(),
                                rounded.get(layer.input()), subgraph.tensor(layer.output()).shape(), targets,
                                settings.rows(), settings.seed() + number);
                        weights = learned(layer, rows, weightBits, settings, threads);
                        corrected.replace(layer.filterTensor(), weights);
                    } else {
                        weights = new WeightGrid(layer, weights, weightBits).nearest(layer, weights);
                    }
                    return new Corrections.Linear(targets,
                            rounded.outputs(layer.linear(), Map.of(layer.filterTensor(), weights)));
                });
    }

    /// Grouped convolutions, and weights that two layers read, are rounded to nearest.
    private static boolean isLearned(Subgraph subgraph, WeightedLayer layer) {
        boolean isGrouped = layer.operator().options() instanceof Options.Conv2d
                && layer.filterShape().dimension(3) != subgraph.tensor(layer.input()).shape().dimension(3);
        return layer.ownsConstants() && !isGrouped;
    }

    private static float[] learned(WeightedLayer layer, LayerRows rows, int bits, Settings settings, int threads) {
        float[] weights = layer.weights();
        WeightGrid grid = new WeightGrid(layer, weights, bits);
        float[] rounded = new float[weights.length];
        int blocks = Math.ceilDiv(layer.channels(), BLOCK);
        List<Block> learned = new ArrayList<>();
        new ParallelLoader(threads).run(blocks, block -> {
            Block part = new Block(layer, grid, rows, weights, block * BLOCK,
                    Math.min(BLOCK, layer.channels() - block * BLOCK));
            part.learn(settings);
            return part;
        }, (_, part) -> learned.add(part));
        learned.forEach(part -> part.write(rounded));
        return rounded;
    }

    /// Some channels of a layer. Arrays of weights are `[position, channel]`.
    static final class Block {
        /// A `β` that stands for no penalty.
        static final float WITHOUT_PENALTY = 0;

        private final WeightedLayer layer;
        private final WeightGrid grid;
        private final LayerRows rows;
        private final int first;
        private final int width;
        private final int positions;
        /// What is rounded down, in steps.
        private final float[] floor;
        /// What rounding down leaves, in steps.
        private final float[] fraction;
        private final float[] logits;
        private final float[] bias;
        /// The reciprocal of the input's mean square.
        private final float norm;
        private final float[] sigmoids;
        /// The weights as they are on their way between two codes.
        private final float[] soft;
        private byte[] codes;

        Block(WeightedLayer layer, WeightGrid grid, LayerRows rows, float[] weights, int first, int width) {
            this.layer = layer;
            this.grid = grid;
            this.rows = rows;
            this.first = first;
            this.width = width;
            positions = layer.positions();
            floor = new float[positions * width];
            fraction = new float[positions * width];
            logits = new float[positions * width];
            sigmoids = new float[positions * width];
            soft = new float[positions * width];
            codes = new byte[positions * width];
            bias = new float[width];
            float[] allBias = layer.bias();
            for (int channel = 0; channel < width; channel++) {
                bias[channel] = allBias[first + channel];
                for (int position = 0; position < positions; position++) {
                    float steps = weights[layer.index(position, first + channel)] / grid.step(first + channel);
                    int at = position * width + channel;
                    floor[at] = (float) Math.floor(steps);
                    fraction[at] = steps - floor[at];
                    float sigmoid = (fraction[at] - LOW) / STRETCH;
                    logits[at] = (float) Math.log(sigmoid / (1 - sigmoid));
                }
            }
            norm = (float) (1 / Math.max(Float.MIN_NORMAL, meanSquare(rows.inputs())));
        }

        private static double meanSquare(List<float[]> rows) {
            double sum = 0;
            long count = 0;
            for (float[] row : rows) {
                for (float value : row) {
                    sum += (double) value * value;
                }
                count += row.length;
            }
            return sum / count;
        }

        /// `V`, what is learned.
        float[] logits() {
            return logits;
        }

        void learn(Settings settings) {
            SplittableRandom random = new SplittableRandom(settings.seed());
            int[] batch = new int[settings.batch()];
            float[] gradients = new float[floor.length];
            float[] means = new float[floor.length];
            float[] squares = new float[floor.length];
            double meanPower = 1;
            double squarePower = 1;
            for (int iteration = 0; iteration < settings.iterations(); iteration++) {
                Arrays.setAll(batch, _ -> random.nextInt(rows.inputs().size()));
                float progress = (iteration / (float) settings.iterations() - WARM) / (1 - WARM);
                float beta = LAST_BETA + (FIRST_BETA - LAST_BETA) * (1 - progress);
                gradients(batch, progress < 0 ? WITHOUT_PENALTY : beta, gradients);
                meanPower *= ADAM_MEAN;
                squarePower *= ADAM_SQUARE;
                float rate = (float) (settings.learningRate() * Math.sqrt(1 - squarePower) / (1 - meanPower));
                for (int i = 0; i < logits.length; i++) {
                    means[i] = ADAM_MEAN * means[i] + (1 - ADAM_MEAN) * gradients[i];
                    squares[i] = ADAM_SQUARE * squares[i] + (1 - ADAM_SQUARE) * gradients[i] * gradients[i];
                    logits[i] -= rate * means[i] / ((float) Math.sqrt(squares[i]) + ADAM_EPSILON);
                }
            }
            choose();
        }

        /// The gradient of what is minimized by the logits.
        ///
        /// @param batch the rows that are looked at
        /// @param beta of the penalty, or [#WITHOUT_PENALTY]
        /// @param gradients are written
        void gradients(int[] batch, float beta, float[] gradients) {
            for (int i = 0; i < soft.length; i++) {
                sigmoids[i] = sigmoid(logits[i]);
                soft[i] = clamp(floor[i] + rectified(sigmoids[i])) * grid.step(first + i % width);
            }
            Arrays.fill(gradients, 0);
            float[] outputs = new float[width];
            for (int row : batch) {
                float[] input = rows.inputs().get(row);
                multiply(input, soft, outputs);
                float[] target = rows.targets().get(row);
                for (int channel = 0; channel < width; channel++) {
                    float step = grid.step(first + channel);
                    outputs[channel] = 2 * norm * (outputs[channel] - target[first + channel]) / step / batch.length;
                }
                accumulate(input, outputs, gradients);
            }
            for (int i = 0; i < gradients.length; i++) {
                float sigmoid = sigmoids[i];
                float stretched = sigmoid * STRETCH + LOW;
                float slope = stretched > 0 && stretched < 1 ? STRETCH * sigmoid * (1 - sigmoid) : 0;
                float slopeOfLoss = Math.abs(floor[i] + stretched) > grid.largestCode() ? 0 : gradients[i];
                if (beta != WITHOUT_PENALTY && slope > 0) {
                    float twice = 2 * stretched - 1;
                    slopeOfLoss -= PENALTY * 2 * beta * Math.signum(twice)
                            * (float) Math.pow(Math.abs(twice), beta - 1);
                }
                gradients[i] = slopeOfLoss * slope;
            }
        }

        /// `output[channel] = bias[channel] + Σ input · weight`.
        private void multiply(float[] input, float[] weights, float[] output) {
            System.arraycopy(bias, 0, output, 0, width);
            for (int position = 0; position < positions; position++) {
                int at = position * width;
                if (layer.isDepthwise()) {
                    int from = position * layer.channels() + first;
                    for (int channel = 0; channel < width; channel++) {
                        output[channel] = Math.fma(input[from + channel], weights[at + channel], output[channel]);
                    }
                } else if (input[position] != 0) {
                    float value = input[position];
                    for (int channel = 0; channel < width; channel++) {
                        output[channel] = Math.fma(value, weights[at + channel], output[channel]);
                    }
                }
            }
        }

        /// Adds `input · slope`, the gradient of each weight.
        private void accumulate(float[] input, float[] slope, float[] gradients) {
            for (int position = 0; position < positions; position++) {
                int at = position * width;
                if (layer.isDepthwise()) {
                    int from = position * layer.channels() + first;
                    for (int channel = 0; channel < width; channel++) {
                        gradients[at + channel] =
                                Math.fma(input[from + channel], slope[channel], gradients[at + channel]);
                    }
                } else if (input[position] != 0) {
                    float value = input[position];
                    for (int channel = 0; channel < width; channel++) {
                        gradients[at + channel] = Math.fma(value, slope[channel], gradients[at + channel]);
                    }
                }
            }
        }

        /// Takes for each channel what was learned, or what is nearest where that is no worse.
        private void choose() {
            byte[] up = new byte[floor.length];
            byte[] nearest = new byte[floor.length];
            for (int i = 0; i < floor.length; i++) {
                up[i] = code(floor[i] + (logits[i] >= 0 ? 1 : 0));
                nearest[i] = code((float) Math.rint(floor[i] + fraction[i]));
                // The largest weights stay where they are: the step is found from them.
                if (Math.abs(nearest[i]) == grid.largestCode()
                        && Math.abs(fraction[i] - Math.rint(fraction[i])) < 1e-3) {
                    up[i] = nearest[i];
                }
            }
            double[] learnedError = errors(up);
            double[] nearestError = errors(nearest);
            for (int i = 0; i < floor.length; i++) {
                int channel = i % width;
                codes[i] = learnedError[channel] < nearestError[channel] ? up[i] : nearest[i];
            }
        }

        /// The squared error of each channel over all rows.
        private double[] errors(byte[] candidate) {
            float[] weights = new float[candidate.length];
            for (int i = 0; i < weights.length; i++) {
                weights[i] = grid.value(candidate[i], first + i % width);
            }
            double[] errors = new double[width];
            float[] output = new float[width];
            for (int row = 0; row < rows.inputs().size(); row++) {
                multiply(rows.inputs().get(row), weights, output);
                for (int channel = 0; channel < width; channel++) {
                    double difference = output[channel] - rows.targets().get(row)[first + channel];
                    errors[channel] += difference * difference;
                }
            }
            return errors;
        }

        void write(float[] rounded) {
            for (int i = 0; i < codes.length; i++) {
                int channel = first + i % width;
                rounded[layer.index(i / width, channel)] = grid.value(codes[i], channel);
            }
        }

        private byte code(float steps) {
            return (byte) clamp(steps);
        }

        private float clamp(float steps) {
            return Math.clamp(steps, -grid.largestCode(), grid.largestCode());
        }

        private static float rectified(float sigmoid) {
            return Math.clamp(STRETCH * sigmoid + LOW, 0, 1);
        }

        private static float sigmoid(float logit) {
            return (float) (1 / (1 + Math.exp(-logit)));
        }
    }
}

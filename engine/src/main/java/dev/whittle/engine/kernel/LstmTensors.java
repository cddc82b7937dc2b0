package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;

/// Where the tensors of one LSTM cell stand among an operator's inputs. From `weights` on, seventeen stand in one order
/// everywhere: input weights by gate, recurrent weights by gate, peephole weights by gate without the cell's, biases by
/// gate, projection weights and bias.
///
/// @param input the sequence
/// @param state the output state; the cell state follows
/// @param layerNorm coefficients by gate; past the last input where the operator has none
/// @param auxInput a second sequence; past the last input where there is none
/// @param auxWeights its weights by gate
record LstmTensors(int input, int weights, int state, int layerNorm, int auxInput, int auxWeights) {
    private static final int GATES = 4;
    private static final int PEEPHOLES = 3;
    private static final int PEEPHOLE = 2 * GATES;
    private static final int BIAS = PEEPHOLE + PEEPHOLES;
    private static final int PROJECTION = BIAS + GATES;

    /// In the order in which files have them.
    enum Gate {
        INPUT, FORGET, CELL, OUTPUT;

        @Override
        public String toString() {
            return switch (this) {
                case INPUT -> "input gate";
                case FORGET -> "forget gate";
                case CELL -> "cell gate";
                case OUTPUT -> "output gate";
            };
        }
    }

    int inputWeights(Gate gate) {
        return weights + gate.ordinal();
    }

    int recurrentWeights(Gate gate) {
        return weights + GATES + gate.ordinal();
    }

    /// Of a gate other than the cell's.
    int peephole(Gate gate) {
        return weights + PEEPHOLE + (gate == Gate.OUTPUT ? 2 : gate.ordinal());
    }

    int bias(Gate gate) {
        return weights + BIAS + gate.ordinal();
    }

    int layerNorm(Gate gate) {
        return layerNorm + gate.ordinal();
    }

    int auxWeights(Gate gate) {
        return auxWeights + gate.ordinal();
    }

    int projectionWeights() {
        return weights + PROJECTION;
    }

    int projectionBias() {
        return weights + PROJECTION + 1;
    }

    int outputState() {
        return state;
    }

    int cellState() {
        return state + 1;
    }

    boolean hasAux(Preparation p) {
        return p.hasInput(auxInput) && p.hasInput(auxWeights(Gate.FORGET));
    }

    /// False where the input gate is one less the forget gate (coupled input and forget gates).
    boolean hasInputGate(Preparation p) {
        return p.hasInput(inputWeights(Gate.INPUT));
    }

    boolean hasPeephole(Preparation p) {
        return p.hasInput(peephole(Gate.FORGET));
    }

    boolean hasLayerNorm(Preparation p) {
        return p.hasInput(layerNorm(Gate.FORGET));
    }

    boolean hasProjection(Preparation p) {
        return p.hasInput(projectionWeights());
    }

    boolean hasGate(Preparation p, Gate gate) {
        return gate != Gate.INPUT || hasInputGate(p);
    }

    /// The number of cells.
    int cells(Preparation p) {
        Tensor tensor = p.inputTensor(inputWeights(Gate.OUTPUT));
        TensorChecks.rank(p, "output gate input weights", tensor, 2);
        return tensor.shape().dimension(0);
    }

    /// The number of outputs: that of the cells, but where there is a projection.
    int outputs(Preparation p) {
        Shape shape = p.inputTensor(recurrentWeights(Gate.OUTPUT)).shape();
        if (shape.rank() != 1 && shape.rank() != 2) {
            throw p.malformed("output gate recurrent weights have shape " + shape + ", must have 1 or 2 dimensions");
        }
        return shape.dimension(shape.rank() - 1);
    }

    /// Checks that what belongs together is there together, and both states.
    ///
    /// @param outputType of the output state
    /// @param cellType of the cell state
    void check(Preparation p, int batches, ElementType outputType, ElementType cellType) {
        boolean hasInputGate = hasInputGate(p);
        requireAlike(p, "input gate recurrent weights", recurrentWeights(Gate.INPUT), hasInputGate);
        requireAlike(p, "input gate bias", bias(Gate.INPUT), hasInputGate);
        boolean hasPeephole = hasPeephole(p);
        requireAlike(p, "input gate peephole weights", peephole(Gate.INPUT), hasPeephole && hasInputGate);
        requireAlike(p, "output gate peephole weights", peephole(Gate.OUTPUT), hasPeephole);
        boolean hasLayerNorm = hasLayerNorm(p);
        for (Gate gate : Gate.values()) {
            requireAlike(p, gate + " layer norm coefficients", layerNorm(gate), hasLayerNorm && hasGate(p, gate));
        }
        if (!hasProjection(p)) {
            requireAlike(p, "projection bias", projectionBias(), false);
            if (outputs(p) != cells(p)) {
                throw p.malformed(
                        outputs(p) + " outputs of " + cells(p) + " cells without a projection, must be as many");
            }
        }
        requireState(p, "output state", outputState(), outputType, batches, outputs(p));
        requireState(p, "cell state", cellState(), cellType, batches, cells(p));
    }

    private static void requireAlike(Preparation p, String role, int input, boolean isExpected) {
        if (p.hasInput(input) != isExpected) {
            throw p.malformed(role + (isExpected ? " are absent, must be there" : " are there, must be absent")
                    + " with the inputs that are given");
        }
    }

    /// A variable of `batches · size` elements, whatever its dimensions.
    static void requireState(Preparation p, String role, int input, ElementType type, int batches, int size) {
        Tensor tensor = p.inputTensor(input);
        if (!tensor.isVariable()) {
            throw p.malformed(role + " is no variable, must be one");
        }
        TensorChecks.sameType(p, role, tensor, type);
        if (tensor.shape().elementCount() != (long) batches * size) {
            throw p.malformed(role + " has shape " + tensor.shape() + ", must have " + batches + " * " + size
                    + " elements");
        }
    }
}

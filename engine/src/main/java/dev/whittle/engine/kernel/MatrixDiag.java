package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/// MATRIX_DIAG and MATRIX_SET_DIAG: vectors along the last axis as the diagonals of matrices. MATRIX_DIAG makes square
/// matrices that are zero elsewhere; MATRIX_SET_DIAG takes the rest from input 0 and the diagonals from input 1.
final class MatrixDiag implements OperatorKernel {

    /// Where the elements beside the diagonal come from.
    enum Kind {
        ZEROS, INPUT
    }

    private final Kind kind;

    MatrixDiag(Kind kind) {
        this.kind = kind;
    }

    @Override
    public Set<ElementType> types() {
        return Movement.types();
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        Shape input = p.inputTensor(0).shape();
        int rank = input.rank();
        if (kind == Kind.ZEROS) {
            TensorChecks.counts(p, 1, 1);
            if (rank == 0) {
                throw p.malformed("input is a scalar, must have 1 dimension or more");
            }
            return List.of(ExpandDims.expanded(input, rank, input.dimension(rank - 1)));
        }
        TensorChecks.counts(p, 2, 2);
        if (rank < 2) {
            throw p.malformed("input has shape " + input + ", must have 2 dimensions or more");
        }
        int[] diagonal = Arrays.copyOf(input.toArray(), rank - 1);
        diagonal[rank - 2] = Math.min(diagonal[rank - 2], input.dimension(rank - 1));
        TensorChecks.sameShape(p, "diagonal", p.inputTensor(1), Shape.of(diagonal));
        return List.of(input);
    }

    @Override
    public Kernel prepare(Preparation p) {
        ElementType type = p.inputTensor(0).type();
        TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        Slot output = p.output(0);
        Slot diagonal = p.input(p.inputCount() - 1);
        TensorChecks.sameType(p, "diagonal", p.inputTensor(p.inputCount() - 1), type);
        List<Kernel> kernels = new ArrayList<>();
        kernels.add(kind == Kind.ZEROS
                ? Movement.fill(Movement.zero(type), output)
                : Movement.copy(p.input(0), output));
        int[] outputSteps = Movement.denseSteps(output.shape());
        int rank = diagonal.shape().rank();
        int[] steps = Arrays.copyOf(outputSteps, rank);
        // Along the diagonal: a row and a column at once.
        steps[rank - 1] = outputSteps[rank - 1] + outputSteps[rank];
        kernels.add(Movement.strided(diagonal, 0, Movement.denseSteps(diagonal.shape()), output, 0, steps,
                diagonal.shape().toArray()));
        return Movement.sequence(kernels);
    }
}

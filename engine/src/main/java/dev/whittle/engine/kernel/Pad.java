package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.List;
import java.util.Set;

/// PAD, PADV2, DILATE and STABLEHLO_PAD: the input with padding around it, and for the last two between its elements. PAD
/// and PADV2 take rows `[before, after]` from input 1; DILATE takes the distance of neighbours along each axis from input
/// 1; STABLEHLO_PAD has options, and padding of less than 0 at an edge cuts off there (StableHLO specification, "pad").
///
/// The value is an input (PADV2, DILATE, STABLEHLO_PAD), else real 0: the zero point of the output for UINT8, INT8 and
/// INT16 (LiteRT `pad.cc`).
final class Pad implements OperatorKernel {

    /// Which of the four.
    enum Kind {
        PAD, DILATE, STABLEHLO
    }

    private final Kind kind;

    /// @param kind PAD also stands for PADV2, whose value may be absent
    Pad(Kind kind) {
        this.kind = kind;
    }

    @Override
    public Set<ElementType> types() {
        return Movement.types();
    }

    /// Padding along one axis.
    ///
    /// @param low elements before the first, or, where negative, how many of the padded axis are cut off there
    /// @param high as `low`, at the end
    /// @param distance from one element to the next
    private record Edges(long low, long high, long distance) {

        /// Elements of the padded axis.
        long size(int elements) {
            return low + high + (elements == 0 ? 0 : (elements - 1) * distance + 1);
        }

        /// The first element that is not cut off.
        long first() {
            return low >= 0 ? 0 : Math.ceilDiv(-low, distance);
        }

        /// Elements that are not cut off.
        long kept(int elements) {
            long cut = high >= 0 ? 0 : Math.ceilDiv(-high, distance);
            return Math.max(0, elements - first() - cut);
        }
    }

    private Edges[] edges(Preparation p) {
        int rank = p.inputTensor(0).shape().rank();
        Edges[] edges = new Edges[rank];
        switch (kind) {
            case PAD -> {
                TensorChecks.counts(p, 2, 3);
                TensorChecks.sameShape(p, "paddings", p.inputTensor(1), Shape.of(rank, 2));
                int[] paddings = p.intValues(1);
                for (int axis = 0; axis < rank; axis++) {
                    int before = paddings[2 * axis];
                    int after = paddings[2 * axis + 1];
                    if (before < 0 || after < 0) {
                        throw p.malformed("paddings of axis " + axis + " are " + before + " and " + after
                                + ", must be 0 or more");
                    }
                    edges[axis] = new Edges(before, after, 1);
                }
            }
            case DILATE -> {
                TensorChecks.counts(p, 3, 3);
                TensorChecks.sameShape(p, "dilations", p.inputTensor(1), Shape.of(rank));
                TensorChecks.sameType(p, "dilations", p.inputTensor(1), ElementType.INT32);
                int[] dilations = p.intValues(1);
                for (int axis = 0; axis < rank; axis++) {
                    if (dilations[axis] < 1) {
                        throw p.malformed("dilation of axis " + axis + " is " + dilations[axis]
                                + ", must be 1 or more");
                    }
                    edges[axis] = new Edges(0, 0, dilations[axis]);
                }
            }
            case STABLEHLO -> {
                TensorChecks.counts(p, 2, 2);
                Options.StablehloPad options = (Options.StablehloPad) p.options();
                for (int axis = 0; axis < rank; axis++) {
                    edges[axis] = new Edges(
                            padding(p, "edge_padding_low", options.edgePaddingLow(), axis, -Integer.MAX_VALUE),
                            padding(p, "edge_padding_high", options.edgePaddingHigh(), axis, -Integer.MAX_VALUE),
                            padding(p, "interior_padding", options.interiorPadding(), axis, 0) + 1);
                }
            }
        }
        return edges;
    }

    private static long padding(Preparation p, String field, List<Long> values, int axis, int least) {
        int rank = p.inputTensor(0).shape().rank();
        if (values.size() != rank) {
            throw p.malformed(field + " has " + values.size() + " entries, must have " + rank);
        }
        long value = values.get(axis);
        if (value < least || value > Integer.MAX_VALUE) {
            throw p.malformed(field + " of axis " + axis + " is " + value + ", must be " + least + " to "
                    + Integer.MAX_VALUE);
        }
        return value;
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        Edges[] edges = edges(p);
        Shape input = p.inputTensor(0).shape();
        int[] sizes = new int[edges.length];
        boolean isEmpty = false;
        for (int axis = 0; axis < sizes.length; axis++) {
            long size = edges[axis].size(input.dimension(axis));
            if (size > Integer.MAX_VALUE) {
                throw p.unsupported("axis " + axis + " of " + input + " is padded past 2^31-1 elements");
            }
            isEmpty |= size <= 0;
            sizes[axis] = (int) Math.max(0, size);
        }
        // Where nothing is left along one axis, STABLEHLO_PAD leaves nothing along any.
        return List.of(Shape.of(isEmpty && kind == Kind.STABLEHLO ? new int[sizes.length] : sizes));
    }

    @Override
    public Kernel prepare(Preparation p) {
        Slot input = p.input(0);
        TensorChecks.sameType(p, "output", p.outputTensor(0), input.type());
        Slot output = p.output(0);
        Kernel fill = fill(p, output);
        if (output.elementCount() == 0) {
            return fill;
        }
        Edges[] edges = edges(p);
        int rank = edges.length;
        int[] inputSteps = Movement.denseSteps(input.shape());
        int[] outputSteps = Movement.denseSteps(output.shape());
        int[] sizes = new int[rank];
        int inputStart = 0;
        int outputStart = 0;
        for (int axis = 0; axis < rank; axis++) {
            Edges edge = edges[axis];
            sizes[axis] = (int) edge.kept(input.shape().dimension(axis));
            if (sizes[axis] > 0) {
                inputStart += (int) edge.first() * inputSteps[axis];
                outputStart += (int) (edge.low() + edge.first() * edge.distance()) * outputSteps[axis];
            }
            // The distance matters only where there are two elements, and then it stays within the output.
            outputSteps[axis] *= sizes[axis] > 1 ? (int) edge.distance() : 1;
        }
        Kernel copy = Movement.strided(input, inputStart, inputSteps, output, outputStart, outputSteps, sizes);
        return Movement.sequence(List.of(fill, copy));
    }

    private Kernel fill(Preparation p, Slot output) {
        int i = kind == Kind.STABLEHLO ? 1 : 2;
        if (!p.hasInput(i)) {
            return Movement.fill(realZero(p, output), output);
        }
        Tensor value = p.inputTensor(i);
        TensorChecks.sameType(p, "padding value", value, output.type());
        TensorChecks.elementCount(p, "padding value", value, 1);
        if (kind == Kind.PAD && isCode(output.type())) {
            TensorChecks.sameQuantization(p, "padding value", value, "the output", p.outputTensor(0));
        }
        return Movement.fill(p.input(i), output);
    }

    private static boolean isCode(ElementType type) {
        return type == ElementType.UINT8 || type == ElementType.INT8 || type == ElementType.INT16;
    }

    /// Real 0 as an element of a slot.
    static Object realZero(Preparation p, Slot slot) {
        QuantizationParameters quantization = slot.quantization();
        if (quantization == null || !isCode(slot.type())) {
            return Movement.zero(slot.type());
        }
        return Movement.code(slot.type(),
                TensorChecks.quantizedPerTensor(p, "output", p.outputTensor(0)).zeroPoint(0));
    }
}

package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// RESIZE_NEAREST_NEIGHBOR: `[batch, height, width, channel]` to the `[height, width]` in input 1, each output element the
/// input element at its place, rounded down, or to the nearest with aligned corners. Places are those of
/// [ResizeBilinear] without the half taken off again: `i · step`, or `(i + ½) · step` with half-pixel centres, all in
/// float (LiteRT `reference/resize_nearest_neighbor.h`).
final class ResizeNearestNeighbor implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32, ElementType.INT8, ElementType.UINT8, ElementType.INT16);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        return List.of(ResizeBilinear.resized(p));
    }

    @Override
    public Kernel prepare(Preparation p) {
        Options.ResizeNearestNeighbor options = (Options.ResizeNearestNeighbor) p.options();
        ResizeBilinear.requireOneRule(p, options.alignCorners(), options.halfPixelCenters());
        TensorChecks.sameType(p, "output", p.outputTensor(0), p.inputTensor(0).type());
        if (p.outputTensor(0).shape().elementCount() == 0) {
            return Kernel.NOTHING;
        }
        Slot input = p.input(0);
        Slot output = p.output(0);
        int[] rows = nearest(input.shape().dimension(1), output.shape().dimension(1), options);
        int[] columns = nearest(input.shape().dimension(2), output.shape().dimension(2), options);
        int channels = output.shape().dimension(3);
        int inRow = input.shape().dimension(2) * channels;
        int outRow = columns.length * channels;
        return memory -> {
            Object from = memory.array(input);
            Object to = memory.array(output);
            int out = memory.offset(output);
            for (int batch = 0; batch < output.shape().dimension(0); batch++) {
                int image = memory.offset(input) + batch * input.shape().dimension(1) * inRow;
                for (int y = 0; y < rows.length; y++) {
                    if (y > 0 && rows[y] == rows[y - 1]) {
                        System.arraycopy(to, out - outRow, to, out, outRow);
                    } else {
                        int row = image + rows[y] * inRow;
                        for (int x = 0; x < columns.length; x++) {
                            Movement.run(from, row + columns[x] * channels, 1, to, out + x * channels, 1, channels);
                        }
                    }
                    out += outRow;
                }
            }
        };
    }

    /// The input element for each output place along one axis.
    private static int[] nearest(int from, int to, Options.ResizeNearestNeighbor options) {
        float step = options.alignCorners() && to > 1 ? (from - 1) / (float) (to - 1) : from / (float) to;
        float offset = options.halfPixelCenters() ? 0.5f : 0;
        int[] nearest = new int[to];
        for (int i = 0; i < to; i++) {
            float place = (i + offset) * step;
            float element = options.alignCorners() ? Rounding.halfAwayFromZero(place) : (float) Math.floor(place);
            nearest[i] = Math.min((int) element, from - 1);
        }
        return nearest;
    }
}

package dev.whittle.quantizer.prepare;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// Folds a PAD with zeros into the convolution behind it, where that pads nothing itself and SAME padding would put the very
/// same number of zeros on each side: `total = max((ceil(size / stride) − 1) · stride + (filter − 1) · dilation + 1 − size,
/// 0)`, the smaller half of it before. Height and width have to be known.
///
/// Pools are left alone: their padding is no zeros.
final class PaddingFolding {
    private static final int HEIGHT = 1;
    private static final int WIDTH = 2;

    private PaddingFolding() {}

    static void apply(Graph graph) {
        for (int place = 0; place < graph.operatorCount(); place++) {
            Operator pad = graph.operator(place);
            int second = graph.soleConsumer(place).orElse(-1);
            if (pad.options() != Options.Plain.PAD || second == -1) {
                continue;
            }
            Operator consumer = graph.operator(second);
            Options folded = switch (consumer.options()) {
                case Options.Conv2d c when c.padding() == Padding.VALID
                        && fits(graph, pad, consumer, c.strideHeight(), c.strideWidth(), c.dilationHeight(),
                                c.dilationWidth()) ->
                        new Options.Conv2d(Padding.SAME, c.strideHeight(), c.strideWidth(), c.dilationHeight(),
                                c.dilationWidth(), c.activation());
                case Options.DepthwiseConv2d c when c.padding() == Padding.VALID
                        && fits(graph, pad, consumer, c.strideHeight(), c.strideWidth(), c.dilationHeight(),
                                c.dilationWidth()) ->
                        new Options.DepthwiseConv2d(Padding.SAME, c.strideHeight(), c.strideWidth(),
                                c.depthMultiplier(), c.dilationHeight(), c.dilationWidth(), c.activation());
                default -> consumer.options();
            };
            if (!folded.equals(consumer.options())) {
                List<Integer> inputs = new ArrayList<>(consumer.inputs());
                inputs.set(0, pad.inputs().getFirst());
                graph.merge(place, second, folded, inputs);
                place--;
            }
        }
    }

    private static boolean fits(Graph graph, Operator pad, Operator conv, int strideHeight, int strideWidth,
            int dilationHeight, int dilationWidth) {
        int output = pad.outputs().getFirst();
        Tensor image = graph.tensor(pad.inputs().getFirst());
        Shape filter = graph.tensor(conv.inputs().get(1)).shape();
        long[] paddings = paddings(graph.tensor(pad.inputs().get(1)));
        return conv.inputs().getFirst() == output && image.shape().rank() == 4 && paddings.length == 8
                && paddings[0] == 0 && paddings[1] == 0 && paddings[6] == 0 && paddings[7] == 0
                && isSame(image, HEIGHT, strideHeight, (filter.dimension(HEIGHT) - 1) * dilationHeight + 1, paddings)
                && isSame(image, WIDTH, strideWidth, (filter.dimension(WIDTH) - 1) * dilationWidth + 1, paddings);
    }

    private static boolean isSame(Tensor image, int axis, int stride, int filter, long[] paddings) {
        int size = image.shapeSignature().dimension(axis);
        int total = Math.max((Math.ceilDiv(size, stride) - 1) * stride + filter - size, 0);
        return size > 0 && paddings[2 * axis] == total / 2 && paddings[2 * axis + 1] == total - total / 2;
    }

    /// Before and after, for each dimension; empty where they are not constant.
    private static long[] paddings(Tensor tensor) {
        Buffer data = tensor.buffer();
        if (data == null) {
            return new long[0];
        }
        return tensor.type() == ElementType.INT64
                ? data.toLongs()
                : IntStream.of(data.toInts()).asLongStream().toArray();
    }
}

package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.List;
import java.util.Set;

/// FULLY_CONNECTED: `output[b, o] = activation(Σ input[b, c] · weights[o, c] + bias[o])`.
///
/// Shapes: weights `[outChannel, inChannel]`; the input, of any rank, is read as `[batch, inChannel]`; the output is
/// `[batch, outChannel]`, or the input's shape with the last dimension replaced (`keepNumDims`). Source: LiteRT
/// `kernels/fully_connected.cc`, `reference/integer_ops/fully_connected.h`. Codes round as [Requantizer.Mode#DOUBLE].
/// Hybrid input has a scale for each batch row.
final class FullyConnected implements OperatorKernel {

    private static Options.FullyConnected options(Preparation p) {
        return (Options.FullyConnected) p.options();
    }

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32, ElementType.INT8, ElementType.UINT8);
    }

    @Override
    public Set<ElementType> weightTypes() {
        return Set.of(ElementType.INT8, ElementType.UINT8);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 2, 3);
        Tensor weights = p.inputTensor(1);
        TensorChecks.rank(p, "filter", weights, 2);
        int channels = weights.shape().dimension(0);
        int depth = weights.shape().dimension(1);
        Shape input = p.inputTensor(0).shape();
        if (depth < 1 || input.elementCount() % depth != 0) {
            throw p.malformed("input " + input + " does not divide into rows of " + depth + ", as the filter "
                    + weights.shape() + " asks");
        }
        if (!options(p).keepNumDims()) {
            return List.of(Shape.of(input.elementCount() / depth, channels));
        }
        if (input.rank() < 1 || input.dimension(input.rank() - 1) != depth) {
            throw p.malformed("input " + input + " must end in " + depth + ", as the filter " + weights.shape()
                    + " asks");
        }
        return List.of(input.withDimension(input.rank() - 1, channels));
    }

    @Override
    public Kernel prepare(Preparation p) {
        outputShapes(p);
        ActivationRange.requireClamp(p, options(p).activation());
        Filter filter = Filter.read(p, 0);
        int channels = filter.channels();
        int depth = p.inputTensor(1).shape().dimension(1);
        int rows = p.inputTensor(0).shape().elementCount() / depth;
        Gemm gemm = Gemm.of(p.tier());
        Slot input = p.input(0);
        float[] weights = filter.values();
        return switch (filter.family()) {
            case REALS -> {
                PackedWeights packed = PackedWeights.ofReals(gemm, weights, 0, channels, depth, filter.bias(),
                        options(p).activation());
                Slot output = p.output(0);
                yield memory -> packed.multiply(memory.floats(input), memory.offset(input), depth, rows,
                        memory.floats(output), memory.offset(output), channels, 0);
            }
            case CODES -> {
                if (p.tier() == KernelTier.REFERENCE) {
                    yield codeReference(p, filter, rows, depth);
                }
                int[] segments = PackedWeights.exactSegments(weights, channels, depth);
                PackedWeights packed = PackedWeights.ofCodes(gemm, weights, 0, channels, depth, segments);
                OutputStage stage = filter.stage(p, options(p).activation(), Requantizer.Mode.DOUBLE,
                        Filter.sums(weights, channels), rows, segments.length - 1, null, 1);
                Slot codes = p.scratch(ElementType.FLOAT32, input.elementCount());
                int flip = Filter.flip(input.type());
                yield memory -> {
                    byte[] from = memory.bytes(input);
                    float[] to = memory.floats(codes);
                    int fromOffset = memory.offset(input);
                    int toOffset = memory.offset(codes);
                    for (int i = 0; i < rows * depth; i++) {
                        to[toOffset + i] = (byte) (from[fromOffset + i] ^ flip);
                    }
                    product(memory, packed, codes, depth, rows, stage);
                };
            }
            case HYBRID -> {
                int[] segments = PackedWeights.exactSegments(weights, channels, depth);
                PackedWeights packed = PackedWeights.ofCodes(gemm, weights, 0, channels, depth, segments);
                HybridInput hybrid = HybridInput.of(p, rows, options(p).asymmetricQuantizeInputs());
                OutputStage stage = filter.stage(p, options(p).activation(), Requantizer.Mode.DOUBLE,
                        Filter.sums(weights, channels), rows, segments.length - 1, hybrid, 1);
                yield memory -> {
                    hybrid.quantize(memory);
                    product(memory, packed, hybrid.codes(), depth, rows, stage);
                };
            }
        };
    }

    private static void product(Memory memory, PackedWeights packed, Slot codes, int depth, int rows,
            OutputStage stage) {
        packed.multiply(memory.floats(codes), memory.offset(codes), depth, rows, stage.sums(memory),
                stage.sumsOffset(memory, 0), packed.columns(), stage.segmentStride());
        stage.finish(memory, 0, rows);
    }

    private Kernel codeReference(Preparation p, Filter filter, int rows, int depth) {
        Slot input = p.input(0);
        Slot output = p.output(0);
        int channels = filter.channels();
        float[] weights = filter.values();
        Requantizer requantizer = filter.requantizer(p, options(p).activation(), Requantizer.Mode.DOUBLE,
                new int[channels]);
        int flip = Filter.flip(input.type());
        int zeroPoint = Filter.signedZeroPoint(input.type(),
                TensorChecks.quantizedPerTensor(p, "input", p.inputTensor(0)));
        return memory -> {
            byte[] from = memory.bytes(input);
            byte[] to = memory.bytes(output);
            for (int row = 0; row < rows; row++) {
                for (int outChannel = 0; outChannel < channels; outChannel++) {
                    int sum = 0;
                    for (int inChannel = 0; inChannel < depth; inChannel++) {
                        int x = (byte) (from[memory.offset(input) + row * depth + inChannel] ^ flip) - zeroPoint;
                        sum += x * (int) weights[outChannel * depth + inChannel];
                    }
                    to[memory.offset(output) + row * channels + outChannel] = (byte) requantizer.apply(sum, outChannel);
                }
            }
        };
    }
}

package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/// SEGMENT_SUM and UNSORTED_SEGMENT_SUM, _PROD, _MAX and _MIN: slices of the data (input 0) with the same number in input
/// 1 are folded into one slice of the output, in order (LiteRT `segment_sum.cc`, `unsorted_segment.cc`). Integers wrap.
///
/// - SEGMENT_SUM: the numbers start at 0 and rise by at most 1; the last decides the output's first dimension.
/// - UNSORTED: numbers have a shape that the data's begins with, a negative one drops its slice, and input 2 says how
///   many slices the output has. A slice that nothing falls into is the neutral element; that of MAX is the lowest number.
final class SegmentReduce implements OperatorKernel {
    private final OperatorCode code;

    SegmentReduce(OperatorCode code) {
        this.code = code;
    }

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32, ElementType.INT32);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        boolean isSorted = code == OperatorCode.SEGMENT_SUM;
        TensorChecks.counts(p, isSorted ? 2 : 3, isSorted ? 2 : 3);
        Shape data = p.inputTensor(0).shape();
        Tensor segments = p.inputTensor(1);
        TensorChecks.sameType(p, "segment ids", segments, ElementType.INT32);
        int idRank = segments.shape().rank();
        if (isSorted) {
            TensorChecks.rank(p, "segment ids", segments, 1);
        }
        if (idRank > data.rank() || !segments.shape().equals(Shape.of(Arrays.copyOf(data.toArray(), idRank)))) {
            throw p.malformed("segment ids have shape " + segments.shape() + ", data of shape " + data
                    + " must begin with the same dimensions");
        }
        int[] dimensions = new int[data.rank() - idRank + 1];
        for (int i = 1; i < dimensions.length; i++) {
            dimensions[i] = data.dimension(idRank + i - 1);
        }
        dimensions[0] = isSorted ? sortedCount(p) : unsortedCount(p);
        return List.of(Shape.of(dimensions));
    }

    private static int sortedCount(Preparation p) {
        int last = -1;
        for (int id : p.intValues(1)) {
            if (id != last && id != last + 1 || id < 0) {
                throw p.malformed("segment id " + id + " after " + last + ", must start at 0 and rise by at most 1");
            }
            last = id;
        }
        return last + 1;
    }

    private static int unsortedCount(Preparation p) {
        TensorChecks.sameType(p, "number of segments", p.inputTensor(2), ElementType.INT32);
        int count = p.inputTensor(2).shape().elementCount();
        if (count != 1) {
            throw p.malformed("number of segments has " + count + " elements, must be one");
        }
        int segments = p.intValues(2)[0];
        if (segments < 0) {
            throw p.malformed("number of segments is " + segments + ", must be 0 or more");
        }
        return segments;
    }

    @Override
    public Kernel prepare(Preparation p) {
        ElementType type = p.inputTensor(0).type();
        TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        Slot data = p.input(0);
        Slot ids = p.input(1);
        Slot output = p.output(0);
        int segments = output.shape().dimension(0);
        int slice = segments == 0 ? 0 : output.elementCount() / segments;
        String where = p.where();
        return switch (type) {
            case FLOAT32 -> {
                BinaryRun<float[], float[]> fold = floatFold();
                float neutral = neutralFloat();
                yield memory -> {
                    float[] into = memory.floats(output);
                    int to = memory.offset(output);
                    Arrays.fill(into, to, to + output.elementCount(), neutral);
                    for (int i = 0; i < ids.elementCount(); i++) {
                        int id = id(memory, ids, i, segments, where);
                        if (id >= 0) {
                            fold.apply(into, to + id * slice, 1, memory.floats(data), memory.offset(data) + i * slice,
                                    1,
                                    into, to + id * slice, slice);
                        }
                    }
                };
            }
            case INT32 -> {
                BinaryRun<int[], int[]> fold = intFold();
                int neutral = neutralInt();
                yield memory -> {
                    int[] into = memory.ints(output);
                    int to = memory.offset(output);
                    Arrays.fill(into, to, to + output.elementCount(), neutral);
                    for (int i = 0; i < ids.elementCount(); i++) {
                        int id = id(memory, ids, i, segments, where);
                        if (id >= 0) {
                            fold.apply(into, to + id * slice, 1, memory.ints(data), memory.offset(data) + i * slice, 1,
                                    into, to + id * slice, slice);
                        }
                    }
                };
            }
            default -> throw new AssertionError(type);
        };
    }

    private static int id(Memory memory, Slot ids, int i, int segments, String where) {
        int id = memory.ints(ids)[memory.offset(ids) + i];
        if (id >= segments) {
            throw new MalformedModelException(where + "segment id " + id + ", must be below " + segments);
        }
        return id;
    }

    private float neutralFloat() {
        return switch (code) {
            case UNSORTED_SEGMENT_PROD -> 1;
            case UNSORTED_SEGMENT_MAX -> -Float.MAX_VALUE;
            case UNSORTED_SEGMENT_MIN -> Float.MAX_VALUE;
            default -> 0;
        };
    }

    private int neutralInt() {
        return switch (code) {
            case UNSORTED_SEGMENT_PROD -> 1;
            case UNSORTED_SEGMENT_MAX -> Integer.MIN_VALUE;
            case UNSORTED_SEGMENT_MIN -> Integer.MAX_VALUE;
            default -> 0;
        };
    }

    /// What was folded first, a new element second.
    private BinaryRun<float[], float[]> floatFold() {
        return BinaryRun.floats(switch (code) {
            case SEGMENT_SUM, UNSORTED_SEGMENT_SUM -> (folded, x) -> folded + x;
            case UNSORTED_SEGMENT_PROD -> (folded, x) -> folded * x;
            case UNSORTED_SEGMENT_MAX -> (folded, x) -> folded < x ? x : folded;
            case UNSORTED_SEGMENT_MIN -> (folded, x) -> x < folded ? x : folded;
            default -> throw new AssertionError(code);
        });
    }

    /// As [#floatFold].
    private BinaryRun<int[], int[]> intFold() {
        return BinaryRun.ints(switch (code) {
            case SEGMENT_SUM, UNSORTED_SEGMENT_SUM -> Integer::sum;
            case UNSORTED_SEGMENT_PROD -> (folded, x) -> folded * x;
            case UNSORTED_SEGMENT_MAX -> Math::max;
            case UNSORTED_SEGMENT_MIN -> Math::min;
            default -> throw new AssertionError(code);
        });
    }
}

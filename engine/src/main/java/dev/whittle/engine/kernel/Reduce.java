package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongUnaryOperator;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/// MEAN, SUM, REDUCE_PROD, REDUCE_MAX, REDUCE_MIN, REDUCE_ANY and REDUCE_ALL over the axes in input 1 (LiteRT `reduce.cc`,
/// `reference/reduce.h`, `optimized/reduce.h`). Each output folds its elements in the input's order.
///
/// - Plain integers wrap at their width; an integer mean is the 64-bit sum divided and cut off towards zero.
/// - Quantized MEAN: the sum with the zero point taken off, scaled by `inputScale / outputScale`; `1/n` is folded into the
///   multiplier by integer division, and what is scaled is rounded twice, ties away ([Multiplier]). OPTIMIZED, 4-D, height
///   and width, dimensions kept, 8 bits: the raw sum is scaled by `inputScale / (n · outputScale)` and the zero points
///   are one rounded bias, floats.
/// - Quantized SUM: `round(sum · scale + bias)` in float with `scale = inputScale / outputScale`; UINT8 by REFERENCE as
///   the mean without `1/n` (the reference set is wrong for the other types).
/// - Quantized REDUCE_PROD: every product is scaled back by `inputScale / outputScale^(1/n)` with a multiplier of 16
///   bits, and once more at the end.
/// - REDUCE_MAX and REDUCE_MIN compare codes, so both ends must have the same scale and zero point.
///
/// A reduction of nothing gives the neutral element, and NaN as a float mean; quantized means, sums and products give
/// code 0.
final class Reduce implements OperatorKernel {
    private static final Set<ElementType> NUMBERS = Set.of(ElementType.FLOAT32, ElementType.INT32, ElementType.INT64,
            ElementType.UINT8, ElementType.INT8, ElementType.INT16);
    private static final Set<ElementType> CODES = EnumSet.of(ElementType.UINT8, ElementType.INT8, ElementType.INT16);
    /** Elements that are widened at once. */
    private static final int CHUNK = 1024;
    /** Codes whose sum an int holds. */
    private static final int MOST_CODES = 1 << 23;
    /** A product before its first factor; no product of ints that was scaled back. */
    private static final long NOTHING = Long.MIN_VALUE;

    private final OperatorCode code;

    Reduce(OperatorCode code) {
        this.code = code;
    }

    /// Folds elements `start, start + step, …` into a float.
    @FunctionalInterface
    private interface FloatFold {
        float run(float folded, float[] from, int start, int step, int count);
    }

    /// Folds `count` elements from `start` on into an integer.
    @FunctionalInterface
    private interface IntegerFold {
        long run(long folded, long[] from, int start, int count);
    }

    @Override
    public Set<ElementType> types() {
        return isLogical() ? Set.of(ElementType.BOOL) : NUMBERS;
    }

    private boolean isLogical() {
        return code == OperatorCode.REDUCE_ANY || code == OperatorCode.REDUCE_ALL;
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 2, 2);
        Shape input = p.inputTensor(0).shape();
        boolean[] reduced = reduced(p);
        boolean keepDims = ((Options.Reduce) p.options()).keepDims();
        int[] dimensions = new int[input.rank()];
        int rank = 0;
        for (int axis = 0; axis < input.rank(); axis++) {
            if (!reduced[axis]) {
                dimensions[rank++] = input.dimension(axis);
            } else if (keepDims) {
                dimensions[rank++] = 1;
            }
        }
        return List.of(Shape.of(Arrays.copyOf(dimensions, rank)));
    }

    private static boolean[] reduced(Preparation p) {
        TensorChecks.sameType(p, "axes", p.inputTensor(1), ElementType.INT32);
        int rank = p.inputTensor(0).shape().rank();
        boolean[] reduced = new boolean[rank];
        for (int axis : p.intValues(1)) {
            // A scalar has nothing to reduce, whatever is asked.
            if (rank > 0) {
                reduced[Axis.of(p, axis, p.inputTensor(0).shape())] = true;
            }
        }
        return reduced;
    }

    @Override
    public Kernel prepare(Preparation p) {
        ElementType type = p.inputTensor(0).type();
        TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        boolean[] reduced = reduced(p);
        Reduction reduction = Reduction.of(p.inputTensor(0).shape(), reduced);
        if (type == ElementType.FLOAT32) {
            return floats(p, reduction);
        }
        if (type == ElementType.INT16) {
            requireSymmetric(p, "input", p.inputTensor(0).quantization());
            requireSymmetric(p, "output", p.outputTensor(0).quantization());
        }
        boolean isQuantized = CODES.contains(type);
        return switch (code) {
            case MEAN -> isQuantized ? quantizedMean(p, reduction, reduced) : integerMean(p, reduction);
            case SUM -> isQuantized ? quantizedSum(p, reduction) : integers(p, reduction, 0, Reduce::sum);
            case REDUCE_PROD -> isQuantized && p.inputTensor(0).quantization() != null
                    ? quantizedProduct(p, reduction)
                    : integers(p, reduction, 1, Reduce::product);
            case REDUCE_MAX -> {
                requireSameCodes(p);
                yield integers(p, reduction, smallest(type), Reduce::max);
            }
            case REDUCE_MIN -> {
                requireSameCodes(p);
                yield integers(p, reduction, -1 - smallest(type) + (type == ElementType.UINT8 ? 256 : 0), Reduce::min);
            }
            case REDUCE_ANY -> integers(p, reduction, 0, Reduce::max);
            case REDUCE_ALL -> integers(p, reduction, 1, Reduce::min);
            default -> throw new AssertionError(code);
        };
    }

    private static void requireSymmetric(Preparation p, String role,
            @Nullable QuantizationParameters parameters) {
        if (parameters != null && parameters.zeroPoint(0) != 0) {
            throw p.unsupported(role + " zero point is " + parameters.zeroPoint(0) + ", must be 0 for INT16");
        }
    }

    private static void requireSameCodes(Preparation p) {
        QuantizationParameters in = p.inputTensor(0).quantization();
        QuantizationParameters out = p.outputTensor(0).quantization();
        boolean isCode = CODES.contains(p.inputTensor(0).type());
        if (isCode && !Objects.equals(in, out)) {
            throw p.unsupported("input has " + text(in) + ", output " + text(out) + ", must be the same");
        }
    }

    private static String text(@Nullable QuantizationParameters parameters) {
        return parameters == null
                ? "no scale"
                : "scale " + parameters.scale(0) + " and zero point " + parameters.zeroPoint(0);
    }

    private static long smallest(ElementType type) {
        return type == ElementType.INT64 ? Long.MIN_VALUE : TensorChecks.minimumCode(type);
    }

    private Kernel floats(Preparation p, Reduction reduction) {
        boolean isOptimized = p.reference() == ReferenceKernels.OPTIMIZED;
        FloatFold fold = switch (code) {
            case MEAN, SUM -> Reduce::sum;
            case REDUCE_PROD -> Reduce::product;
            // The two sets differ in which operand stays when neither is greater: signed zeros, NaN.
            case REDUCE_MAX -> isOptimized ? Reduce::maxOptimized : Reduce::max;
            case REDUCE_MIN -> isOptimized ? Reduce::minOptimized : Reduce::min;
            default -> throw new AssertionError(code);
        };
        float neutral = switch (code) {
            case REDUCE_PROD -> 1;
            case REDUCE_MAX -> -Float.MAX_VALUE;
            case REDUCE_MIN -> Float.MAX_VALUE;
            default -> 0;
        };
        boolean isMean = code == OperatorCode.MEAN;
        // Where a fold begins with its first element instead of the neutral one, no comparison with that is made.
        boolean startsAtFirst = isOptimized || reduction.outputCount() == 1 && !isMean;
        Slot input = p.input(0);
        Slot output = p.output(0);
        boolean isSum = isMean || code == OperatorCode.SUM;
        if (isSum && p.tier() == KernelTier.VECTOR && reduction.channels() >= Simd.LANES
                && reduction.elementCount() > 0) {
            int channels = reduction.channels();
            float divisor = isMean ? reduction.elementCount() : 1;
            return memory -> {
                for (int i = 0; i < output.elementCount(); i += channels) {
                    Simd.sums(memory.floats(input), memory.offset(input) + reduction.outputStart(i), reduction,
                            startsAtFirst, divisor, memory.floats(output), memory.offset(output) + i);
                }
            };
        }
        return memory -> {
            float[] from = memory.floats(input);
            float[] to = memory.floats(output);
            int count = reduction.elementCount();
            for (int i = 0; i < output.elementCount(); i++) {
                int start = memory.offset(input) + reduction.outputStart(i);
                float folded = neutral;
                for (int run = 0; run < reduction.runCount(); run++) {
                    int first = start + reduction.runStart(run);
                    int skipped = run == 0 && startsAtFirst && count > 0 ? 1 : 0;
                    folded = fold.run(skipped == 1 ? from[first] : folded, from, first + skipped * reduction.runStep(),
                            reduction.runStep(), reduction.runLength() - skipped);
                }
                to[memory.offset(output) + i] = isMean ? folded / count : folded;
            }
        };
    }

    private static float sum(float folded, float[] from, int start, int step, int count) {
        float sum = folded;
        for (int i = 0; i < count; i++) {
            sum += from[start + i * step];
        }
        return sum;
    }

    private static float product(float folded, float[] from, int start, int step, int count) {
        float product = folded;
        for (int i = 0; i < count; i++) {
            product *= from[start + i * step];
        }
        return product;
    }

    private static float max(float folded, float[] from, int start, int step, int count) {
        float max = folded;
        for (int i = 0; i < count; i++) {
            float x = from[start + i * step];
            max = x > max ? x : max;
        }
        return max;
    }

    private static float maxOptimized(float folded, float[] from, int start, int step, int count) {
        float max = folded;
        for (int i = 0; i < count; i++) {
            float x = from[start + i * step];
            max = max > x ? max : x;
        }
        return max;
    }

    private static float min(float folded, float[] from, int start, int step, int count) {
        float min = folded;
        for (int i = 0; i < count; i++) {
            float x = from[start + i * step];
            min = x < min ? x : min;
        }
        return min;
    }

    private static float minOptimized(float folded, float[] from, int start, int step, int count) {
        float min = folded;
        for (int i = 0; i < count; i++) {
            float x = from[start + i * step];
            min = min < x ? min : x;
        }
        return min;
    }

    private static long sum(long folded, long[] from, int start, int count) {
        long sum = folded;
        for (int i = 0; i < count; i++) {
            sum += from[start + i];
        }
        return sum;
    }

    private static long product(long folded, long[] from, int start, int count) {
        long product = folded;
        for (int i = 0; i < count; i++) {
            product *= from[start + i];
        }
        return product;
    }

    private static long max(long folded, long[] from, int start, int count) {
        long max = folded;
        for (int i = 0; i < count; i++) {
            max = Math.max(max, from[start + i]);
        }
        return max;
    }

    private static long min(long folded, long[] from, int start, int count) {
        long min = folded;
        for (int i = 0; i < count; i++) {
            min = Math.min(min, from[start + i]);
        }
        return min;
    }

    private static Kernel integers(Preparation p, Reduction reduction, long neutral, IntegerFold fold) {
        return integers(p, reduction, neutral, fold, LongUnaryOperator.identity());
    }

    /// @param finish from what was folded to the output's element
    private static Kernel integers(Preparation p, Reduction reduction, long neutral, IntegerFold fold,
            LongUnaryOperator finish) {
        Slot input = p.input(0);
        Slot output = p.output(0);
        Slot chunk = p.scratch(ElementType.INT64, Math.min(CHUNK, Math.max(1, reduction.runLength())));
        return memory -> {
            Object from = memory.array(input);
            Object to = memory.array(output);
            for (int i = 0; i < output.elementCount(); i++) {
                long folded = fold(memory, input.type(), from, memory.offset(input) + reduction.outputStart(i),
                        reduction, chunk, neutral, fold);
                Integers.write(output.type(), finish.applyAsLong(folded), to, memory.offset(output) + i);
            }
        };
    }

    /// The sums of codes of eight bits that lie side by side in vectors, all others as [#integers].
    private static Kernel sums(Preparation p, Reduction reduction, LongUnaryOperator finish) {
        ElementType type = p.inputTensor(0).type();
        int channels = reduction.channels();
        boolean isVector = p.tier() == KernelTier.VECTOR && TensorChecks.isEightBit(type)
                && channels >= Simd.CODE_LANES && reduction.elementCount() <= MOST_CODES;
        if (!isVector) {
            return integers(p, reduction, 0, Reduce::sum, finish);
        }
        int mask = type == ElementType.INT8 ? -1 : 0xff;
        Slot input = p.input(0);
        Slot output = p.output(0);
        Slot sums = p.scratch(ElementType.INT32, channels);
        Slot chunk = p.scratch(ElementType.INT64, Math.min(CHUNK, Math.max(1, reduction.runLength())));
        return memory -> {
            byte[] from = memory.bytes(input);
            int[] sum = memory.ints(sums);
            for (int i = 0; i < output.elementCount(); i += channels) {
                int start = memory.offset(input) + reduction.outputStart(i);
                int done = Simd.sums(from, start, mask, reduction, sum, memory.offset(sums));
                for (int channel = 0; channel < channels; channel++) {
                    long folded = channel < done
                            ? sum[memory.offset(sums) + channel]
                            : fold(memory, type, from, start + channel, reduction, chunk, 0, Reduce::sum);
                    Integers.write(output.type(), finish.applyAsLong(folded), memory.array(output),
                            memory.offset(output) + i + channel);
                }
            }
        };
    }

    /// Folds all elements of the output whose first lies at `start`.
    private static long fold(Memory memory, ElementType type, Object from, int start, Reduction reduction, Slot chunk,
            long neutral, IntegerFold fold) {
        long[] widened = memory.longs(chunk);
        int offset = memory.offset(chunk);
        long folded = neutral;
        for (int run = 0; run < reduction.runCount(); run++) {
            int first = start + reduction.runStart(run);
            for (int done = 0; done < reduction.runLength(); done += chunk.elementCount()) {
                int count = Math.min(chunk.elementCount(), reduction.runLength() - done);
                Integers.read(type, from, first + done * reduction.runStep(), reduction.runStep(), widened, offset,
                        count);
                folded = fold.run(folded, widened, offset, count);
            }
        }
        return folded;
    }

    private static Kernel integerMean(Preparation p, Reduction reduction) {
        int count = reduction.elementCount();
        return integers(p, reduction, 0, Reduce::sum, sum -> count == 0 ? 0 : sum / count);
    }

    private static Kernel quantizedMean(Preparation p, Reduction reduction, boolean[] reduced) {
        QuantizationParameters in = TensorChecks.quantizedPerTensor(p, "input", p.inputTensor(0));
        QuantizationParameters out = TensorChecks.quantizedPerTensor(p, "output", p.outputTensor(0));
        int count = reduction.elementCount();
        if (p.reference() == ReferenceKernels.OPTIMIZED && count > 0 && isImageMean(p, reduced)) {
            return imageMean(p, reduction, in, out);
        }
        Multiplier scale = Multiplier.of(p, "input scale / output scale", (double) in.scale(0) / out.scale(0));
        if (count == 0) {
            return integers(p, reduction, 0, Reduce::sum);
        }
        int fold = Math.min(63 - Long.numberOfLeadingZeros(count), 31 + scale.shift());
        Multiplier mean = new Multiplier((int) (((long) scale.multiplier() << fold) / count), scale.shift() - fold);
        return sums(p, reduction, rescaled(mean, in, out, p.outputTensor(0).type(), count));
    }

    /// The factor times the sum with the zero point taken off.
    private static LongUnaryOperator rescaled(Multiplier factor, QuantizationParameters in, QuantizationParameters out,
            ElementType type, int count) {
        long offset = (long) in.zeroPoint(0) * count;
        int zeroPoint = out.zeroPoint(0);
        int min = TensorChecks.minimumCode(type);
        int max = TensorChecks.maximumCode(type);
        return sum -> Math.clamp(factor.apply((int) (sum - offset)) + (long) zeroPoint, min, max);
    }

    private static boolean isImageMean(Preparation p, boolean[] reduced) {
        return ((Options.Reduce) p.options()).keepDims() && TensorChecks.isEightBit(p.inputTensor(0).type())
                && Arrays.equals(reduced, new boolean[]{false, true, true, false});
    }

    private static Kernel imageMean(Preparation p, Reduction reduction, QuantizationParameters in,
            QuantizationParameters out) {
        float zero = in.zeroPoint(0) * in.scale(0) / out.scale(0);
        int bias = out.zeroPoint(0) - (int) (zero > 0 ? zero + 0.5f : zero - 0.5f);
        Multiplier scale = Multiplier.of(p, "input scale / (elements * output scale)",
                in.scale(0) / (reduction.elementCount() * out.scale(0)));
        ElementType type = p.outputTensor(0).type();
        int min = TensorChecks.minimumCode(type);
        int max = TensorChecks.maximumCode(type);
        return sums(p, reduction,
                sum -> Math.clamp(scale.apply((int) sum) + (long) bias, min, max));
    }

    private static Kernel quantizedSum(Preparation p, Reduction reduction) {
        QuantizationParameters in = TensorChecks.quantizedPerTensor(p, "input", p.inputTensor(0));
        QuantizationParameters out = TensorChecks.quantizedPerTensor(p, "output", p.outputTensor(0));
        ElementType type = p.outputTensor(0).type();
        int count = reduction.elementCount();
        if (count == 0) {
            return integers(p, reduction, 0, Reduce::sum);
        }
        if (type == ElementType.UINT8 && p.reference() == ReferenceKernels.REFERENCE) {
            Multiplier scale = Multiplier.of(p, "input scale / output scale", (double) in.scale(0) / out.scale(0));
            return sums(p, reduction, rescaled(scale, in, out, type, count));
        }
        float scale = in.scale(0) / out.scale(0);
        float bias = -in.zeroPoint(0) * scale * count;
        int zeroPoint = out.zeroPoint(0);
        int min = TensorChecks.minimumCode(type);
        int max = TensorChecks.maximumCode(type);
        return sums(p, reduction, sum -> Math.clamp(
                (long) Rounding.halfAwayFromZero((int) sum * scale + bias) + zeroPoint, min, max));
    }

    private static Kernel quantizedProduct(Preparation p, Reduction reduction) {
        ElementType type = p.inputTensor(0).type();
        if (type == ElementType.UINT8) {
            throw p.unsupported("input is quantized UINT8, supported are quantized INT8 and INT16");
        }
        QuantizationParameters in = TensorChecks.quantizedPerTensor(p, "input", p.inputTensor(0));
        QuantizationParameters out = TensorChecks.quantizedPerTensor(p, "output", p.outputTensor(0));
        int count = reduction.elementCount();
        if (count == 0) {
            return integers(p, reduction, 0, Reduce::sum);
        }
        Multiplier scale = Multiplier.of(p, "input scale / output scale^(1/n)",
                in.scale(0) / StrictMath.pow(out.scale(0), 1.0 / count));
        int inputZeroPoint = in.zeroPoint(0);
        int zeroPoint = out.zeroPoint(0);
        int min = TensorChecks.minimumCode(type);
        int max = TensorChecks.maximumCode(type);
        return integers(p, reduction, NOTHING, (folded, from, start, elements) -> {
            long product = folded;
            for (int i = 0; i < elements; i++) {
                int x = (int) from[start + i] - inputZeroPoint;
                product = product == NOTHING ? x : scale.applyReduced(product * x);
            }
            return product;
        }, product -> Math.clamp(scale.applyReduced(product) + (long) zeroPoint, min, max));
    }

    /// Lanes along the outputs that lie beside each other. The last vector ends with the last of them, so it may do some
    /// twice.
    private static final class Simd {
        private static final VectorSpecies<Float> FLOATS = Lanes.FLOAT;
        private static final int LANES = FLOATS.length();
        private static final VectorSpecies<Integer> INTS = Lanes.INT;
        private static final int CODE_LANES = Lanes.CODE.length();

        /// One output for each channel: the sum over a divisor.
        static void sums(float[] from, int start, Reduction reduction, boolean startsAtFirst, float divisor, float[] to,
                int toOffset) {
            int channels = reduction.channels();
            int step = reduction.runStep();
            for (int block = 0; block < channels; block += LANES) {
                int channel = Math.min(block, channels - LANES);
                FloatVector sum = FloatVector.zero(FLOATS);
                for (int run = 0; run < reduction.runCount(); run++) {
                    int at = start + channel + reduction.runStart(run);
                    int i = 0;
                    if (run == 0 && startsAtFirst) {
                        sum = FloatVector.fromArray(FLOATS, from, at);
                        i = 1;
                    }
                    for (; i < reduction.runLength(); i++) {
                        sum = sum.add(FloatVector.fromArray(FLOATS, from, at + i * step));
                    }
                }
                sum.div(divisor).intoArray(to, toOffset + channel);
            }
        }

        /// @param mask −1 where codes have a sign, 0xff where not
        /// @return how many channels were done
        static int sums(byte[] from, int start, int mask, Reduction reduction, int[] to, int toOffset) {
            int channels = reduction.channels();
            int step = reduction.runStep();
            int done = 0;
            for (int block = 0; block < channels; block += INTS.length()) {
                int channel = Math.min(block, channels - CODE_LANES);
                IntVector sum = IntVector.zero(INTS);
                for (int run = 0; run < reduction.runCount(); run++) {
                    int at = start + channel + reduction.runStart(run);
                    for (int i = 0; i < reduction.runLength(); i++) {
                        sum = sum.add(ByteVector.fromArray(Lanes.CODE, from, at + i * step)
                                .convertShape(VectorOperators.B2I, INTS, 0).reinterpretAsInts().and(mask));
                    }
                }
                sum.intoArray(to, toOffset + channel);
                done = channel + INTS.length();
            }
            return done;
        }
    }
}

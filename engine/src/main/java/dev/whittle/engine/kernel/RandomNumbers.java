package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/// RANDOM_UNIFORM, numbers in `[0, 1)`; RANDOM_STANDARD_NORMAL, by the method of Box and Muller, both of the shape in input
/// 0; and MULTINOMIAL, for each row of logits (input 0) as many class numbers as input 1 says (LiteRT `random_ops.cc`).
///
/// The numbers are those of [Philox] with the two seeds, which go on from run to run of one interpreter; both seeds 0
/// stand for seeds of the moment.
final class RandomNumbers implements OperatorKernel {
    private static final int MANTISSA_BITS = 23;
    private static final int DOUBLE_MANTISSA_BITS = 52;
    private static final float LEAST_UNIFORM = 1e-7f;
    /** Groups of numbers that MULTINOMIAL leaves between two runs, for each number that it draws. */
    private static final long GROUPS_BETWEEN_RUNS = 2 * 256;
    private static final int[] NONE = {};

    private final OperatorCode code;

    RandomNumbers(OperatorCode code) {
        this.code = code;
    }

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32);
    }

    /// Shapes are integers: the output's type counts.
    @Override
    public int typedInput() {
        return code == OperatorCode.MULTINOMIAL ? 0 : -1;
    }

    @Override
    public boolean isStateful() {
        return true;
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        if (code == OperatorCode.MULTINOMIAL) {
            TensorChecks.counts(p, 2, 2);
            TensorChecks.rank(p, "logits", p.inputTensor(0), 2);
            TensorChecks.sameType(p, "number of samples", p.inputTensor(1), ElementType.INT32);
            TensorChecks.rank(p, "number of samples", p.inputTensor(1), 0);
            int samples = p.intValues(1)[0];
            if (samples < 0) {
                throw p.malformed("number of samples is " + samples + ", must be 0 or more");
            }
            return List.of(Shape.of(p.inputTensor(0).shape().dimension(0), samples));
        }
        TensorChecks.counts(p, 1, 1);
        TensorChecks.sameType(p, "shape", p.inputTensor(0), ElementType.INT32);
        TensorChecks.rank(p, "shape", p.inputTensor(0), 1);
        int[] shape = p.intValues(0);
        for (int dimension : shape) {
            if (dimension < 0) {
                throw p.malformed("dimension " + dimension + ", must be 0 or more");
            }
        }
        return List.of(Shape.of(shape));
    }

    @Override
    public Kernel prepare(Preparation p) {
        Options.Random options = (Options.Random) p.options();
        String where = p.where();
        Slot output = p.output(0);
        return switch (code) {
            case RANDOM_UNIFORM -> memory -> uniform(memory, stream(memory, where, options), output);
            case RANDOM_STANDARD_NORMAL -> memory -> normal(memory, stream(memory, where, options), output);
            case MULTINOMIAL -> multinomial(p, options);
            default -> throw new AssertionError(code);
        };
    }

    private static Philox stream(Memory memory, String where, Options.Random options) {
        Philox stream = memory.resources().randomStream(where);
        if (stream == null) {
            stream = options.seed() == 0 && options.seed2() == 0
                    ? new Philox(ThreadLocalRandom.current().nextLong(), ThreadLocalRandom.current().nextLong())
                    : new Philox(options.seed(), options.seed2());
            memory.resources().startRandomStream(where, stream);
        }
        return stream;
    }

    private static void uniform(Memory memory, Philox stream, Slot output) {
        float[] to = memory.floats(output);
        for (int i = 0; i < output.elementCount(); i += Philox.GROUP) {
            int[] group = stream.next();
            for (int k = 0; k < Math.min(Philox.GROUP, output.elementCount() - i); k++) {
                to[memory.offset(output) + i + k] = toFloat(group[k]);
            }
        }
    }

    private static void normal(Memory memory, Philox stream, Slot output) {
        float[] to = memory.floats(output);
        int first = memory.offset(output);
        for (int i = 0; i < output.elementCount(); i += Philox.GROUP) {
            int[] group = stream.next();
            for (int k = 0; k < Math.min(Philox.GROUP, output.elementCount() - i); k++) {
                int pair = k / 2 * 2;
                float distance = (float) Math.sqrt(
                        -2 * (float) StrictMath.log(Math.max(LEAST_UNIFORM, toFloat(group[pair]))));
                float angle = (float) (2 * Math.PI * toFloat(group[pair + 1]));
                double direction = k == pair ? StrictMath.sin(angle) : StrictMath.cos(angle);
                to[first + i + k] = (float) direction * distance;
            }
        }
    }

    private static float toFloat(int bits) {
        int mantissa = bits & (1 << MANTISSA_BITS) - 1;
        return Float.intBitsToFloat(Float.floatToRawIntBits(1) | mantissa) - 1;
    }

    private static double toDouble(int high, int low) {
        long mantissa = ((long) high << Integer.SIZE | Integer.toUnsignedLong(low)) & (1L << DOUBLE_MANTISSA_BITS) - 1;
        return Double.longBitsToDouble(Double.doubleToRawLongBits(1) | mantissa) - 1;
    }

    private static Kernel multinomial(Preparation p, Options.Random options) {
        ElementType type = p.outputTensor(0).type();
        if (type != ElementType.INT64 && type != ElementType.INT32) {
            throw p.unsupported("output is " + type + ", supported are INT64 and INT32");
        }
        Shape shape = p.inputTensor(0).shape();
        int classes = shape.dimension(1);
        if (classes == 0) {
            throw p.malformed("logits have shape " + shape + ", must have at least 1 class");
        }
        String where = p.where();
        Slot logits = p.input(0);
        Slot output = p.output(0);
        Slot sums = p.scratch(ElementType.FLOAT64, classes);
        int batches = shape.dimension(0);
        int samples = output.shape().dimension(1);
        long skipped = batches * ((samples + 3L) / 4 * 4) * GROUPS_BETWEEN_RUNS;
        return memory -> {
            Philox stream = stream(memory, where, options);
            // The two words that the next sample uses.
            int used = Philox.GROUP;
            int drawn = 0;
            int[] group = NONE;
            for (int batch = 0; batch < batches; batch++) {
                double total = accumulate(memory, logits, memory.offset(logits) + batch * classes, sums, classes);
                for (int sample = 0; sample < samples; sample++) {
                    if (used == Philox.GROUP) {
                        group = stream.next();
                        drawn++;
                        used = 0;
                    }
                    double target = toDouble(group[used], group[used + 1]) * total;
                    used += 2;
                    Integers.write(type, firstAbove(memory, sums, target, classes), memory.array(output),
                            memory.offset(output) + batch * samples + sample);
                }
            }
            stream.skip(skipped - drawn);
        };
    }

    /// The running sums of `exp(logit − largest)`, without logits that are not finite.
    private static double accumulate(Memory memory, Slot logits, int start, Slot sums, int classes) {
        float[] x = memory.floats(logits);
        double[] to = memory.doubles(sums);
        float largest = -Float.MAX_VALUE;
        for (int i = 0; i < classes; i++) {
            if (Float.isFinite(x[start + i])) {
                largest = Math.max(largest, x[start + i]);
            }
        }
        double total = 0;
        for (int i = 0; i < classes; i++) {
            if (Float.isFinite(x[start + i])) {
                total += StrictMath.exp(x[start + i] - (double) largest);
            }
            to[memory.offset(sums) + i] = total;
        }
        return total;
    }

    private static int firstAbove(Memory memory, Slot sums, double target, int classes) {
        double[] values = memory.doubles(sums);
        int first = memory.offset(sums);
        int low = 0;
        int high = classes;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (target < values[first + middle]) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }
}

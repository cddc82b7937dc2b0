package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// RANGE: the numbers from input 0 up or down to input 1, which is left out, by steps of input 2.
///
/// Real numbers are made by adding the step again and again, rounding to their type each time, and there are
/// `⌈|(limit − start) / step|⌉` of them, in the arithmetic of their type (LiteRT `range.cc`). Quantized INT8 and INT16 are
/// added up as FLOAT32 and quantized one by one with the scale of the start.
final class Range implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return EnumSet.of(ElementType.FLOAT32, ElementType.FLOAT16, ElementType.BFLOAT16, ElementType.INT8,
                ElementType.INT16, ElementType.INT32, ElementType.INT64);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 3, 3);
        ElementType type = p.inputTensor(0).type();
        for (int i = 0; i < 3; i++) {
            TensorChecks.sameType(p, "input " + i, p.inputTensor(i), type);
            TensorChecks.elementCount(p, "input " + i, p.inputTensor(i), 1);
        }
        if (isQuantized(p)) {
            float start = real(p, 0);
            float limit = real(p, 1);
            float step = real(p, 2);
            requireDirection(p, start, limit, step);
            float size = (Math.abs(limit - start) + Math.abs(step) - 1) / Math.abs(step);
            return List.of(Shape.of(count(p, size)));
        }
        return List.of(Shape.of(switch (type) {
            case INT8, INT16, INT32, INT64 -> integers(p);
            case FLOAT32, FLOAT16, BFLOAT16 -> {
                float start = real(p, 0);
                float limit = real(p, 1);
                float step = real(p, 2);
                requireDirection(p, start, limit, step);
                yield count(p, Math.ceil(Math.abs(rounded(type, rounded(type, limit - start) / step))));
            }
            default -> throw new AssertionError(type);
        }));
    }

    private static int integers(Preparation p) {
        long start = integer(p, 0);
        long limit = integer(p, 1);
        long step = integer(p, 2);
        if (step == 0 || (step > 0 ? start > limit : start < limit)) {
            throw wrongDirection(p, String.valueOf(start), String.valueOf(limit), String.valueOf(step));
        }
        // As unsigned numbers, distances need no more than 64 bits.
        long distance = step > 0 ? limit - start : start - limit;
        long stride = Math.abs(step);
        long count = Long.divideUnsigned(distance, stride) + (Long.remainderUnsigned(distance, stride) == 0 ? 0 : 1);
        if (count < 0 || count > Integer.MAX_VALUE) {
            throw p.unsupported("makes " + Long.toUnsignedString(count) + " numbers, supported are 2^31-1");
        }
        return (int) count;
    }

    private static int count(Preparation p, double size) {
        if (!(size <= Integer.MAX_VALUE)) {
            throw p.unsupported("makes " + size + " numbers, supported are 2^31-1");
        }
        return (int) size;
    }

    private static void requireDirection(Preparation p, float start, float limit, float step) {
        if (!(start >= limit && step < 0 || start <= limit && step > 0)) {
            throw wrongDirection(p, String.valueOf(start), String.valueOf(limit), String.valueOf(step));
        }
    }

    private static RuntimeException wrongDirection(Preparation p, String start, String limit, String step) {
        return p.malformed("steps of " + step + " from " + start + " to " + limit + ", must lead there");
    }

    private static boolean isQuantized(Preparation p) {
        ElementType type = p.inputTensor(0).type();
        return (type == ElementType.INT8 || type == ElementType.INT16) && p.inputTensor(0).quantization() != null;
    }

    private static long integer(Preparation p, int i) {
        return Integers.of(p.values(i), p.inputTensor(i).type(), 1)[0];
    }

    private static float real(Preparation p, int i) {
        Buffer values = p.values(i);
        return switch (p.inputTensor(i).type()) {
            case FLOAT32 -> values.toFloats()[0];
            case FLOAT16, BFLOAT16 -> HalfFloat.widen(p.inputTensor(i).type(), values.toShorts()[0]);
            case INT8, INT16 -> {
                QuantizationParameters in = TensorChecks.quantizedPerTensor(p, "input " + i, p.inputTensor(i));
                yield (float) ((double) in.scale(0) * (integer(p, i) - in.zeroPoint(0)));
            }
            default -> throw new AssertionError();
        };
    }

    private static float rounded(ElementType type, float value) {
        return type == ElementType.FLOAT32 ? value : HalfFloat.widen(type, HalfFloat.narrow(type, value));
    }

    @Override
    public Kernel prepare(Preparation p) {
        ElementType type = p.inputTensor(0).type();
        TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        Slot output = p.output(0);
        int count = output.elementCount();
        if (isQuantized(p)) {
            return quantized(p, output, count);
        }
        if (type == ElementType.FLOAT32 || type == ElementType.FLOAT16 || type == ElementType.BFLOAT16) {
            return reals(type, real(p, 0), real(p, 2), output, count);
        }
        long start = integer(p, 0);
        long step = integer(p, 2);
        return memory -> {
            Object to = memory.array(output);
            for (int i = 0; i < count; i++) {
                Integers.write(type, start + i * step, to, memory.offset(output) + i);
            }
        };
    }

    private static Kernel reals(ElementType type, float start, float step, Slot output, int count) {
        if (type == ElementType.FLOAT32) {
            return memory -> {
                float[] to = memory.floats(output);
                float value = start;
                for (int i = 0; i < count; i++) {
                    to[memory.offset(output) + i] = value;
                    value += step;
                }
            };
        }
        return memory -> {
            short[] to = memory.shorts(output);
            float value = start;
            for (int i = 0; i < count; i++) {
                to[memory.offset(output) + i] = HalfFloat.narrow(type, value);
                value = rounded(type, value + step);
            }
        };
    }

    private static Kernel quantized(Preparation p, Slot output, int count) {
        QuantizationParameters scale = TensorChecks.quantizedPerTensor(p, "input 0", p.inputTensor(0));
        float start = real(p, 0);
        float step = real(p, 2);
        int min = TensorChecks.minimumCode(output.type());
        int max = TensorChecks.maximumCode(output.type());
        return memory -> {
            float value = start;
            for (int i = 0; i < count; i++) {
                int code = Quantize.code(value, scale.scale(0), scale.zeroPoint(0), min, max);
                Integers.write(output.type(), code, memory.array(output), memory.offset(output) + i);
                value += step;
            }
        };
    }
}

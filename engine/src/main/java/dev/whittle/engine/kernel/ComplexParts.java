package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// REAL, IMAG and COMPLEX_ABS: the real part, the imaginary part and the magnitude `√(re² + im²)` of COMPLEX64 as FLOAT32
/// and of COMPLEX128 as FLOAT64. An infinite part makes an infinite magnitude, also beside a NaN.
final class ComplexParts implements OperatorKernel {

    /// What is taken of each number.
    enum Kind {
        REAL, IMAGINARY, MAGNITUDE
    }

    private final Kind kind;

    ComplexParts(Kind kind) {
        this.kind = kind;
    }

    @Override
    public Set<ElementType> types() {
        return EnumSet.of(ElementType.COMPLEX64, ElementType.COMPLEX128);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 1, 1);
        return List.of(p.inputTensor(0).shape());
    }

    @Override
    public Kernel prepare(Preparation p) {
        Slot input = p.input(0);
        boolean isSingle = input.type() == ElementType.COMPLEX64;
        TensorChecks.sameType(p, "output", p.outputTensor(0),
                isSingle ? ElementType.FLOAT32 : ElementType.FLOAT64);
        Slot output = p.output(0);
        int count = input.elementCount();
        return switch (kind) {
            case REAL -> parts(input, 0, output, count);
            case IMAGINARY -> parts(input, 1, output, count);
            case MAGNITUDE -> isSingle ? floatMagnitudes(input, output, count)
                    : doubleMagnitudes(input, output, count);
        };
    }

    private static Kernel parts(Slot input, int part, Slot output, int count) {
        return memory -> Movement.run(memory.array(input), memory.offset(input) + part, 2, memory.array(output),
                memory.offset(output), 1, count);
    }

    private static Kernel floatMagnitudes(Slot input, Slot output, int count) {
        return memory -> {
            float[] from = memory.floats(input);
            float[] to = memory.floats(output);
            for (int i = 0; i < count; i++) {
                double re = from[memory.offset(input) + 2 * i];
                double im = from[memory.offset(input) + 2 * i + 1];
                boolean isInfinite = Double.isInfinite(re) || Double.isInfinite(im);
                // The squares of floats are exact in double, and their sum cannot overflow.
                to[memory.offset(output) + i] =
                        isInfinite ? Float.POSITIVE_INFINITY : (float) Math.sqrt(re * re + im * im);
            }
        };
    }

    private static Kernel doubleMagnitudes(Slot input, Slot output, int count) {
        return memory -> {
            double[] from = memory.doubles(input);
            double[] to = memory.doubles(output);
            for (int i = 0; i < count; i++) {
                to[memory.offset(output) + i] = StrictMath.hypot(from[memory.offset(input) + 2 * i],
                        from[memory.offset(input) + 2 * i + 1]);
            }
        };
    }
}

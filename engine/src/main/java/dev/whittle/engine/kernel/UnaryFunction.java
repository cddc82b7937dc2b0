package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntUnaryOperator;
import java.util.function.LongUnaryOperator;

/// Operators that apply a function to every element of one tensor; the output has the input's type.
///
/// Reals: the function in double, rounded to float. Codes of eight bits: the real function of each, to the nearest code,
/// ties away from zero, in float (LiteRT `LUTPopulate`); INT16 codes: an [InterpolationTable] of it. Where the reference has
/// integer arithmetic of its own instead (ABS, RSQRT, HARD_SWISH), so does the operator's entry here.
final class UnaryFunction implements OperatorKernel {
    private static final double ROOT_OF_TWO_OVER_PI = Math.sqrt(2 / Math.PI);
    /** What a float takes, roughly, where a function is called for it. */
    private static final double NANOSECONDS = 4;
    private static final double ROOT_OF_HALF = Math.sqrt(0.5);

    private final Map<ElementType, Binding> bindings = new EnumMap<>(ElementType.class);

    /// Makes the kernel of one operator for one element type.
    @FunctionalInterface
    private interface Binding {
        Kernel bind(Preparation p);
    }

    private UnaryFunction() {}

    private UnaryFunction with(ElementType type, Binding binding) {
        bindings.put(type, binding);
        return this;
    }

    private UnaryFunction withFloats(UnaryRun.FloatFunction function) {
        return with(ElementType.FLOAT32, p -> UnaryRun.floats(function).elementwise(p, NANOSECONDS));
    }

    /// FLOAT16 and BFLOAT16, computed in float.
    private UnaryFunction withHalves(UnaryRun.FloatFunction function) {
        for (ElementType type : List.of(ElementType.FLOAT16, ElementType.BFLOAT16)) {
            with(type, UnaryRun.shorts(x -> HalfFloat.narrow(type, function.apply(HalfFloat.widen(type, x))))::kernel);
        }
        return this;
    }

    /// Codes of a type, by a table of the real function.
    private UnaryFunction withTable(ElementType type, UnaryRun.FloatFunction function) {
        return with(type, p -> table(p, function));
    }

    private static Kernel table(Preparation p, UnaryRun.FloatFunction function) {
        Codes codes = Codes.of(p);
        if (codes.type == ElementType.INT16) {
            InterpolationTable table = new InterpolationTable(InterpolationTable.Precision.FLOAT, codes.in.scale(0),
                    codes.in.zeroPoint(0), codes.out.scale(0), codes.out.zeroPoint(0),
                    x -> function.apply((float) x));
            return UnaryRun.shorts(table::apply).kernel(p);
        }
        float stepsPerUnit = 1 / codes.out.scale(0);
        return codes.table(p, code -> {
            float real = codes.in.scale(0) * (code - codes.in.zeroPoint(0));
            float steps = Rounding.halfAwayFromZero(function.apply(real) * stepsPerUnit);
            return (int) (steps + codes.out.zeroPoint(0));
        });
    }

    /// Where codes come from and go to.
    private record Codes(ElementType type, QuantizationParameters in, QuantizationParameters out) {

        static Codes of(Preparation p) {
            return new Codes(p.inputTensor(0).type(),
                    TensorChecks.quantizedPerTensor(p, "input", p.inputTensor(0)),
                    TensorChecks.quantizedPerTensor(p, "output", p.outputTensor(0)));
        }

        /// By a table of a rule for codes of eight bits; what is outside of the type goes to its ends.
        Kernel table(Preparation p, IntUnaryOperator rule) {
            return new CodeTable(type, code -> clamp(rule.applyAsInt(code))).kernel(p);
        }

        int clamp(int code) {
            return Math.clamp(code, TensorChecks.minimumCode(type), TensorChecks.maximumCode(type));
        }
    }

    /// ABS. Codes are scaled by `inputScale / outputScale` (computed in float) with double rounding.
    static UnaryFunction abs() {
        return new UnaryFunction()
                .withFloats(Math::abs)
                .with(ElementType.INT32, ints(Math::abs)::kernel)
                .with(ElementType.INT8, UnaryFunction::absOfCodes)
                .with(ElementType.INT16, p -> p.inputTensor(0).quantization() == null
                        ? UnaryRun.shorts(x -> Math.abs(x)).kernel(p)
                        : absOfCodes(p));
    }

    private static Kernel absOfCodes(Preparation p) {
        Codes codes = Codes.of(p);
        Multiplier multiplier = Multiplier.of(p, "input scale / output scale",
                codes.in.scale(0) / codes.out.scale(0));
        int inZero = codes.in.zeroPoint(0);
        int outZero = codes.out.zeroPoint(0);
        return codes.type == ElementType.INT16
                ? UnaryRun.shorts(code -> codes.clamp(multiplier.apply(Math.abs(code - inZero)) + outZero)).kernel(p)
                : codes.table(p, code -> multiplier.apply(Math.abs(code - inZero)) + outZero);
    }

    /// NEG. Of integers without regard to scales, the least number being its own negative.
    static UnaryFunction negative() {
        return new UnaryFunction()
                .withFloats(x -> -x)
                .withHalves(x -> -x)
                .with(ElementType.INT8, bytes(x -> -x)::kernel)
                .with(ElementType.INT16, UnaryRun.shorts(x -> -x)::kernel)
                .with(ElementType.INT32, ints(x -> -x)::kernel)
                .with(ElementType.INT64, longs(x -> -x)::kernel);
    }

    /// SIGN: −1, 0 or 1; of NaN 0.
    static UnaryFunction sign() {
        return new UnaryFunction()
                .withFloats(x -> x > 0 ? 1 : x < 0 ? -1 : 0)
                .with(ElementType.FLOAT64, doubles(x -> x > 0 ? 1 : x < 0 ? -1 : 0)::kernel)
                .with(ElementType.INT32, ints(Integer::signum)::kernel);
    }

    /// LOGICAL_NOT.
    static UnaryFunction logicalNot() {
        return new UnaryFunction().with(ElementType.BOOL, bytes(x -> x == 0 ? 1 : 0)::kernel);
    }

    /// SIN, of radians.
    static UnaryFunction sine() {
        return new UnaryFunction().withFloats(x -> (float) StrictMath.sin(x));
    }

    /// COS, of radians.
    static UnaryFunction cosine() {
        return new UnaryFunction().withFloats(x -> (float) StrictMath.cos(x));
    }

    /// SQRT.
    static UnaryFunction squareRoot() {
        return new UnaryFunction().withFloats(x -> (float) Math.sqrt(x));
    }

    /// SQUARE.
    static UnaryFunction square() {
        return new UnaryFunction().withFloats(x -> x * x);
    }

    /// FLOOR.
    static UnaryFunction floor() {
        return new UnaryFunction().withFloats(x -> (float) Math.floor(x));
    }

    /// CEIL.
    static UnaryFunction ceil() {
        return new UnaryFunction().withFloats(x -> (float) Math.ceil(x));
    }

    /// ROUND, halves to even.
    static UnaryFunction round() {
        return new UnaryFunction().withFloats(x -> (float) Math.rint(x));
    }

    /// EXP.
    static UnaryFunction exponential() {
        UnaryRun.FloatFunction function = x -> (float) StrictMath.exp(x);
        return new UnaryFunction().withFloats(function)
                .withTable(ElementType.INT8, function)
                .withTable(ElementType.INT16, function);
    }

    /// LOG, natural. Codes of numbers that have none become the output's least code.
    static UnaryFunction logarithm() {
        UnaryFunction logarithm = new UnaryFunction().withFloats(x -> (float) StrictMath.log(x));
        for (ElementType type : List.of(ElementType.INT8, ElementType.INT16)) {
            logarithm.with(type, p -> {
                QuantizationParameters out = TensorChecks.quantizedPerTensor(p, "output", p.outputTensor(0));
                float least = (TensorChecks.minimumCode(type) - out.zeroPoint(0)) * out.scale(0);
                return table(p, x -> x <= 0 ? least : (float) StrictMath.log(x));
            });
        }
        return logarithm;
    }

    /// RSQRT: `1 / √x`. Codes of 0 become the output's largest code; those of negative numbers are an error at run time.
    /// INT8 uses a square root of its own in fixed point (LiteRT `RsqrtEvalQuantizedInt8`).
    static UnaryFunction inverseSquareRoot() {
        return new UnaryFunction()
                .withFloats(x -> 1 / (float) Math.sqrt(x))
                .with(ElementType.INT8, p -> {
                    Codes codes = Codes.of(p);
                    return positiveOnly(p, codes, inverseSquareRootOfCodes(p, codes));
                })
                .with(ElementType.INT16, p -> {
                    Codes codes = Codes.of(p);
                    float largest = Short.MAX_VALUE * codes.out.scale(0);
                    return positiveOnly(p, codes, table(p, x -> x <= 0 ? largest : 1 / (float) Math.sqrt(x)));
                });
    }

    private static Kernel inverseSquareRootOfCodes(Preparation p, Codes codes) {
        int leftShift = 20;
        double factor = 1.0 / ((float) Math.sqrt(codes.in.scale(0)) * codes.out.scale(0));
        Multiplier toOutput = Multiplier.of(p, "1 / (√input scale · output scale)", factor);
        return codes.table(p, code -> {
            int value = code - codes.in.zeroPoint(0);
            if (value <= 0) {
                return Byte.MAX_VALUE;
            }
            int shifted = Multiplier.apply(1, FixedPoint.inverseSquareRoot(value),
                    FixedPoint.inverseSquareRootShift(value) + leftShift);
            return Multiplier.apply(shifted, toOutput.multiplier(), toOutput.shift() - leftShift)
                    + codes.out.zeroPoint(0);
        });
    }

    /// Looks at all codes before it runs a kernel.
    private static Kernel positiveOnly(Preparation p, Codes codes, Kernel kernel) {
        Slot input = p.input(0);
        int count = input.elementCount();
        int zeroPoint = codes.in.zeroPoint(0);
        String where = p.where();
        return memory -> {
            int offset = memory.offset(input);
            for (int i = 0; i < count; i++) {
                int code = codes.type == ElementType.INT16
                        ? memory.shorts(input)[offset + i]
                        : memory.bytes(input)[offset + i];
                if (code < zeroPoint) {
                    throw new MalformedModelException(where + "input holds the code " + code
                            + " of a negative number, must be " + zeroPoint + " or more");
                }
            }
            kernel.invoke(memory);
        };
    }

    /// ELU: `e^x − 1` below 0.
    static UnaryFunction elu() {
        UnaryRun.FloatFunction function = x -> x < 0 ? (float) StrictMath.expm1(x) : x;
        return new UnaryFunction().withFloats(function).withTable(ElementType.INT8, function);
    }

    /// GELU: `x · Φ(x)`, the normal distribution, exactly or by a hyperbolic tangent as the option says.
    static UnaryFunction gelu() {
        UnaryFunction gelu = new UnaryFunction();
        gelu.with(ElementType.FLOAT32, p -> UnaryRun.floats(geluOf(p)).kernel(p));
        for (ElementType type : List.of(ElementType.INT8, ElementType.UINT8, ElementType.INT16)) {
            gelu.with(type, p -> table(p, geluOf(p)));
        }
        return gelu;
    }

    private static UnaryRun.FloatFunction geluOf(Preparation p) {
        return ((Options.Gelu) p.options()).approximate()
                ? x -> (float) (0.5 * x
                        * (1 + StrictMath.tanh(ROOT_OF_TWO_OVER_PI * (x + 0.044715 * x * (double) x * x))))
                : x -> (float) (0.5 * x * ErrorFunction.complement(-x * ROOT_OF_HALF));
    }

    /// HARD_SWISH: `x · min(6, max(0, x + 3)) / 6`. Codes: 16-bit fixed point (LiteRT `reference_ops::HardSwish`).
    static UnaryFunction hardSwish() {
        return new UnaryFunction()
                .withFloats(x -> x * Math.min(6, Math.max(0, x + 3)) / 6)
                .with(ElementType.INT8, UnaryFunction::hardSwishOfCodes)
                .with(ElementType.UINT8, UnaryFunction::hardSwishOfCodes);
    }

    private static Kernel hardSwishOfCodes(Preparation p) {
        Codes codes = Codes.of(p);
        // Inputs are shifted left by 7 bits, so that they fill 16; 3.0 is 2¹⁵ in the scale of the second factor.
        int leftShift = 7;
        float fineScale = 1f / 128 * codes.in.scale(0);
        float factorScale = 3f / 32768;
        Multiplier toOutput = Multiplier.of(p, "input scale / 128 / output scale", fineScale / codes.out.scale(0));
        Multiplier toFactor = Multiplier.of(p, "input scale / 128 * 32768 / 3", fineScale / factorScale);
        if (toOutput.shift() > 0) {
            throw p.unsupported("input scale / 128 / output scale is " + fineScale / codes.out.scale(0)
                    + ", must be below 1");
        }
        int outputMultiplier = toOutput.to16Bits();
        int factorMultiplier = toFactor.to16Bits();
        int shift = toFactor.shift();
        return codes.table(p, code -> {
            int fine = (short) (code - codes.in.zeroPoint(0) << leftShift);
            int scaled = FixedPoint.Q15.multiply(fine, outputMultiplier);
            // All but the last bit to the left before the product, where saturating does no harm.
            int factor = FixedPoint.Q15.scale(fine, Math.max(0, shift - 1));
            factor = FixedPoint.Q15.multiply(factor, factorMultiplier);
            factor = FixedPoint.Q15.scale(factor, Math.min(1, shift));
            // From [−1, 1) to [0, 1).
            factor = factor + (1 << 15) >> 1;
            int product = factor * scaled / (1 << 15);
            return (short) (Rounding.shiftRight(product, -toOutput.shift()) + codes.out.zeroPoint(0));
        });
    }

    /// LOGISTIC: `1 / (1 + e^−x)`; codes as [SigmoidCodes] says.
    static UnaryFunction logistic() {
        UnaryRun.FloatFunction function = x -> 1 / (1 + (float) StrictMath.exp(-x));
        UnaryRun.FloatFunction exact = x -> (float) (1 / (1 + StrictMath.exp(-(double) x)));
        return new UnaryFunction().withFloats(exact).withHalves(exact)
                .withTable(ElementType.INT8, function)
                .withTable(ElementType.UINT8, function)
                .with(ElementType.INT16, p -> SigmoidCodes.kernel(p, SigmoidCodes.Kind.LOGISTIC));
    }

    /// TANH; codes of sixteen bits as [SigmoidCodes] says.
    static UnaryFunction tanh() {
        UnaryRun.FloatFunction function = x -> (float) StrictMath.tanh(x);
        return new UnaryFunction().withFloats(function).withHalves(function)
                .withTable(ElementType.INT8, function)
                .withTable(ElementType.UINT8, function)
                .with(ElementType.INT16, p -> SigmoidCodes.kernel(p, SigmoidCodes.Kind.TANH));
    }

    private static UnaryRun<byte[]> bytes(IntUnaryOperator function) {
        return (from, fromOffset, to, toOffset, count) -> {
            for (int i = 0; i < count; i++) {
                to[toOffset + i] = (byte) function.applyAsInt(from[fromOffset + i]);
            }
        };
    }

    private static UnaryRun<int[]> ints(IntUnaryOperator function) {
        return (from, fromOffset, to, toOffset, count) -> {
            for (int i = 0; i < count; i++) {
                to[toOffset + i] = function.applyAsInt(from[fromOffset + i]);
            }
        };
    }

    private static UnaryRun<long[]> longs(LongUnaryOperator function) {
        return (from, fromOffset, to, toOffset, count) -> {
            for (int i = 0; i < count; i++) {
                to[toOffset + i] = function.applyAsLong(from[fromOffset + i]);
            }
        };
    }

    private static UnaryRun<double[]> doubles(DoubleUnaryOperator function) {
        return (from, fromOffset, to, toOffset, count) -> {
            for (int i = 0; i < count; i++) {
                to[toOffset + i] = function.applyAsDouble(from[fromOffset + i]);
            }
        };
    }

    @Override
    public Set<ElementType> types() {
        return bindings.keySet();
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 1, 1);
        return List.of(p.inputTensor(0).shape());
    }

    @Override
    public Kernel prepare(Preparation p) {
        ElementType type = p.inputTensor(0).type();
        TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        Binding binding = bindings.get(type);
        if (binding == null) {
            throw new AssertionError(type);
        }
        return binding.bind(p);
    }
}

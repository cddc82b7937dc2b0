package dev.whittle.quantizer.microscope;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.kernel.Multiplier;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.engine.plan.PlanOptions;
import dev.whittle.quantizer.rule.ConstantValues;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/// The integer arithmetic of one output element of CONV_2D, DEPTHWISE_CONV_2D or FULLY_CONNECTED, number by number
/// (equations 7 to 9), computed here with plain loops and set beside what the kernel gave.
///
/// @param operator its number in the model
/// @param type as in the schema
/// @param element its index in the output, row-major
/// @param position its place along the output's dimensions
/// @param terms the products, in the order filterY, filterX, inChannel; taps on padding count as zero and are left out
/// @param inputZeroPoint subtracted from each input code
/// @param weightZeroPoint subtracted from each weight code; 0 but in files of the legacy uint8 form
/// @param sum of the products
/// @param bias its code
/// @param accumulator `sum + bias`
/// @param inputScale of the input
/// @param weightScale of the element's channel
/// @param outputScale of the output
/// @param factor `M = inputScale · weightScale / outputScale`
/// @param multiplier `m` of equation 8
/// @param shift of equation 8
/// @param rounding the mode of equation 9
/// @param high the doubling high multiply, before the right shift; with DOUBLE rounding the same as `scaled`
/// @param scaled `round(M · accumulator)`
/// @param outputZeroPoint added to it
/// @param minimum the smallest code that type and activation allow
/// @param maximum the largest
/// @param result the output code
/// @param kernel the code that the engine's kernel gave
/// @param real what the result stands for
public record ElementArithmetic(int operator, String type, int element, List<Integer> position, List<Term> terms,
        int inputZeroPoint, int weightZeroPoint, long sum, long bias, long accumulator, float inputScale,
        float weightScale, float outputScale, double factor, int multiplier, int shift, Rounding rounding, long high,
        long scaled, int outputZeroPoint, int minimum, int maximum, int result, int kernel, float real) {

    /// One product.
    ///
    /// @param inputElement the index in the input
    /// @param input its code
    /// @param weightElement the index in the filter
    /// @param weight its code
    /// @param product `(input − inputZeroPoint) · (weight − weightZeroPoint)`
    public record Term(int inputElement, int input, int weightElement, int weight, long product) {
    }

    /// How kernels round, of those in equation 9.
    public enum Rounding {
        FIXED_POINT, DOUBLE
    }

    /// The arithmetic of one element.
    ///
    /// @param inputs one array of real numbers for each input of the model
    /// @throws IllegalArgumentException when the model has no such operator or the output no such element
    /// @throws UnsupportedModelException when the operator is not one of the three, or not of 8-bit codes
    public static ElementArithmetic of(Model model, List<float[]> inputs, int operator, int element) {
        Subgraph subgraph = model.primary();
        if (operator < 0 || operator >= subgraph.operators().size()) {
            throw new IllegalArgumentException("[%s] operator %d, the model has 0 to %d".formatted(model.source(),
                    operator, subgraph.operators().size() - 1));
        }
        return new Reading(model, operator).element(inputs, element);
    }

    /// One operator while it is taken apart.
    private static final class Reading {
        private final Model model;
        private final int number;
        private final Operator operator;
        private final Tensor input;
        private final Tensor filter;
        private final Tensor output;

        Reading(Model model, int number) {
            this.model = model;
            this.number = number;
            this.operator = model.primary().operators().get(number);
            if (!(operator.options() instanceof Options.Conv2d || operator.options() instanceof Options.DepthwiseConv2d
                    || operator.options() instanceof Options.FullyConnected)) {
                throw unsupported("element by element there are CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED");
            }
            input = model.primary().tensor(operator.inputs().getFirst());
            filter = model.primary().tensor(operator.inputs().get(1));
            output = model.primary().tensor(operator.outputs().getFirst());
            if (!isEightBit(input) || !isEightBit(filter) || !isEightBit(output) || !filter.isConstant()) {
                throw unsupported("input is %s, filter %s, output %s, expected codes of 8 bits and a constant filter"
                        .formatted(input.type(), filter.type(), output.type()));
            }
        }

        private static boolean isEightBit(Tensor tensor) {
            return (tensor.type() == ElementType.INT8 || tensor.type() == ElementType.UINT8)
                    && tensor.quantization() != null;
        }

        private UnsupportedModelException unsupported(String reason) {
            return new UnsupportedModelException(
                    "[" + model.source() + "] " + operator.code() + " #" + number + ": " + reason);
        }

        ElementArithmetic element(List<float[]> inputs, int element) {
            int count = output.shape().elementCount();
            if (element < 0 || element >= count) {
                throw new IllegalArgumentException("[%s] %s #%d: element %d, the output has 0 to %d".formatted(
                        model.source(), operator.code(), number, element, count - 1));
            }
            int[] codes;
            int kernel;
            try (Interpreter interpreter =
                    Interpreter.of(model, PlanOptions.defaults().withPreserveAllTensors(true))) {
                for (int i = 0; i < inputs.size(); i++) {
                    interpreter.input(i).putFloats(inputs.get(i));
                }
                interpreter.invoke();
                codes = codes(input, interpreter.tensor(operator.inputs().getFirst()).toBytes());
                kernel = codes(output, interpreter.tensor(operator.outputs().getFirst()).toBytes())[element];
            }
            int[] position = position(output.shape(), element);
            int channel = position[position.length - 1];
            return finish(element, position, channel, terms(codes, position, channel), kernel);
        }

        private static int[] codes(Tensor tensor, ByteBuffer bytes) {
            int mask = tensor.type() == ElementType.UINT8 ? 0xff : -1;
            int[] codes = new int[bytes.remaining()];
            for (int i = 0; i < codes.length; i++) {
                codes[i] = bytes.get(i) & mask;
            }
            return codes;
        }

        private static int[] position(Shape shape, int element) {
            int[] position = new int[shape.rank()];
            int rest = element;
            for (int axis = shape.rank() - 1; axis >= 0; axis--) {
                position[axis] = rest % shape.dimension(axis);
                rest /= shape.dimension(axis);
            }
            return position;
        }

        private List<Term> terms(int[] codes, int[] position, int channel) {
            int[] weights = weights();
            List<Term> terms = new ArrayList<>();
            switch (operator.options()) {
                case Options.FullyConnected _ -> {
                    int depth = filter.shape().dimension(1);
                    int row = 0;
                    for (int axis = 0; axis < position.length - 1; axis++) {
                        row = row * output.shape().dimension(axis) + position[axis];
                    }
                    for (int i = 0; i < depth; i++) {
                        terms.add(term(codes, row * depth + i, weights, channel * depth + i));
                    }
                }
                case Options.Conv2d conv -> {
                    int channels = filter.shape().dimension(3);
                    int groupChannels = filter.shape().dimension(0) / (input.shape().dimension(3) / channels);
                    int first = channel / groupChannels * channels;
                    taps(position, conv.padding(), conv.strideHeight(), conv.strideWidth(), conv.dilationHeight(),
                            conv.dilationWidth(), (pixel, tap) -> {
                                for (int c = 0; c < channels; c++) {
                                    terms.add(term(codes, pixel * input.shape().dimension(3) + first + c, weights,
                                            (channel * filter.shape().dimension(1) * filter.shape().dimension(2) + tap)
                                                    * channels + c));
                                }
                            });
                }
                case Options.DepthwiseConv2d conv -> {
                    int inChannels = input.shape().dimension(3);
                    int outChannels = filter.shape().dimension(3);
                    taps(position, conv.padding(), conv.strideHeight(), conv.strideWidth(), conv.dilationHeight(),
                            conv.dilationWidth(),
                            (pixel, tap) -> terms.add(term(codes,
                                    pixel * inChannels + channel / (outChannels / inChannels), weights,
                                    tap * outChannels + channel)));
                }
                default -> throw new IllegalStateException(operator.code() + " has no terms");
            }
            return terms;
        }

        private interface Tap {
            void at(int pixel, int tap);
        }

        /// Visits the taps of a filter that lie on the input.
        private void taps(int[] position, Padding padding, int strideHeight, int strideWidth, int dilationHeight,
                int dilationWidth, Tap visitor) {
            int inHeight = input.shape().dimension(1);
            int inWidth = input.shape().dimension(2);
            int filterHeight = filter.shape().dimension(1);
            int filterWidth = filter.shape().dimension(2);
            int top = position[1] * strideHeight - padding.before(inHeight, filterHeight, strideHeight, dilationHeight);
            int left = position[2] * strideWidth - padding.before(inWidth, filterWidth, strideWidth, dilationWidth);
            for (int filterY = 0; filterY < filterHeight; filterY++) {
                for (int filterX = 0; filterX < filterWidth; filterX++) {
                    int y = top + filterY * dilationHeight;
                    int x = left + filterX * dilationWidth;
                    if (y >= 0 && y < inHeight && x >= 0 && x < inWidth) {
                        visitor.at((position[0] * inHeight + y) * inWidth + x, filterY * filterWidth + filterX);
                    }
                }
            }
        }

        private int[] weights() {
            long[] codes = ConstantValues.codesOf(filter);
            int[] weights = new int[codes.length];
            for (int i = 0; i < weights.length; i++) {
                weights[i] = (int) codes[i];
            }
            return weights;
        }

        private Term term(int[] codes, int inputElement, int[] weights, int weightElement) {
            int a = codes[inputElement];
            int w = weights[weightElement];
            return new Term(inputElement, a, weightElement, w,
                    (long) (a - parameters(input).zeroPoint(0)) * (w - parameters(filter).zeroPoint(0)));
        }

        private static QuantizationParameters parameters(Tensor tensor) {
            return Objects.requireNonNull(tensor.quantization());
        }

        private long bias(int channel) {
            int index = operator.inputs().size() > 2 ? operator.inputs().get(2) : Operator.ABSENT;
            if (index == Operator.ABSENT) {
                return 0;
            }
            Tensor bias = model.primary().tensor(index);
            return ConstantValues.codesOf(bias)[channel];
        }

        private ElementArithmetic finish(int element, int[] position, int channel, List<Term> terms, int kernel) {
            long sum = terms.stream().mapToLong(Term::product).sum();
            long bias = bias(channel);
            // Sums wrap as the kernel's 32 bits do.
            long accumulator = (int) (sum + bias);
            QuantizationParameters out = parameters(output);
            float weightScale = parameters(filter).scale(channel);
            double factor = (double) parameters(input).scale(0) * weightScale / out.scale(0);
            Multiplier multiplier = Multiplier.of(factor);
            Rounding rounding = operator.options() instanceof Options.FullyConnected ? Rounding.DOUBLE
                    : Rounding.FIXED_POINT;
            long scaled = switch (rounding) {
                case FIXED_POINT -> multiplier.apply((int) accumulator);
                case DOUBLE -> {
                    double real = accumulator * factor;
                    yield (long) (real < 0 ? Math.ceil(real - 0.5) : Math.floor(real + 0.5));
                }
            };
            long high = rounding == Rounding.FIXED_POINT ? multiplier.high((int) accumulator) : scaled;
            CodeRange codes = CodeRange.of(output.type(), out);
            Activation activation = activation();
            int minimum = (int) Math.max(codes.minimum(), bound(activation.minimum(), codes));
            int maximum = (int) Math.min(codes.maximum(), bound(activation.maximum(), codes));
            int result = (int) Math.clamp(scaled + out.zeroPoint(0), minimum, (long) maximum);
            return new ElementArithmetic(number, operator.code().name(), element,
                    Arrays.stream(position).boxed().toList(), terms, parameters(input).zeroPoint(0),
                    parameters(filter).zeroPoint(0), sum, bias, accumulator, parameters(input).scale(0), weightScale,
                    out.scale(0), factor, multiplier.multiplier(), multiplier.shift(), rounding, high, scaled,
                    out.zeroPoint(0), minimum, maximum, result, kernel, codes.real(result));
        }

        private Activation activation() {
            return switch (operator.options()) {
                case Options.Conv2d conv -> conv.activation();
                case Options.DepthwiseConv2d conv -> conv.activation();
                case Options.FullyConnected dense -> dense.activation();
                default -> throw new IllegalStateException(operator.code() + " has no activation");
            };
        }

        /// The code of an activation's bound, far outside where there is none.
        private static double bound(float real, CodeRange codes) {
            return Float.isInfinite(real) ? real : codes.nearest(real);
        }
    }
}

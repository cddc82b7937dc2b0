package dev.whittle.quantizer.rewrite;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.quantizer.calibrate.Calibration;
import dev.whittle.quantizer.recipe.Granularity;
import dev.whittle.quantizer.recipe.Mode;
import dev.whittle.quantizer.recipe.Recipe;
import dev.whittle.quantizer.recipe.RecipeJson;
import dev.whittle.quantizer.recipe.Rule;
import dev.whittle.quantizer.rule.IntegerActivations;
import dev.whittle.quantizer.rule.QuantizationRule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// Makes a float model a quantized one in which each operator has the mode that a recipe says. It serves calibration and
/// quantization-aware training alike, which differ only in where the activations' parameters come from.
///
/// Each activation is stored in the type of the operator that computes it. An operator that takes another type, or other
/// parameters, reads it through a QUANTIZE or DEQUANTIZE; consumers of one type share that.
///
/// The model carries its recipe as metadata (`RecipeJson`).
///
/// Source: the 8-bit and 16x8 quantization specifications of TensorFlow Lite.
public final class Quantizer {
    private final Model model;
    private final Recipe recipe;
    private final Calibration calibration;
    private final GraphRewrite graph;
    private final Constants constants;
    /// The operator that computes a tensor, by the tensor's index.
    private final Map<Integer, Operator> producers = new HashMap<>();
    private final Map<Conversion, Integer> conversions = new HashMap<>();

    /// A tensor in another type or under other parameters.
    ///
    /// @param type FLOAT32 comes without parameters
    private record Conversion(int tensor, ElementType type, List<QuantizationParameters> parameters) {
    }

    private Quantizer(Model model, Recipe recipe, Calibration calibration) {
        this.model = model;
        this.recipe = recipe;
        this.calibration = calibration;
        this.graph = new GraphRewrite(model);
        this.constants = new Constants(model.source(), graph);
        for (Operator operator : graph.original().operators()) {
            operator.outputs().forEach(output -> producers.put(output, operator));
        }
    }

    /// The quantized model.
    ///
    /// @param model a float model of one subgraph
    /// @param calibration the ranges of activations that integer operators compute or take; those of a model without
    ///        integer operators may be empty
    /// @throws UnsupportedModelException when an operator or tensor cannot have the mode of its rule
    public static Model quantize(Model model, Recipe recipe, Calibration calibration, Ends ends) {
        if (model.subgraphs().size() != 1) {
            throw new UnsupportedModelException("[" + model.source() + "] has " + model.subgraphs().size()
                    + " subgraphs, supported are models of one");
        }
        return new Quantizer(model, recipe, calibration).quantize(ends);
    }

    /// As [#quantize(Model, Recipe, Calibration, Ends)], for a recipe without integer operators: nothing is calibrated, and
    /// inputs and outputs stay FLOAT32.
    public static Model quantize(Model model, Recipe recipe) {
        return quantize(model, recipe, new Calibration(Map.of()), Ends.of(ElementType.FLOAT32));
    }

    private Model quantize(Ends ends) {
        List<Operator> operators = graph.original().operators();
        List<Rule> rules = recipe.rulesFor(model);
        for (int input : graph.original().inputs()) {
            if (graph.tensor(input).type() == ElementType.FLOAT32) {
                input(input, ends.input(), consumedAs(input, operators, rules, ends.input()));
            }
        }
        for (int number = 0; number < operators.size(); number++) {
            Operator operator = operators.get(number);
            quantize(operator.code() + " #" + number, operator, rules.get(number));
        }
        for (int output : graph.original().outputs().stream().distinct().toList()) {
            if (graph.original().tensor(output).type() == ElementType.FLOAT32) {
                output(output, ends.output());
            }
        }
        return graph.finish(RecipeJson.metadata(recipe));
    }

    /// The type in which the first operator that takes a tensor takes it.
    private static ElementType consumedAs(int tensor, List<Operator> operators, List<Rule> rules,
            ElementType otherwise) {
        for (int number = 0; number < operators.size(); number++) {
            if (operators.get(number).inputs().contains(tensor)) {
                return rules.get(number).mode().activationType();
            }
        }
        return otherwise;
    }

    private void input(int index, ElementType outerType, ElementType innerType) {
        if (outerType == innerType) {
            if (outerType != ElementType.FLOAT32) {
                store("input", index, innerType, parameters("input", index, innerType));
            }
            return;
        }
        int outer = graph.add(endTensor("input", index, outerType));
        rename(index, innerType);
        if (innerType != ElementType.FLOAT32) {
            store("input", index, innerType, parameters("input", index, innerType));
        }
        convert(outer, index);
        graph.replaceEnd(index, outer);
    }

    private void output(int index, ElementType outerType) {
        ElementType innerType = graph.tensor(index).type();
        if (outerType == innerType) {
            return;
        }
        int outer = graph.add(endTensor("output", index, outerType));
        rename(index, innerType);
        convert(index, outer);
        graph.replaceEnd(index, outer);
    }

    /// What callers see of an input or output: the tensor's name, under another type.
    private Tensor endTensor(String where, int index, ElementType type) {
        Tensor inner = graph.tensor(index);
        QuantizationParameters parameters =
                type == ElementType.FLOAT32 ? null : parameters(where, index, type);
        return new Tensor(inner.name(), type, inner.shape(), inner.shapeSignature(), parameters, null, false);
    }

    private void rename(int index, ElementType type) {
        graph.replace(index, tensor -> new Tensor(tensor.name() + suffix(type), tensor.type(), tensor.shape(),
                tensor.shapeSignature(), tensor.quantization(), tensor.buffer(), false));
    }

    private static String suffix(ElementType type) {
        return "_" + type.name().toLowerCase(Locale.ROOT);
    }

    private void quantize(String where, Operator operator, Rule rule) {
        if (rule.mode().isInteger()
                && QuantizationRule.of(operator.options()) instanceof QuantizationRule.AlreadyQuantized) {
            throw unsupported(where, "is quantized already, supported are float operators");
        }
        boolean computesReals = operator.outputs().stream()
                .anyMatch(output -> graph.tensor(output).type() == ElementType.FLOAT32);
        if (!computesReals || rule.mode() == Mode.FLOAT) {
            real(operator, operator.options(), new ArrayList<>(operator.inputs()));
            return;
        }
        switch (rule.mode()) {
            case FLOAT16 -> {
                List<Integer> inputs = new ArrayList<>(operator.inputs());
                inputs.replaceAll(input -> isReal(input) ? constants.half(input) : input);
                real(operator, operator.options(), inputs);
            }
            case WEIGHT_ONLY, DYNAMIC_RANGE -> integerWeights(where, operator, rule);
            case INT8, INT16X8, UINT8 -> integer(where, operator, rule);
            case FLOAT -> throw new AssertionError(rule);
        }
    }

    /// Whether a tensor is a constant of real numbers.
    private boolean isReal(int index) {
        return index != Operator.ABSENT && graph.tensor(index).isConstant()
                && graph.tensor(index).type() == ElementType.FLOAT32;
    }

    /// An operator that computes on FLOAT32. Shapes and positions of the largest are the same for codes: they are taken as
    /// they are stored.
    private void real(Operator operator, Options options, List<Integer> inputs) {
        if (!(options instanceof Options.ShapeOf || options instanceof Options.ArgExtreme)) {
            inputs.replaceAll(this::asReal);
        }
        graph.operator(operator, options, inputs);
    }

    private int asReal(int index) {
        if (index == Operator.ABSENT || graph.tensor(index).isConstant()
                || !isStoredAsCodes(index)) {
            return index;
        }
        return converted(index, ElementType.FLOAT32, List.of());
    }

    /// Whether a FLOAT32 tensor of the original is stored as integers now.
    private boolean isStoredAsCodes(int index) {
        return index < graph.original().tensors().size()
                && graph.original().tensor(index).type() == ElementType.FLOAT32
                && graph.tensor(index).type() != ElementType.FLOAT32;
    }

    private void integerWeights(String where, Operator operator, Rule rule) {
        List<Integer> inputs = new ArrayList<>(operator.inputs());
        Options options = operator.options();
        if (QuantizationRule.of(options) instanceof QuantizationRule.Weighted weighted && isReal(inputs.get(1))) {
            int filter = inputs.get(1);
            if (rule.mode() == Mode.WEIGHT_ONLY) {
                inputs.set(1, constants.widenedWeights(where, filter, weighted, options, rule));
            } else if (hasHybridKernel(options)
                    && graph.tensor(filter).shape().elementCount() >= Constants.MINIMUM_HYBRID_ELEMENTS) {
                inputs.set(1, constants.weights(where, filter, weighted, options, rule));
                options = hybrid(options);
                if (rule.granularity() instanceof Granularity.Blockwise
                        && options instanceof Options.FullyConnected dense && isRelu(dense.activation())) {
                    withActivationApart(operator, dense, inputs);
                    return;
                }
            }
        }
        real(operator, options, inputs);
    }

    /// TensorFlow's converter leaves the weights of TRANSPOSE_CONV float in a dynamic-range file.
    private static boolean hasHybridKernel(Options options) {
        return !(options instanceof Options.TransposeConv);
    }

    private static boolean isRelu(Activation activation) {
        return switch (activation) {
            case RELU, RELU6, RELU_N1_TO_1 -> true;
            case NONE, TANH, SIGN_BIT -> false;
        };
    }

    /// LiteRT's kernel for scales of blocks leaves a fused activation out, so it becomes an operator of its own.
    private void withActivationApart(Operator operator, Options.FullyConnected dense, List<Integer> inputs) {
        int output = operator.outputs().getFirst();
        Tensor tensor = graph.tensor(output);
        int sum = graph.add(new Tensor(tensor.name() + "_linear", tensor.type(), tensor.shape(),
                tensor.shapeSignature(), null, null, false));
        inputs.replaceAll(this::asReal);
        graph.operator(new Options.FullyConnected(Activation.NONE, dense.keepNumDims(),
                dense.asymmetricQuantizeInputs()), inputs, List.of(sum));
        graph.operator(Options.Plain.valueOf(dense.activation().name()), List.of(sum), List.of(output));
    }

    /// FULLY_CONNECTED says for itself that its input is quantized with a zero point; convolutions with a scale per
    /// channel always do so.
    private static Options hybrid(Options options) {
        return options instanceof Options.FullyConnected dense
                ? new Options.FullyConnected(dense.activation(), dense.keepNumDims(), true)
                : options;
    }

    private void integer(String where, Operator operator, Rule rule) {
        ElementType type = rule.mode().activationType();
        IntegerActivations activations = IntegerActivations.of(type);
        List<Integer> inputs = new ArrayList<>(operator.inputs());
        int output = operator.outputs().getFirst();
        QuantizationParameters parameters = switch (QuantizationRule.of(operator.options(), activations)) {
            case QuantizationRule.OwnRange _ -> {
                inputs.replaceAll(input -> isReal(input)
                        ? constants.codes(where, input, activations)
                        : asCodes(where, input, type));
                yield parameters(where, output, type);
            }
            case QuantizationRule.SameAsInput(int input) -> {
                inputs.set(input, isReal(inputs.get(input))
                        ? constants.codes(where, inputs.get(input), activations)
                        : asCodes(where, inputs.get(input), type));
                yield parameters(inputs.get(input));
            }
            case QuantizationRule.SameForAll _ -> {
                QuantizationParameters shared = parameters(where, output, type);
                inputs.replaceAll(input -> isReal(input)
                        ? constants.codes(where, input, activations, shared)
                        : rescaled(where, input, type, shared));
                yield shared;
            }
            case QuantizationRule.FixedOutput fixed -> {
                inputs.set(0, asCodes(where, inputs.getFirst(), type));
                yield activations.fixed(fixed.parameters());
            }
            case QuantizationRule.Weighted weighted -> {
                int data = weighted.input();
                inputs.set(data, asCodes(where, inputs.get(data), type));
                constants.weightsAndBias(where, inputs, parameters(inputs.get(data)).scale(0), weighted,
                        operator.options(), rule);
                yield parameters(where, output, type);
            }
            case QuantizationRule.AlreadyQuantized _,QuantizationRule.FloatOnly _ -> throw unsupported(where,
                    "cannot be " + rule.mode() + ", expected a rule of the recipe that leaves it float");
        };
        operator.outputs().forEach(part -> store(where, part, type, parameters));
        graph.operator(operator, withGeneralScales(operator.options(), type), inputs);
    }

    /// INT16 sums take any scales, and not powers of two only, where their options say so.
    private static Options withGeneralScales(Options options, ElementType type) {
        if (type != ElementType.INT16) {
            return options;
        }
        return switch (options) {
            case Options.Add add -> new Options.Add(add.activation(), false);
            case Options.Sub sub -> new Options.Sub(sub.activation(), false);
            default -> options;
        };
    }

    /// Lets an activation be integers from here on.
    private void store(String where, int index, ElementType type, QuantizationParameters parameters) {
        Tensor tensor = graph.tensor(index);
        if (tensor.type() != ElementType.FLOAT32) {
            throw unsupported(where, "tensor \"" + tensor.name() + "\" is " + tensor.type() + ", expected FLOAT32");
        }
        graph.replace(index, activation -> new Tensor(activation.name(), type, activation.shape(),
                activation.shapeSignature(), parameters, null, false));
    }

    /// The parameters of an activation that is stored as integers already.
    private QuantizationParameters parameters(int index) {
        QuantizationParameters parameters = graph.tensor(index).quantization();
        if (parameters == null) {
            throw new IllegalStateException("tensor " + index + " is used before it is quantized");
        }
        return parameters;
    }

    /// The parameters that an activation has, or would have, as integers of a type: its calibrated ones, or those that
    /// follow from the operator that computes it.
    private QuantizationParameters parameters(String where, int index, ElementType type) {
        Tensor tensor = graph.tensor(index);
        if (tensor.type() == type && tensor.quantization() != null) {
            return tensor.quantization();
        }
        IntegerActivations activations = IntegerActivations.of(type);
        Optional<QuantizationParameters> calibrated = calibration.parameters(index, activations);
        if (calibrated.isPresent()) {
            return calibrated.get();
        }
        if (isReal(index)) {
            return constants.covering(where, index, activations);
        }
        Operator producer = producers.get(index);
        if (producer != null) {
            switch (QuantizationRule.of(producer.options())) {
                case QuantizationRule.SameAsInput(int input) -> {
                    return parameters(where, producer.inputs().get(input), type);
                }
                case QuantizationRule.FixedOutput(QuantizationParameters parameters) -> {
                    return activations.fixed(parameters);
                }
                default -> {
                    // Nothing but calibration knows the range.
                }
            }
        }
        throw unsupported(where, "tensor \"" + tensor.name() + "\" has no calibrated range");
    }

    /// An activation as integers of a type, under whatever parameters it has in that type; other tensors as they are.
    private int asCodes(String where, int index, ElementType type) {
        if (index == Operator.ABSENT || graph.tensor(index).type() == type
                || !(graph.tensor(index).type() == ElementType.FLOAT32 || isStoredAsCodes(index))) {
            return index;
        }
        return converted(index, type, List.of(parameters(where, index, type)));
    }

    /// An activation as integers of a type under the given parameters.
    private int rescaled(String where, int index, ElementType type, QuantizationParameters parameters) {
        int codes = asCodes(where, index, type);
        return parameters(codes).equals(parameters)
                ? codes
                : converted(index, type, List.of(parameters));
    }

    private int converted(int index, ElementType type, List<QuantizationParameters> parameters) {
        Conversion conversion = new Conversion(index, type, parameters);
        Integer known = conversions.get(conversion);
        if (known != null) {
            return known;
        }
        Tensor tensor = graph.tensor(index);
        String suffix = tensor.type() == type ? "_rescaled" : suffix(type);
        int other = graph.add(new Tensor(tensor.name() + suffix, type, tensor.shape(), tensor.shapeSignature(),
                parameters.isEmpty() ? null : parameters.getFirst(), null, false));
        convert(index, other);
        conversions.put(conversion, other);
        return other;
    }

    /// Writes one tensor's numbers to another of other type or parameters. LiteRT's QUANTIZE kernel knows no way from 8 bits
    /// to INT16, nor from INT16 to UINT8: these go by way of FLOAT32.
    private void convert(int from, int to) {
        ElementType fromType = graph.tensor(from).type();
        ElementType toType = graph.tensor(to).type();
        boolean isWidening =
                toType == ElementType.INT16 && (fromType == ElementType.INT8 || fromType == ElementType.UINT8);
        boolean isFarApart = isWidening || (fromType == ElementType.INT16 && toType == ElementType.UINT8);
        int source = isFarApart ? converted(from, ElementType.FLOAT32, List.of()) : from;
        graph.operator(toType == ElementType.FLOAT32 ? Options.Plain.DEQUANTIZE : Options.Plain.QUANTIZE,
                List.of(source), List.of(to));
    }

    private UnsupportedModelException unsupported(String where, String foundAndExpected) {
        return new UnsupportedModelException("[" + model.source() + "] " + where + ": " + foundAndExpected);
    }
}

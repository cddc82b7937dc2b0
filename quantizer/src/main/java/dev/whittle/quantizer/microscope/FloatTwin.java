package dev.whittle.quantizer.microscope;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.quantizer.rule.ConstantValues;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A quantized model computed in float: the same operators in the same order, with activations as real numbers and the
/// weights of the float model that it came from, or, where there is none, the real numbers that its own weights stand
/// for. Tensors keep their indices; QUANTIZE and DEQUANTIZE are left out, and their outputs are their inputs.
public final class FloatTwin {
    private static final int NO_BIAS = -1;

    private final Model quantized;
    private final Model model;
    private final Map<Integer, Integer> aliases;
    private final List<TwinOperator> operators;
    private final int unaligned;

    /// One operator of the quantized model beside its float form.
    ///
    /// @param number in the quantized model
    /// @param activations the tensors that are computed, in order
    /// @param exact the inputs as float tensors with the float model's constants; null for an absent one
    /// @param rounded as `exact`, with the constants that the quantized model holds
    /// @param bias which input is a bias, or −1
    record TwinOperator(int number, Operator operator, List<Integer> activations, List<@Nullable Tensor> exact,
            List<@Nullable Tensor> rounded, List<Tensor> outputs, int bias) {

        /// QUANTIZE and DEQUANTIZE change how numbers are held, not which.
        boolean isIdentity() {
            return FloatTwin.isIdentity(operator);
        }

        boolean hasBias() {
            return bias != NO_BIAS;
        }

        /// The inputs with rounded weights and an exact bias.
        List<@Nullable Tensor> roundedWeights() {
            List<@Nullable Tensor> inputs = new ArrayList<>(rounded);
            if (hasBias()) {
                inputs.set(bias, exact.get(bias));
            }
            return inputs;
        }
    }

    private FloatTwin(Model quantized, @Nullable Model plain) {
        this.quantized = quantized;
        Subgraph subgraph = quantized.primary();
        RealConstants constants = new RealConstants(quantized);
        RealConstants plainConstants = new RealConstants(plain == null ? quantized : plain);
        Map<Integer, Integer> pairs = plain == null ? Map.of() : OperatorAlignment.of(quantized, plain);
        aliases = new HashMap<>();
        operators = new ArrayList<>();
        List<Tensor> tensors = new ArrayList<>();
        for (int index = 0; index < subgraph.tensors().size(); index++) {
            Tensor real = constants.real(index);
            tensors.add(real == null ? real(subgraph.tensor(index)) : constant(real, ConstantValues.values(real)));
        }
        List<Operator> floats = new ArrayList<>();
        int withoutPartner = 0;
        for (int number = 0; number < subgraph.operators().size(); number++) {
            Operator operator = subgraph.operators().get(number);
            if (constants.isWidening(operator)) {
                continue;
            }
            if (isIdentity(operator)) {
                int from = operator.inputs().getFirst();
                aliases.put(operator.outputs().getFirst(), alias(from));
                operators.add(new TwinOperator(number, operator, List.of(from), List.of(tensors.get(from)),
                        List.of(tensors.get(from)), List.of(tensors.get(operator.outputs().getFirst())), NO_BIAS));
                continue;
            }
            Integer pair = pairs.get(number);
            List<Integer> activations = new ArrayList<>();
            List<@Nullable Tensor> exact = new ArrayList<>();
            List<@Nullable Tensor> rounded = new ArrayList<>();
            List<Integer> reads = new ArrayList<>();
            boolean hasConstants = false;
            for (int position = 0; position < operator.inputs().size(); position++) {
                int input = operator.inputs().get(position);
                Tensor held = constants.real(input);
                if (input == Operator.ABSENT) {
                    exact.add(null);
                    rounded.add(null);
                    reads.add(input);
                } else if (held != null) {
                    hasConstants = true;
                    Tensor mine = tensors.get(input);
                    Tensor other = pair == null || plain == null ? null
                            : partner(plain.primary().operators().get(pair), plainConstants, position, held);
                    Tensor float32 = other == null ? mine : constant(held, ConstantValues.values(other));
                    exact.add(float32);
                    rounded.add(mine);
                    reads.add(tensors.size());
                    tensors.add(float32);
                } else {
                    Tensor tensor = tensors.get(input);
                    if (!tensor.isConstant()) {
                        activations.add(input);
                    }
                    exact.add(tensor);
                    rounded.add(tensor);
                    reads.add(alias(input));
                }
            }
            if (hasConstants && pair == null) {
                withoutPartner++;
            }
            floats.add(new Operator(operator.options(), reads, operator.outputs(), 1));
            operators.add(new TwinOperator(number, operator, activations, exact, rounded,
                    operator.outputs().stream().map(tensors::get).toList(), bias(operator, exact)));
        }
        unaligned = withoutPartner;
        model = new Model((plain == null ? quantized : plain).source(), Model.SCHEMA_VERSION, "",
                List.of(new Subgraph(subgraph.name(), tensors, subgraph.inputs(),
                        subgraph.outputs().stream().map(this::alias).toList(), floats)),
                List.of(), quantized.metadata());
    }

    /// The twin with the weights that the quantized model itself holds, whose rounding is then no error.
    public static FloatTwin of(Model quantized) {
        return new FloatTwin(quantized, null);
    }

    /// The twin with the weights of the float model that the quantized one came from. Operators belong together by kind
    /// and shape, in the order of both models, and by the names of what they put out.
    ///
    /// @throws IllegalArgumentException when no operator of the one belongs to one of the other
    public static FloatTwin of(Model quantized, Model plain) {
        FloatTwin twin = new FloatTwin(quantized, plain);
        if (OperatorAlignment.of(quantized, plain).isEmpty()) {
            throw new IllegalArgumentException("[%s] no operator with weights fits one of %s, expected its float model"
                    .formatted(quantized.source(), plain.source()));
        }
        return twin;
    }

    /// The quantized model.
    public Model quantized() {
        return quantized;
    }

    /// The float model; its tensors have the indices of the quantized one's.
    public Model model() {
        return model;
    }

    /// Operators with weights that have no partner in the float model; all of them where there is none.
    public int unaligned() {
        return unaligned;
    }

    List<TwinOperator> operators() {
        return operators;
    }

    /// The tensor of [#model] that holds what tensor `index` stands for.
    int alias(int index) {
        return aliases.getOrDefault(index, index);
    }

    private static @Nullable Tensor partner(Operator operator, RealConstants constants, int position, Tensor held) {
        Tensor other = position < operator.inputs().size() ? constants.real(operator.inputs().get(position)) : null;
        return other != null && other.shape().elementCount() == held.shape().elementCount() ? other : null;
    }

    private static int bias(Operator operator, List<@Nullable Tensor> inputs) {
        int position = switch (operator.options()) {
            case Options.Conv2d _,Options.DepthwiseConv2d _,Options.FullyConnected _ -> 2;
            case Options.TransposeConv _ -> 3;
            default -> NO_BIAS;
        };
        return position > 0 && position < inputs.size() && inputs.get(position) != null ? position : NO_BIAS;
    }

    private static boolean isIdentity(Operator operator) {
        return operator.code() == OperatorCode.QUANTIZE || operator.code() == OperatorCode.DEQUANTIZE;
    }

    /// The tensor as one of real numbers, where it stands for such.
    private static Tensor real(Tensor tensor) {
        QuantizationParameters parameters = tensor.quantization();
        return parameters == null
                ? tensor
                : new Tensor(tensor.name(), ElementType.FLOAT32, tensor.shape(), tensor.shapeSignature(), null, null,
                        tensor.isVariable());
    }

    private static Tensor constant(Tensor like, float[] values) {
        return Tensor.constant(like.name(), ElementType.FLOAT32, like.shape(), null, Buffer.ofFloats(values));
    }
}

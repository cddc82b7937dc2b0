package dev.whittle.quantizer.microscope;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.quantizer.calibrate.Calibration;
import dev.whittle.quantizer.observe.Range;
import dev.whittle.quantizer.recipe.Granularity;
import dev.whittle.quantizer.rule.ConstantValues;
import dev.whittle.quantizer.rule.Int8;
import dev.whittle.quantizer.rule.QuantizationRule;
import dev.whittle.quantizer.rule.WeightQuantization;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A float model whose operators can each be run as they are or with fake-quantized inputs, weights and output
/// (equation 11). Immutable; [SimulatedRun] runs it.
///
/// Biases and the rounding of the requantization multiplier are left exact: together they cost less than a
/// hundredth of what rounding activations does.
final class SimulatedModel {
    private final Model model;
    private final List<SimulatedOperator> operators = new ArrayList<>();
    private final Map<Integer, CodeRange> codes = new HashMap<>();

    /// An operator with its forms as models of their own.
    ///
    /// @param activations the tensors that are computed, in order
    /// @param forms by precision; float alone where there is no integer form
    /// @param follows the operator that it shares its output's codes with, as pooling does; −1 for none
    /// @param weights of the filter; 0 where there is none
    record SimulatedOperator(int number, Operator operator, String name, List<Integer> activations,
            Map<Precision, Model> forms, int follows, long weights) {
        boolean canBe(Precision precision) {
            return forms.containsKey(precision);
        }

        /// Whether it is chosen for by itself.
        boolean isChoice() {
            return follows < 0 && canBe(Precision.INT8);
        }
    }

    SimulatedModel(Model model, Calibration calibration) {
        this.model = model;
        Subgraph subgraph = model.primary();
        calibration.parameters().forEach((tensor, parameters) -> codes.put(tensor, codes(parameters)));
        Map<Integer, Integer> producers = new HashMap<>();
        for (int number = 0; number < subgraph.operators().size(); number++) {
            Operator operator = subgraph.operators().get(number);
            QuantizationRule rule = QuantizationRule.of(operator.options());
            List<Integer> activations = operator.inputs().stream()
                    .filter(input -> input != Operator.ABSENT && !subgraph.tensor(input).isConstant()).toList();
            int output = operator.outputs().getFirst();
            int follows = -1;
            if (rule instanceof QuantizationRule.SameAsInput && !activations.isEmpty()) {
                CodeRange shared = codes.get(activations.getFirst());
                if (shared != null) {
                    operator.outputs().forEach(part -> codes.put(part, shared));
                }
                follows = producers.getOrDefault(activations.getFirst(), -1);
                follows = follows >= 0 && operators.get(follows).follows() >= 0 ? operators.get(follows).follows()
                        : follows;
            } else if (rule instanceof QuantizationRule.FixedOutput fixed) {
                codes.put(output, codes(fixed.parameters()));
            }
            operators.add(new SimulatedOperator(number, operator, subgraph.tensor(output).name(), activations,
                    forms(operator, rule, activations), follows, weights(operator, rule)));
            operator.outputs().forEach(tensor -> producers.put(tensor, operators.size() - 1));
        }
    }

    private static CodeRange codes(QuantizationParameters parameters) {
        return CodeRange.of(ElementType.INT8, parameters);
    }

    Model model() {
        return model;
    }

    List<SimulatedOperator> operators() {
        return operators;
    }

    /// The codes of an activation, or null where it has none.
    @Nullable
    CodeRange codes(int tensor) {
        return codes.get(tensor);
    }

    private long weights(Operator operator, QuantizationRule rule) {
        return rule instanceof QuantizationRule.Weighted
                ? model.primary().tensor(operator.inputs().get(1)).shape().elementCount()
                : 0;
    }

    private Map<Precision, Model> forms(Operator operator, QuantizationRule rule, List<Integer> activations) {
        Map<Precision, Model> forms = new EnumMap<>(Precision.class);
        forms.put(Precision.FLOAT, form(operator, (_, tensor) -> tensor));
        boolean hasCodes = activations.stream().allMatch(codes::containsKey)
                && codes.containsKey(operator.outputs().getFirst());
        switch (rule) {
            case QuantizationRule.Weighted(int dimension, int _) when hasCodes -> {
                forms.put(Precision.INT8, weighted(operator, dimension, 8));
                if (operator.options() instanceof Options.Conv2d
                        || operator.options() instanceof Options.FullyConnected) {
                    forms.put(Precision.INT8_WITH_INT4_WEIGHTS, weighted(operator, dimension, 4));
                }
            }
            case QuantizationRule.OwnRange _,QuantizationRule.SameForAll _,QuantizationRule.FixedOutput _,QuantizationRule.SameAsInput _ when hasCodes ->
                    forms.put(Precision.INT8, form(operator, (_, tensor) -> operand(tensor)));
            default -> {
                // Stays float.
            }
        }
        return forms;
    }

    private interface Change {
        Tensor of(int position, Tensor constant);
    }

    private Model form(Operator operator, Change change) {
        List<@Nullable Tensor> inputs = new ArrayList<>();
        for (int position = 0; position < operator.inputs().size(); position++) {
            int index = operator.inputs().get(position);
            Tensor tensor = index == Operator.ABSENT ? null : model.primary().tensor(index);
            inputs.add(tensor != null && tensor.isConstant() ? change.of(position, tensor) : tensor);
        }
        return OperatorStep.model(model.source(), operator.options(), inputs,
                operator.outputs().stream().map(model.primary()::tensor).toList());
    }

    private Model weighted(Operator operator, int dimension, int bits) {
        return form(operator, (position, tensor) -> {
            Buffer data = tensor.buffer();
            if (position != 1 || data == null) {
                return tensor;
            }
            Shape shape = tensor.shape();
            float[] weights = data.toFloats();
            WeightQuantization quantization = new WeightQuantization(bits, new Granularity.PerChannel());
            QuantizationParameters parameters = quantization.parameters(weights, shape, dimension);
            Tensor held = Tensor.constant(tensor.name(), quantization.type(), shape, parameters,
                    quantization.quantize(weights, shape, parameters));
            return tensor.withBuffer(Buffer.ofFloats(ConstantValues.values(held)));
        });
    }

    /// A constant operand, rounded to codes of its own range.
    private static Tensor operand(Tensor tensor) {
        Buffer data = tensor.buffer();
        if (data == null || tensor.type() != ElementType.FLOAT32) {
            return tensor;
        }
        float[] values = data.toFloats();
        CodeRange range = codes(Int8.covering(Range.of(values)));
        for (int i = 0; i < values.length; i++) {
            values[i] = range.fake(values[i]);
        }
        return tensor.withBuffer(Buffer.ofFloats(values));
    }

    /// All operators that can be in this precision, those that follow others too; all others in float.
    Precision[] uniform(Precision precision) {
        Precision[] precisions = new Precision[operators.size()];
        for (SimulatedOperator operator : operators) {
            precisions[operator.number()] = operator.canBe(precision) ? precision : Precision.FLOAT;
        }
        return precisions;
    }

    /// As `precisions`, with one operator, and those that follow it, changed.
    Precision[] with(Precision[] precisions, int number, Precision precision) {
        Precision[] changed = Arrays.copyOf(precisions, precisions.length);
        for (SimulatedOperator operator : operators) {
            if (operator.number() == number || operator.follows() == number) {
                Precision own = operator.canBe(precision) ? precision : Precision.INT8;
                changed[operator.number()] = operator.canBe(own) ? own : Precision.FLOAT;
            }
        }
        return changed;
    }
}

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
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.quantizer.microscope.FloatTwin.TwinOperator;
import dev.whittle.quantizer.microscope.TensorChange.WeightScales;
import dev.whittle.quantizer.observe.Range;
import dev.whittle.quantizer.rule.ConstantValues;
import dev.whittle.quantizer.rule.Int8;
import dev.whittle.quantizer.rule.QuantizationRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/// A quantized model with one tensor held otherwise, and with it whatever has to go along: tensors that share its codes
/// by rule, and the biases whose scale follows from its own (equation 6). Indices stay what they were.
///
/// @param model as it would be written
/// @param tensor the index of the tensor that was asked for
/// @param clamped activations whose codes use `bits` only, which no kernel knows of
/// @param bits of their codes
record ChangedModel(Model model, int tensor, Set<Integer> clamped, int bits) {

    static ChangedModel of(FloatTwin twin, TensorChange change) {
        return new Making(twin, change).make();
    }

    /// The codes that `bits` leave of a type's.
    CodeRange codes(int index) {
        Tensor changed = model.primary().tensor(index);
        return narrow(CodeRange.of(changed.type(), Objects.requireNonNull(changed.quantization())), bits);
    }

    private static CodeRange narrow(CodeRange codes, int bits) {
        int middle = (codes.minimum() + codes.maximum() + 1) / 2;
        int half = 1 << bits - 1;
        return new CodeRange(codes.scale(), codes.zeroPoint(), middle - half, middle + half - 1);
    }

    private static final class Making {
        private static final int FOUR_BITS = 4;

        private final FloatTwin twin;
        private final TensorChange change;
        private final Model model;
        private final List<Tensor> tensors;
        private final List<Operator> operators;

        Making(FloatTwin twin, TensorChange change) {
            this.twin = twin;
            this.change = change;
            this.model = twin.quantized();
            this.tensors = new ArrayList<>(model.primary().tensors());
            this.operators = new ArrayList<>(model.primary().operators());
        }

        ChangedModel make() {
            int index = index();
            Tensor tensor = tensors.get(index);
            if (tensor.quantization() == null) {
                throw unsupported(tensor, "is " + tensor.type() + " without a scale, expected a quantized tensor");
            }
            Set<Integer> clamped = new TreeSet<>();
            if (tensor.isConstant()) {
                weights(index);
            } else {
                clamped.addAll(activation(index, tensor));
            }
            Subgraph old = model.primary();
            return new ChangedModel(new Model(model.source(), model.version(), model.description(),
                    List.of(new Subgraph(old.name(), tensors, old.inputs(), old.outputs(), operators)),
                    model.signatures(), model.metadata()), index, clamped, change.bits());
        }

        private int index() {
            for (int index = 0; index < tensors.size(); index++) {
                if (tensors.get(index).name().equals(change.tensor())) {
                    return index;
                }
            }
            throw new IllegalArgumentException("[" + model.source() + "] no tensor \"" + change.tensor()
                    + "\", whittle inspect lists the names");
        }

        private UnsupportedModelException unsupported(Tensor tensor, String reason) {
            return new UnsupportedModelException(
                    "[" + model.source() + "] tensor \"" + tensor.name() + "\" " + reason);
        }

        private Set<Integer> activation(int index, Tensor tensor) {
            if (change.granularity() != null) {
                throw unsupported(tensor, "is an activation, which has one scale; granularity is for weights");
            }
            QuantizationParameters old = Objects.requireNonNull(tensor.quantization());
            if (tensor.type() != ElementType.INT8 && tensor.type() != ElementType.UINT8) {
                throw unsupported(tensor, "is " + tensor.type() + ", supported are INT8 and UINT8");
            }
            CodeRange codes = CodeRange.of(tensor.type(), old);
            QuantizationParameters parameters =
                    covering(change.range() == null ? codes.range() : change.range(), codes);
            Set<Integer> group = group(index);
            for (TwinOperator operator : twin.operators()) {
                if (QuantizationRule.of(operator.operator().options()) instanceof QuantizationRule.FixedOutput
                        && operator.operator().outputs().stream().anyMatch(group::contains)) {
                    throw unsupported(tensor, "has the codes that " + operator.operator().code() + " #"
                            + operator.number() + " gives, which are no choice");
                }
            }
            for (int member : group) {
                Tensor before = tensors.get(member);
                tensors.set(member, new Tensor(before.name(), before.type(), before.shape(), before.shapeSignature(),
                        parameters, before.buffer(), before.isVariable()));
            }
            for (TwinOperator operator : twin.operators()) {
                if (operator.hasBias() && group.contains(operator.operator().inputs().getFirst())) {
                    bias(operator, parameters.scale(0),
                            Objects.requireNonNull(tensors.get(operator.operator().inputs().get(1)).quantization()));
                }
            }
            return change.bits() < Byte.SIZE ? group : Set.of();
        }

        /// Equation 3 with codes of so many bits.
        private QuantizationParameters covering(Range range, CodeRange type) {
            CodeRange codes = narrow(type, change.bits());
            float low = Math.min(range.minimum(), 0);
            float high = Math.max(range.maximum(), 0);
            float scale = (high - low) / (codes.maximum() - codes.minimum());
            if (!(scale > 0)) {
                throw new IllegalArgumentException("range " + low + " to " + high + ", must hold more than 0");
            }
            long zeroPoint = Math.clamp(Math.round(codes.minimum() - (double) low / scale), codes.minimum(),
                    (long) codes.maximum());
            return QuantizationParameters.perTensor(scale, zeroPoint);
        }

        /// The tensor and those that kernels hold in the same codes: what pooling and the like take and give, and the parts
        /// and the whole of a concatenation.
        private Set<Integer> group(int index) {
            Set<Integer> group = new TreeSet<>(Set.of(index));
            boolean isGrowing = true;
            while (isGrowing) {
                isGrowing = false;
                for (TwinOperator operator : twin.operators()) {
                    QuantizationRule rule = QuantizationRule.of(operator.operator().options());
                    List<Integer> shared = new ArrayList<>(operator.operator().outputs());
                    if (rule instanceof QuantizationRule.SameAsInput(int input)) {
                        shared.add(operator.operator().inputs().get(input));
                    } else if (rule instanceof QuantizationRule.SameForAll) {
                        shared.addAll(operator.activations());
                    } else {
                        continue;
                    }
                    if (shared.stream().anyMatch(group::contains)) {
                        isGrowing |= group.addAll(shared);
                    }
                }
            }
            return group;
        }

        private void weights(int index) {
            Tensor tensor = tensors.get(index);
            if (tensor.type() != ElementType.INT8 && tensor.type() != ElementType.INT4) {
                throw unsupported(tensor, "holds constants of " + tensor.type() + ", supported are INT8 and INT4");
            }
            boolean isUsed = false;
            for (TwinOperator operator : twin.operators()) {
                if (operator.operator().inputs().size() > 1 && operator.operator().inputs().get(1) == index) {
                    int dimension = dimension(operator.operator().options());
                    if (dimension < 0) {
                        throw unsupported(tensor, "is a constant of " + operator.operator().code()
                                + ", supported are filters of CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED");
                    }
                    weights(index, operator, dimension);
                    isUsed = true;
                }
            }
            if (!isUsed) {
                throw unsupported(tensor, "is no filter of an operator");
            }
        }

        private static int dimension(Options options) {
            return QuantizationRule.of(options) instanceof QuantizationRule.Weighted(int dimension, int input)
                    && input == 0 ? dimension : -1;
        }

        private void weights(int index, TwinOperator operator, int dimension) {
            Tensor tensor = tensors.get(index);
            Shape shape = tensor.shape();
            float[] weights = ConstantValues.values(Objects.requireNonNull(operator.exact().get(1)));
            Range range = change.range();
            if (range != null) {
                for (int i = 0; i < weights.length; i++) {
                    weights[i] = Math.clamp(weights[i], range.minimum(), range.maximum());
                }
            }
            boolean isPerChannel = change.granularity() == null
                    ? Objects.requireNonNull(tensor.quantization()).isPerChannel()
                    : change.granularity() == WeightScales.CHANNEL;
            int channels = isPerChannel ? shape.dimension(dimension) : 1;
            int largestCode = (1 << change.bits() - 1) - 1;
            float[] scale = new float[channels];
            for (int i = 0; i < weights.length; i++) {
                int channel = isPerChannel ? ConstantValues.channel(shape, dimension, i) : 0;
                scale[channel] = Math.max(scale[channel], Math.abs(weights[i]) / largestCode);
            }
            for (int channel = 0; channel < channels; channel++) {
                scale[channel] = scale[channel] > 0 ? scale[channel] : 1;
            }
            byte[] codes = new byte[weights.length];
            for (int i = 0; i < weights.length; i++) {
                int channel = isPerChannel ? ConstantValues.channel(shape, dimension, i) : 0;
                codes[i] = (byte) Math.clamp(Math.rint(weights[i] / scale[channel]), -largestCode, largestCode);
            }
            QuantizationParameters parameters =
                    QuantizationParameters.perChannel(scale, new long[channels], isPerChannel ? dimension : 0);
            boolean isPacked = change.bits() <= FOUR_BITS;
            tensors.set(index, Tensor.constant(tensor.name(), isPacked ? ElementType.INT4 : ElementType.INT8, shape,
                    parameters, isPacked ? Buffer.ofCodes(ElementType.INT4, codes) : Buffer.of(codes)));
            QuantizationParameters input = tensors.get(operator.operator().inputs().getFirst()).quantization();
            if (operator.hasBias() && input != null) {
                bias(operator, input.scale(0), parameters);
            }
        }

        /// The bias under the scales that follow from input and filter.
        private void bias(TwinOperator operator, float inputScale, QuantizationParameters filter) {
            Tensor held = tensors.get(operator.operator().inputs().get(operator.bias()));
            if (held.type() != ElementType.INT32) {
                throw unsupported(held, "is a bias of " + held.type() + ", supported is INT32");
            }
            float[] real = ConstantValues.values(Objects.requireNonNull(operator.exact().get(operator.bias())));
            QuantizationParameters parameters = Int8.biasParameters(inputScale, filter);
            QuantizationParameters each = parameters.scale().size() == real.length ? parameters
                    : QuantizationParameters.perTensor(parameters.scale(0), 0);
            Tensor changed = Tensor.constant(held.name(), ElementType.INT32, held.shape(), each,
                    Buffer.ofInts(Int8.quantizeBias(real, each)));
            int index = operator.operator().inputs().get(operator.bias());
            if (operators.stream().filter(one -> one.inputs().contains(index)).count() == 1) {
                tensors.set(index, changed);
                return;
            }
            List<Integer> inputs = new ArrayList<>(operator.operator().inputs());
            inputs.set(operator.bias(), tensors.size());
            tensors.add(changed);
            Operator old = operators.get(operator.number());
            operators.set(operator.number(),
                    new Operator(old.options(), inputs, old.outputs(), old.intermediates(), old.version()));
        }
    }
}

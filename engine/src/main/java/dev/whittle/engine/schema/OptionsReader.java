package dev.whittle.engine.schema;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Padding;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Decodes one operator's options table. One row per operator that the engine runs; any other gives null.
final class OptionsReader {
    private final FlatFile file;
    private final String where;
    private final @Nullable FlatTable table;
    private final int type;

    /// @param where names the operator in messages, as in `CONV_2D #12`
    OptionsReader(FlatFile file, String where, FlatTable operator) {
        this.file = file;
        this.where = where;
        this.type = operator.uint8(Slots.Operator.BUILTIN_OPTIONS_TYPE, Slots.BuiltinOptions.NONE);
        this.table = type == Slots.BuiltinOptions.NONE ? null : operator.table(Slots.Operator.BUILTIN_OPTIONS);
    }

    /// The operator's options, or null where the engine does not run it.
    @Nullable
    Options read(OperatorCode code) {
        return switch (code) {
            case ADD -> {
                expect(Slots.BuiltinOptions.ADD);
                yield new Options.Add(activation(Slots.ArithmeticOptions.FUSED_ACTIVATION_FUNCTION));
            }
            case AVERAGE_POOL_2D -> new Options.AveragePool2d(pool());
            case CONV_2D -> {
                expect(Slots.BuiltinOptions.CONV_2D);
                yield new Options.Conv2d(padding(Slots.Conv2DOptions.PADDING),
                        positive(Slots.Conv2DOptions.STRIDE_H, 0, "stride_h"),
                        positive(Slots.Conv2DOptions.STRIDE_W, 0, "stride_w"),
                        positive(Slots.Conv2DOptions.DILATION_H_FACTOR, 1, "dilation_h_factor"),
                        positive(Slots.Conv2DOptions.DILATION_W_FACTOR, 1, "dilation_w_factor"),
                        activation(Slots.Conv2DOptions.FUSED_ACTIVATION_FUNCTION));
            }
            case DEPTHWISE_CONV_2D -> {
                expect(Slots.BuiltinOptions.DEPTHWISE_CONV_2D);
                yield new Options.DepthwiseConv2d(padding(Slots.DepthwiseConv2DOptions.PADDING),
                        positive(Slots.DepthwiseConv2DOptions.STRIDE_H, 0, "stride_h"),
                        positive(Slots.DepthwiseConv2DOptions.STRIDE_W, 0, "stride_w"),
                        int32(Slots.DepthwiseConv2DOptions.DEPTH_MULTIPLIER, 0),
                        positive(Slots.DepthwiseConv2DOptions.DILATION_H_FACTOR, 1, "dilation_h_factor"),
                        positive(Slots.DepthwiseConv2DOptions.DILATION_W_FACTOR, 1, "dilation_w_factor"),
                        activation(Slots.DepthwiseConv2DOptions.FUSED_ACTIVATION_FUNCTION));
            }
            case DEQUANTIZE -> {
                expect(Slots.BuiltinOptions.DEQUANTIZE);
                yield Options.Plain.DEQUANTIZE;
            }
            case FULLY_CONNECTED -> fullyConnected();
            case MAX_POOL_2D -> new Options.MaxPool2d(pool());
            case MUL -> {
                expect(Slots.BuiltinOptions.MUL);
                yield new Options.Mul(activation(Slots.ArithmeticOptions.FUSED_ACTIVATION_FUNCTION));
            }
            case QUANTIZE -> {
                expect(Slots.BuiltinOptions.QUANTIZE);
                yield Options.Plain.QUANTIZE;
            }
            case RELU -> Options.Plain.RELU;
            case RELU6 -> Options.Plain.RELU6;
            case RESHAPE -> {
                expect(Slots.BuiltinOptions.RESHAPE);
                yield new Options.Reshape(newShape());
            }
            case RESIZE_BILINEAR -> {
                expect(Slots.BuiltinOptions.RESIZE_BILINEAR);
                yield new Options.ResizeBilinear(bool(Slots.ResizeBilinearOptions.ALIGN_CORNERS),
                        bool(Slots.ResizeBilinearOptions.HALF_PIXEL_CENTERS));
            }
            case SOFTMAX -> {
                expect(Slots.BuiltinOptions.SOFTMAX);
                float beta = table == null ? 0 : table.float32(Slots.SoftmaxOptions.BETA, 0);
                if (!Float.isFinite(beta)) {
                    throw file.malformed(where, "beta is " + beta + ", must be finite");
                }
                yield new Options.Softmax(beta);
            }
            default -> null;
        };
    }

    private @Nullable List<Integer> newShape() {
        if (table == null || !table.has(Slots.ReshapeOptions.NEW_SHAPE)) {
            return null;
        }
        return Arrays.stream(table.int32s(Slots.ReshapeOptions.NEW_SHAPE)).boxed().toList();
    }

    private Options fullyConnected() {
        expect(Slots.BuiltinOptions.FULLY_CONNECTED);
        int format = table == null ? 0 : table.int8(Slots.FullyConnectedOptions.WEIGHTS_FORMAT, 0);
        if (format != 0) {
            throw file.unsupported(where, "weights format " + format + ", supported is 0 (default)");
        }
        return new Options.FullyConnected(activation(Slots.FullyConnectedOptions.FUSED_ACTIVATION_FUNCTION),
                bool(Slots.FullyConnectedOptions.KEEP_NUM_DIMS),
                bool(Slots.FullyConnectedOptions.ASYMMETRIC_QUANTIZE_INPUTS));
    }

    private Options.Pool2d pool() {
        expect(Slots.BuiltinOptions.POOL_2D);
        return new Options.Pool2d(padding(Slots.Pool2DOptions.PADDING),
                positive(Slots.Pool2DOptions.STRIDE_H, 0, "stride_h"),
                positive(Slots.Pool2DOptions.STRIDE_W, 0, "stride_w"),
                positive(Slots.Pool2DOptions.FILTER_HEIGHT, 0, "filter_height"),
                positive(Slots.Pool2DOptions.FILTER_WIDTH, 0, "filter_width"),
                activation(Slots.Pool2DOptions.FUSED_ACTIVATION_FUNCTION));
    }

    /// A file may leave options out, which stands for their defaults; it may not give those of another operator.
    private void expect(int expectedType) {
        if (type != Slots.BuiltinOptions.NONE && type != expectedType) {
            throw file.malformed(where, "builtin options type " + type + ", expected " + expectedType);
        }
    }

    private int int32(int slot, int absent) {
        return table == null ? absent : table.int32(slot, absent);
    }

    private boolean bool(int slot) {
        return table != null && table.bool(slot);
    }

    private int positive(int slot, int absent, String field) {
        int value = int32(slot, absent);
        if (value <= 0) {
            throw file.malformed(where, field + " is " + value + ", must be 1 or more");
        }
        return value;
    }

    private Padding padding(int slot) {
        int number = table == null ? 0 : table.int8(slot, 0);
        if (number < 0 || number >= Padding.values().length) {
            throw file.malformed(where, "padding " + number + ", expected 0 (SAME) or 1 (VALID)");
        }
        return Padding.values()[number];
    }

    private Activation activation(int slot) {
        int number = table == null ? 0 : table.int8(slot, 0);
        if (number < 0 || number >= Activation.values().length) {
            throw file.malformed(where, "fused activation function " + number + ", expected 0 to "
                    + (Activation.values().length - 1));
        }
        return Activation.values()[number];
    }
}

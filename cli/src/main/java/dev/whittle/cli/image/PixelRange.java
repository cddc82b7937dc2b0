package dev.whittle.cli.image;

import dev.whittle.converter.lower.ImageModelMetadata;
import dev.whittle.engine.TensorView;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.QuantizationParameters;
import org.jspecify.annotations.Nullable;

/// The real numbers that a model wants for black and for white.
public record PixelRange(float black, float white) {
    /// Pixel values as they are.
    public static final PixelRange BYTES = new PixelRange(0, 255);

    private static final PixelRange UNIT = new PixelRange(0, 1);
    private static final PixelRange SIGNED = new PixelRange(-1, 1);
    /// Above this width the real numbers that 8-bit codes reach are pixel values, not scaled ones.
    private static final float WIDEST_SCALED = 32;
    private static final float NEARLY_ZERO = 0.1f;

    public PixelRange {
        if (!(white > black) || Float.isInfinite(black) || Float.isInfinite(white)) {
            throw new IllegalArgumentException(
                    "black " + black + " and white " + white + ", must be finite and rising");
        }
    }

    /// The range that a model's input asks for: what the metadata of Whittle's own files says. Without, an 8-bit input says so by the real numbers its codes reach: about −1 to 1, 0 to 1,
    /// or 0 to 255. A float input gets pixel values as they are, which is right for models that scale inside.
    static PixelRange of(Model model, TensorView input) {
        return ImageModelMetadata.of(model)
                .map(metadata -> new PixelRange(metadata.inputMinimum(), metadata.inputMaximum()))
                .orElseGet(() -> of(input.type(), input.quantization()));
    }

    private static PixelRange of(ElementType type, @Nullable QuantizationParameters quantization) {
        if (quantization == null || (type != ElementType.INT8 && type != ElementType.UINT8)) {
            return BYTES;
        }
        int lowestCode = type == ElementType.INT8 ? Byte.MIN_VALUE : 0;
        float low = quantization.scale(0) * (lowestCode - quantization.zeroPoint(0));
        float width = quantization.scale(0) * 255;
        if (width > WIDEST_SCALED) {
            return BYTES;
        }
        return low > -NEARLY_ZERO * width ? UNIT : SIGNED;
    }

    float of(float pixel) {
        return black + pixel / 255 * (white - black);
    }
}

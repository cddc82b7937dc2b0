package dev.whittle.trainer.data;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.util.Arrays;

/// An immutable 8-bit RGB image, `[height, width, 3]`. An image whose three channels are equal, as grey photographs are, is
/// kept as one.
public final class PixelImage {
    public static final int CHANNELS = 3;

    private final int height;
    private final int width;
    /// How many channels are kept: 1 where all are equal.
    private final int depth;
    private final byte[] samples;

    private PixelImage(int height, int width, int depth, byte[] samples) {
        this.height = height;
        this.width = width;
        this.depth = depth;
        this.samples = samples;
    }

    /// An image of `[height, width, 3]`, or of one channel where all are equal, so that images of the same pixels are kept
    /// alike.
    private static PixelImage ofOwned(int height, int width, byte[] rgb) {
        for (int at = 0; at < rgb.length; at += CHANNELS) {
            if (rgb[at] != rgb[at + 1] || rgb[at] != rgb[at + 2]) {
                return new PixelImage(height, width, CHANNELS, rgb);
            }
        }
        byte[] grey = new byte[rgb.length / CHANNELS];
        for (int pixel = 0; pixel < grey.length; pixel++) {
            grey[pixel] = rgb[pixel * CHANNELS];
        }
        return new PixelImage(height, width, 1, grey);
    }

    /// A grey image over a copy of `height * width` bytes of `grey` from `offset` on.
    public static PixelImage ofGrey(int height, int width, byte[] grey, int offset) {
        return new PixelImage(height, width, 1,
                Arrays.copyOfRange(grey, offset, offset + Math.multiplyExact(height, width)));
    }

    /// An image over a copy of `rgb`, which holds `height * width * 3` bytes, red first.
    public static PixelImage of(int height, int width, byte[] rgb) {
        if (height < 1 || width < 1 || rgb.length != Math.multiplyExact(Math.multiplyExact(height, width), CHANNELS)) {
            throw new IllegalArgumentException(
                    "an image of %d x %d pixels cannot hold %d bytes, expected height * width * 3"
                            .formatted(height, width, rgb.length));
        }
        return ofOwned(height, width, rgb.clone());
    }

    /// The samples of `image` as they are stored: grey is repeated three times, alpha is dropped, 16 bits are cut to the
    /// upper eight, and no colour profile is applied (as TensorFlow's decoders do). Palettes and packed pixels go through
    /// the image's colour model.
    public static PixelImage of(BufferedImage image) {
        int height = image.getHeight();
        int width = image.getWidth();
        byte[] rgb = new byte[Math.multiplyExact(Math.multiplyExact(height, width), CHANNELS)];
        ColorModel model = image.getColorModel();
        Raster raster = image.getRaster();
        int colours = model.getNumColorComponents();
        int shift = raster.getTransferType() == DataBuffer.TYPE_USHORT ? 8 : 0;
        // The colour model of a grey BufferedImage is linear, so that getRGB would brighten it; samples are read directly.
        boolean plainSamples = raster.getNumBands() == model.getNumComponents()
                && (colours == 1 || colours == CHANNELS)
                && model.getComponentSize(0) == 8 + shift;
        int[] row = new int[width * raster.getNumBands()];
        for (int y = 0; y < height; y++) {
            if (plainSamples) {
                raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
                for (int x = 0; x < width; x++) {
                    for (int c = 0; c < CHANNELS; c++) {
                        int band = colours == 1 ? 0 : c;
                        rgb[(y * width + x) * CHANNELS + c] = (byte) (row[x * raster.getNumBands() + band] >> shift);
                    }
                }
            } else {
                for (int x = 0; x < width; x++) {
                    int pixel = image.getRGB(x, y);
                    int at = (y * width + x) * CHANNELS;
                    rgb[at] = (byte) (pixel >> 16);
                    rgb[at + 1] = (byte) (pixel >> 8);
                    rgb[at + 2] = (byte) pixel;
                }
            }
        }
        return ofOwned(height, width, rgb);
    }

    public int height() {
        return height;
    }

    public int width() {
        return width;
    }

    /// The sample at row `y`, column `x`, channel `c` (red, green, blue), 0 to 255.
    public int sample(int y, int x, int c) {
        int pixel = y * width + x;
        return samples[depth == 1 ? pixel : pixel * CHANNELS + c] & 0xFF;
    }

    /// True when the three channels are equal.
    public boolean isGrey() {
        return depth == 1;
    }

    /// The memory that the samples take.
    public int byteCount() {
        return samples.length;
    }

    /// A copy of the samples, `[height, width, 3]`.
    public byte[] toBytes() {
        if (depth == CHANNELS) {
            return samples.clone();
        }
        byte[] rgb = new byte[samples.length * CHANNELS];
        for (int at = 0; at < rgb.length; at++) {
            rgb[at] = samples[at / CHANNELS];
        }
        return rgb;
    }

    /// The samples as floats, 0 to 255, `[height, width, 3]`.
    public float[] toFloats() {
        float[] floats = new float[height * width * CHANNELS];
        readFloats(floats, 0);
        return floats;
    }

    /// Writes the samples as floats, 0 to 255, `[height, width, 3]`, to `destination` from `offset` on.
    public void readFloats(float[] destination, int offset) {
        if (depth == CHANNELS) {
            for (int i = 0; i < samples.length; i++) {
                destination[offset + i] = samples[i] & 0xFF;
            }
        } else {
            for (int pixel = 0, to = offset; pixel < samples.length; pixel++, to += CHANNELS) {
                float value = samples[pixel] & 0xFF;
                destination[to] = value;
                destination[to + 1] = value;
                destination[to + 2] = value;
            }
        }
    }

    /// The image for Java2D and ImageIO.
    public BufferedImage toBufferedImage() {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        int[] row = new int[width];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                row[x] = sample(y, x, 0) << 16 | sample(y, x, 1) << 8 | sample(y, x, 2);
            }
            image.setRGB(0, y, width, 1, row, 0, width);
        }
        return image;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PixelImage image && height == image.height && width == image.width
                && Arrays.equals(samples, image.samples);
    }

    @Override
    public int hashCode() {
        return 31 * height + Arrays.hashCode(samples);
    }

    @Override
    public String toString() {
        return "PixelImage[" + height + ", " + width + ", " + CHANNELS + "]";
    }
}

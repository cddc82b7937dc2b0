package dev.whittle.trainer.data;

/// What is left of an image for finding its near-duplicates: a grey square of [#SIDE] × [#SIDE] area averages with the mean
/// removed and the norm made one, so that the dot product of two thumbnails is their correlation. A flat image is all zeros.
///
/// It is kept as bytes and one scale, a kilobyte, so that those of 100,000 images fit into a small heap. Rounding moves a
/// picture by about 0.007 of its norm, where near-duplicates may be 0.2 apart.
public final class Thumbnail {
    public static final int SIDE = 32;

    private static final int LARGEST_CODE = 127;

    private final byte[] codes;
    private final float scale;

    private Thumbnail(byte[] codes, float scale) {
        this.codes = codes;
        this.scale = scale;
    }

    /// The thumbnail of `image`, whatever its aspect: both axes are stretched to [#SIDE].
    public static Thumbnail of(PixelImage image) {
        float[] values = areaSums(image, SIDE);
        normalize(values, (float) image.height() * image.width() / (SIDE * SIDE));
        return rounded(values);
    }

    /// The grey sums over `side` × `side` equal parts of an image, pixels on a border by their share: averages times the area
    /// of a part in pixels.
    static float[] areaSums(PixelImage image, int side) {
        int height = image.height();
        int width = image.width();
        float[] line = new float[width];
        float[] columns = new float[side];
        float[] sums = new float[side * side];
        for (int y = 0; y < height; y++) {
            readGrey(image, y, line);
            addColumns(line, columns);
            int last = (int) Math.min(side - 1, (long) (y + 1) * side / height);
            for (int outY = (int) ((long) y * side / height); outY <= last; outY++) {
                float weight = overlap(y, height, outY, side);
                for (int outX = 0; outX < side; outX++) {
                    sums[outY * side + outX] += weight * columns[outX];
                }
            }
        }
        return sums;
    }

    /// The sums of a line over as many equal parts as `columns` has.
    private static void addColumns(float[] line, float[] columns) {
        for (int outX = 0; outX < columns.length; outX++) {
            float sum = 0;
            int last = (int) Math.min(line.length - 1, (long) (outX + 1) * line.length / columns.length);
            for (int x = (int) ((long) outX * line.length / columns.length); x <= last; x++) {
                sum += overlap(x, line.length, outX, columns.length) * line[x];
            }
            columns[outX] = sum;
        }
    }

    /// How much of pixel `i` of `size` lies in part `part` of `parts`.
    private static float overlap(int i, int size, int part, int parts) {
        float from = (float) part * size / parts;
        float to = (float) (part + 1) * size / parts;
        return Math.max(0, Math.min(to, i + 1) - Math.max(from, i));
    }

    /// The values as bytes, with a scale that makes the norm one again.
    private static Thumbnail rounded(float[] values) {
        float largest = 0;
        for (float value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        byte[] codes = new byte[values.length];
        long squares = 0;
        for (int i = 0; i < values.length; i++) {
            codes[i] = (byte) (largest == 0 ? 0 : Math.round(values[i] / largest * LARGEST_CODE));
            squares += codes[i] * codes[i];
        }
        return new Thumbnail(codes, squares == 0 ? 0 : (float) (1 / Math.sqrt(squares)));
    }

    float value(int i) {
        return codes[i] * scale;
    }

    byte code(int i) {
        return codes[i];
    }

    float scale() {
        return scale;
    }

    private static void readGrey(PixelImage image, int y, float[] line) {
        for (int x = 0; x < line.length; x++) {
            line[x] = (image.sample(y, x, 0) + image.sample(y, x, 1) + image.sample(y, x, 2)) / 3f;
        }
    }

    private static void normalize(float[] values, float area) {
        double sum = 0;
        for (float value : values) {
            sum += value;
        }
        double mean = sum / values.length;
        double squares = 0;
        for (float value : values) {
            squares += (value - mean) * (value - mean);
        }
        // Below a hundredth of a grey level what remains is rounding, not a picture.
        boolean flat = Math.sqrt(squares / values.length) < 0.01 * area;
        double scale = flat ? 0 : 1 / Math.sqrt(squares);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) ((values[i] - mean) * scale);
        }
    }
}

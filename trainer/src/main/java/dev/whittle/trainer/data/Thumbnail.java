package dev.whittle.trainer.data;

/// What is left of an image for finding its near-duplicates: a grey square of [#SIDE] × [#SIDE] area averages with the mean
/// removed and the norm made one, so that the dot product of two thumbnails is their correlation. A flat image is all zeros.
public final class Thumbnail {
    public static final int SIDE = 32;

    private final float[] values;

    private Thumbnail(float[] values) {
        this.values = values;
    }

    /// The thumbnail of `image`, whatever its aspect: both axes are stretched to [#SIDE].
    public static Thumbnail of(PixelImage image) {
        int height = image.height();
        int width = image.width();
        float[] rows = new float[SIDE * width];
        float[] line = new float[width];
        for (int outY = 0; outY < SIDE; outY++) {
            float from = (float) outY * height / SIDE;
            float to = (float) (outY + 1) * height / SIDE;
            for (int y = (int) from; y < to && y < height; y++) {
                float weight = Math.min(to, y + 1) - Math.max(from, y);
                readGrey(image, y, line);
                for (int x = 0; x < width; x++) {
                    rows[outY * width + x] += weight * line[x];
                }
            }
        }
        float[] values = new float[SIDE * SIDE];
        for (int outX = 0; outX < SIDE; outX++) {
            float from = (float) outX * width / SIDE;
            float to = (float) (outX + 1) * width / SIDE;
            for (int x = (int) from; x < to && x < width; x++) {
                float weight = Math.min(to, x + 1) - Math.max(from, x);
                for (int outY = 0; outY < SIDE; outY++) {
                    values[outY * SIDE + outX] += weight * rows[outY * width + x];
                }
            }
        }
        normalize(values, (float) height * width / (SIDE * SIDE));
        return new Thumbnail(values);
    }

    float value(int i) {
        return values[i];
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

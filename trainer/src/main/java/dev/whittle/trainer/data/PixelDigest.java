package dev.whittle.trainer.data;

/// 64 bits that are the same for images of the same pixels, also when one is flipped or turned by quarters: the least of the
/// hashes of the eight pictures that an image can be turned into. Different images have different ones but for one chance
/// in 2⁶⁴ for each pair.
public final class PixelDigest {
    private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;
    private static final int SYMMETRIES = 8;

    private PixelDigest() {}

    public static long of(PixelImage image) {
        long least = Long.MAX_VALUE;
        for (int symmetry = 0; symmetry < SYMMETRIES; symmetry++) {
            least = Math.min(least, hash(image, symmetry));
        }
        return least;
    }

    private static long hash(PixelImage image, int symmetry) {
        boolean flipsY = (symmetry & 1) != 0;
        boolean flipsX = (symmetry & 2) != 0;
        boolean swaps = (symmetry & 4) != 0;
        int rows = swaps ? image.width() : image.height();
        int columns = swaps ? image.height() : image.width();
        long hash = mix(rows * 31L + columns);
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                int fromY = swaps ? column : row;
                int fromX = swaps ? row : column;
                int y = flipsY ? image.height() - 1 - fromY : fromY;
                int x = flipsX ? image.width() - 1 - fromX : fromX;
                int rgb = image.sample(y, x, 0) << 16 | image.sample(y, x, 1) << 8 | image.sample(y, x, 2);
                hash = mix(hash ^ rgb);
            }
        }
        return hash;
    }

    private static long mix(long value) {
        long product = value * MULTIPLIER;
        return product ^ (product >>> 29);
    }
}

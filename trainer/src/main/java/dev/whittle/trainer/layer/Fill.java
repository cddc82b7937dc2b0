package dev.whittle.trainer.layer;

/// What lies beyond the borders of an image of `a b c d` that is moved, as Keras names it.
///
/// @param value of every pixel outside with [Mode#CONSTANT]; otherwise 0
public record Fill(Mode mode, float value) {
    public static final Fill REFLECT = new Fill(Mode.REFLECT, 0);
    public static final Fill NEAREST = new Fill(Mode.NEAREST, 0);
    public static final Fill WRAP = new Fill(Mode.WRAP, 0);

    public enum Mode {
        /** Mirrored about the edge of the last pixel: `d c b a | a b c d | d c b a`. */
        REFLECT,
        /** One value: `k k k k | a b c d | k k k k`. */
        CONSTANT,
        /** The pixel at the border: `a a a a | a b c d | d d d d`. */
        NEAREST,
        /** The other side: `a b c d | a b c d | a b c d`. */
        WRAP
    }

    public Fill {
        if (!Float.isFinite(value) || (mode != Mode.CONSTANT && value != 0)) {
            throw new IllegalArgumentException(
                    "fill %s with the value %s, must be finite, and 0 but for CONSTANT".formatted(mode, value));
        }
    }

    public static Fill constant(float value) {
        return new Fill(Mode.CONSTANT, value);
    }

    /// The pixel that stands for pixel `i` of a line of `size`, or −1 where [#value] does.
    int source(int i, int size) {
        if (i >= 0 && i < size) {
            return i;
        }
        return switch (mode) {
            case REFLECT -> {
                // Most pixels outside are less than an image away.
                int mirrored = i < 0 ? -1 - i : 2 * size - 1 - i;
                if (mirrored >= 0 && mirrored < size) {
                    yield mirrored;
                }
                int j = Math.floorMod(i, 2 * size);
                yield j < size ? j : 2 * size - 1 - j;
            }
            case CONSTANT -> -1;
            case NEAREST -> i < 0 ? 0 : size - 1;
            case WRAP -> Math.floorMod(i, size);
        };
    }
}

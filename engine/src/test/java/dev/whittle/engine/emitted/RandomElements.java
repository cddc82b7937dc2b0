package dev.whittle.engine.emitted;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

/// What random tensors hold.
final class RandomElements {
    private RandomElements() {}

    /// @param isOdd whether there are NaN, infinities, −0 and the largest among them
    static float[] reals(Random random, int count, boolean isOdd) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = switch (isOdd ? random.nextInt(60) : 5) {
                case 0 -> -0f;
                case 1 -> Float.NaN;
                case 2 -> Float.NEGATIVE_INFINITY;
                case 3 -> Float.POSITIVE_INFINITY;
                case 4 -> Float.MAX_VALUE;
                default -> (float) random.nextGaussian();
            };
        }
        return values;
    }

    /// @param isOdd whether there are but the least and the largest
    static byte[] codes(Random random, int count, int least, boolean isOdd) {
        byte[] values = new byte[count];
        for (int i = 0; i < count; i++) {
            int code = isOdd ? random.nextBoolean() ? 127 : -128 : random.nextInt(256) - 128;
            values[i] = (byte) Math.max(least, code);
        }
        return values;
    }

    /// Java leaves open which NaN an operation yields, and so does HotSpot.
    static byte[] withOneNaN(byte[] reals) {
        ByteBuffer buffer = ByteBuffer.wrap(reals).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < reals.length; i += Float.BYTES) {
            if (Float.isNaN(buffer.getFloat(i))) {
                buffer.putFloat(i, Float.NaN);
            }
        }
        return reals;
    }
}

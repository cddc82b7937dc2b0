package dev.whittle.engine.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Decodes FlexBuffers, the schemaless form that custom operators keep their options in (FlatBuffers' "FlexBuffers"
/// internals page). Offsets and lengths are checked before they are followed, and what is decoded is bounded, since
/// offsets may lead to the same value many times over.
///
/// Integers become `Long`, floating numbers `Double`, keys and strings `String`, blobs [Buffer], vectors `List`, maps
/// `Map` in the order of the file, which is that of the keys.
public final class FlexBuffer {
    private static final int MAX_DEPTH = 32;
    /// Values and characters together.
    private static final int MAX_DECODED = 1 << 20;

    private static final int NULL = 0;
    private static final int INT = 1;
    private static final int UINT = 2;
    private static final int FLOAT = 3;
    private static final int KEY = 4;
    private static final int STRING = 5;
    private static final int INDIRECT_INT = 6;
    private static final int INDIRECT_FLOAT = 8;
    private static final int MAP = 9;
    private static final int VECTOR = 10;
    private static final int VECTOR_INT = 11;
    private static final int VECTOR_KEY = 14;
    private static final int VECTOR_INT2 = 16;
    private static final int VECTOR_FLOAT4 = 24;
    private static final int BLOB = 25;
    private static final int BOOL = 26;
    private static final int VECTOR_BOOL = 36;

    private final ByteBuffer bytes;
    private int decoded;

    private FlexBuffer(ByteBuffer bytes) {
        this.bytes = bytes.order(ByteOrder.LITTLE_ENDIAN);
    }

    /// The root value.
    ///
    /// @throws IllegalArgumentException when the bytes are no FlexBuffer, or one of more than a million values
    public static @Nullable Object decode(Buffer buffer) {
        int length = buffer.byteLength();
        if (length < 3) {
            throw new IllegalArgumentException("a FlexBuffer of " + length + " bytes, expected at least 3");
        }
        FlexBuffer flex = new FlexBuffer(buffer.bytes());
        int width = width(flex.bytes.get(length - 1));
        return flex.value(length - 2L - width, width, Byte.toUnsignedInt(flex.bytes.get(length - 2)), 0);
    }

    /// The root value where it is a map.
    ///
    /// @throws IllegalArgumentException when the bytes are no FlexBuffer, or its root is something else
    @SuppressWarnings("unchecked") // maps are made below, and nowhere else
    public static Map<String, @Nullable Object> decodeMap(Buffer buffer) {
        if (decode(buffer) instanceof Map<?, ?> map) {
            return (Map<String, @Nullable Object>) map;
        }
        throw new IllegalArgumentException("a FlexBuffer whose root is no map");
    }

    /// @param width bytes that the value, or the offset to it, takes at `at`
    /// @param packedType type and width of what an offset leads to
    private @Nullable Object value(long at, int width, int packedType, int depth) {
        if (depth > MAX_DEPTH) {
            throw new IllegalArgumentException("a FlexBuffer nested more than " + MAX_DEPTH + " deep");
        }
        count(1);
        int type = packedType >> 2;
        int targetWidth = 1 << (packedType & 3);
        return switch (type) {
            case NULL -> null;
            case INT -> signed(at, width);
            case UINT -> unsigned(at, width);
            case FLOAT -> real(at, width);
            case BOOL -> unsigned(at, width) != 0;
            case INDIRECT_INT -> signed(target(at, width), targetWidth);
            case INDIRECT_INT + 1 -> unsigned(target(at, width), targetWidth);
            case INDIRECT_FLOAT -> real(target(at, width), targetWidth);
            case KEY -> key(target(at, width));
            case STRING -> {
                long target = target(at, width);
                yield new String(take(target, size(target, targetWidth)), StandardCharsets.UTF_8);
            }
            case BLOB -> {
                long target = target(at, width);
                yield Buffer.of(take(target, size(target, targetWidth)));
            }
            case VECTOR -> vector(target(at, width), targetWidth, depth);
            case MAP -> map(target(at, width), targetWidth, depth);
            case VECTOR_BOOL -> elements(target(at, width), targetWidth, BOOL, depth);
            default -> {
                long target = target(at, width);
                if (type >= VECTOR_INT && type <= VECTOR_KEY) {
                    yield elements(target, targetWidth, type - VECTOR_INT + INT, depth);
                }
                if (type >= VECTOR_INT2 && type <= VECTOR_FLOAT4) {
                    int kind = type - VECTOR_INT2;
                    yield elements(target, targetWidth, kind / 3 + 2, kind % 3 + INT, depth);
                }
                throw new IllegalArgumentException("a FlexBuffer with a value of type " + type);
            }
        };
    }

    private List<@Nullable Object> elements(long target, int width, int type, int depth) {
        return elements(target, width, size(target, width), type, depth);
    }

    private List<@Nullable Object> elements(long target, int width, long size, int type, int depth) {
        require(target, size * width);
        List<@Nullable Object> values = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            values.add(value(target + (long) i * width, width, type << 2, depth + 1));
        }
        return Collections.unmodifiableList(values);
    }

    private List<@Nullable Object> vector(long target, int width, int depth) {
        long size = size(target, width);
        require(target, size * (width + 1));
        List<@Nullable Object> values = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            values.add(value(target + (long) i * width, width, elementType(target, width, size, i), depth + 1));
        }
        return Collections.unmodifiableList(values);
    }

    private Map<String, @Nullable Object> map(long target, int width, int depth) {
        long size = size(target, width);
        require(target, size * (width + 1));
        long keys = target(target - 3L * width, width);
        int keyWidth = width(unsigned(target - 2L * width, width));
        require(keys, size * keyWidth);
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        for (int i = 0; i < size; i++) {
            values.put(key(target(keys + (long) i * keyWidth, keyWidth)),
                    value(target + (long) i * width, width, elementType(target, width, size, i), depth + 1));
        }
        return Collections.unmodifiableMap(values);
    }

    private int elementType(long target, int width, long size, int i) {
        return Byte.toUnsignedInt(bytes.get((int) (target + size * width + i)));
    }

    private String key(long target) {
        long end = target;
        while (unsigned(end, 1) != 0) {
            end++;
        }
        return new String(take(target, end - target), StandardCharsets.UTF_8);
    }

    private byte[] take(long at, long length) {
        require(at, length);
        count(length);
        byte[] taken = new byte[(int) length];
        bytes.get((int) at, taken);
        return taken;
    }

    private long size(long target, int width) {
        long size = unsigned(target - width, width);
        require(target, size);
        return size;
    }

    private static int width(long width) {
        if (width != 1 && width != 2 && width != 4 && width != 8) {
            throw new IllegalArgumentException(
                    "a FlexBuffer with elements of " + width + " bytes, expected 1, 2, 4 or 8");
        }
        return (int) width;
    }

    /// Offsets lead back.
    private long target(long at, int width) {
        return at - unsigned(at, width);
    }

    private long signed(long at, int width) {
        require(at, width);
        return switch (width) {
            case 1 -> bytes.get((int) at);
            case 2 -> bytes.getShort((int) at);
            case 4 -> bytes.getInt((int) at);
            default -> bytes.getLong((int) at);
        };
    }

    private long unsigned(long at, int width) {
        long value = signed(at, width);
        return width == Long.BYTES ? value : value & (1L << width * Byte.SIZE) - 1;
    }

    private double real(long at, int width) {
        long bits = signed(at, width);
        return switch (width) {
            case 2 -> Float.float16ToFloat((short) bits);
            case 4 -> Float.intBitsToFloat((int) bits);
            case 8 -> Double.longBitsToDouble(bits);
            default -> throw new IllegalArgumentException("a FlexBuffer with a floating number of 1 byte");
        };
    }

    private void require(long at, long length) {
        if (at < 0 || length < 0 || at > bytes.limit() || length > bytes.limit() - at) {
            throw new IllegalArgumentException("a FlexBuffer that leads to " + length + " bytes at " + at + " of "
                    + bytes.limit());
        }
    }

    private void count(long more) {
        decoded = (int) Math.min(MAX_DECODED + 1L, decoded + more);
        if (decoded > MAX_DECODED) {
            throw new IllegalArgumentException("a FlexBuffer of more than " + MAX_DECODED + " values and characters");
        }
    }
}

package dev.whittle.engine.npy;

import dev.whittle.engine.file.AtomicFile;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Reads and writes `.npy` files, versions 1 to 3 (NumPy's `numpy.lib.format`): a magic string, a header that is a Python
/// dictionary literal with `descr`, `fortran_order` and `shape`, and the raw elements. Little-endian and C order only.
/// Strings are `|S<n>`: `n` bytes each, filled up with zero bytes, which therefore get lost at the end of a string.
public final class Npy {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int VERSION_END = MAGIC.length + 2;
    /// NumPy pads the header so that elements start at a multiple of this.
    private static final int ALIGNMENT = 64;
    private static final int MAX_HEADER_BYTES = 1 << 16;
    private static final Pattern DESCR = Pattern.compile("'descr'\\s*:\\s*'([^']*)'");
    private static final Pattern FORTRAN = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
    private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([\\d,\\s]*)\\)");
    private static final Map<ElementType, String> DESCR_OF = Map.ofEntries(Map.entry(ElementType.FLOAT32, "<f4"),
            Map.entry(ElementType.FLOAT64, "<f8"), Map.entry(ElementType.FLOAT16, "<f2"),
            Map.entry(ElementType.INT8, "|i1"), Map.entry(ElementType.UINT8, "|u1"),
            Map.entry(ElementType.INT16, "<i2"), Map.entry(ElementType.UINT16, "<u2"),
            Map.entry(ElementType.INT32, "<i4"), Map.entry(ElementType.UINT32, "<u4"),
            Map.entry(ElementType.INT64, "<i8"), Map.entry(ElementType.UINT64, "<u8"),
            Map.entry(ElementType.BOOL, "|b1"), Map.entry(ElementType.COMPLEX64, "<c8"),
            Map.entry(ElementType.COMPLEX128, "<c16"));
    private static final Pattern STRINGS = Pattern.compile("\\|S([1-9]\\d{0,8})");

    private Npy() {}

    /// @throws IOException when the file cannot be read or is not an array that is understood here; the message names the
    ///         file
    public static NpyArray read(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path)) {
            return read(path.getFileName().toString(), new Source(channel, channel.size()));
        }
    }

    /// Reads an array of `size` bytes, such as an entry of a `.npz` archive.
    ///
    /// @param name what an error calls it
    /// @throws IOException when the bytes cannot be read or are not an array that is understood here
    public static NpyArray read(String name, ReadableByteChannel channel, long size) throws IOException {
        return read(name, new Source(channel, size));
    }

    /// Bytes that are read from their start on.
    private static final class Source {
        private final ReadableByteChannel channel;
        private final long size;
        private long position;

        Source(ReadableByteChannel channel, long size) {
            this.channel = channel;
            this.size = size;
        }

        long remaining() {
            return size - position;
        }

        ByteBuffer read(int byteCount) throws IOException {
            ByteBuffer bytes = ByteBuffer.allocate(byteCount).order(ByteOrder.LITTLE_ENDIAN);
            while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
                // Channels give what they have at hand.
            }
            position += bytes.position();
            return bytes.flip();
        }
    }

    private static NpyArray read(String name, Source source) throws IOException {
        if (source.size < 0) {
            throw fault(name, "of unknown size");
        }
        ByteBuffer start = source.read((int) Math.min(source.size, VERSION_END));
        if (start.limit() < VERSION_END || !Arrays.equals(start.array(), 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw fault(name, "not a .npy file");
        }
        int version = start.get(MAGIC.length);
        if (version < 1 || version > 3) {
            throw fault(name, "format version " + version + ", supported are 1 to 3");
        }
        int lengthBytes = version > 1 ? Integer.BYTES : Short.BYTES;
        ByteBuffer length = source.read((int) Math.min(source.remaining(), lengthBytes));
        if (length.limit() < lengthBytes) {
            throw fault(name, "ends before its header");
        }
        long headerBytes = version > 1
                ? Integer.toUnsignedLong(length.getInt(0))
                : Short.toUnsignedInt(length.getShort(0));
        if (headerBytes > MAX_HEADER_BYTES || headerBytes > source.remaining()) {
            throw fault(name, "header of " + headerBytes + " bytes in a file of " + source.size + " bytes");
        }
        return array(name, new String(source.read((int) headerBytes).array(), StandardCharsets.UTF_8), source);
    }

    private static NpyArray array(String name, String header, Source source) throws IOException {
        String descr = find(name, DESCR, header, "descr");
        if (find(name, FORTRAN, header, "fortran_order").equals("True")) {
            throw fault(name, "in Fortran order, supported is C order (numpy.ascontiguousarray)");
        }
        Shape shape = shape(name, find(name, SHAPE, header, "shape"));
        Matcher strings = STRINGS.matcher(descr);
        if (strings.matches()) {
            int width = Integer.parseInt(strings.group(1));
            return ofPadded(shape, width, elements(name, source, (long) shape.elementCount() * width,
                    descr + " " + shape));
        }
        ElementType type = DESCR_OF.entrySet().stream().filter(entry -> entry.getValue().equals(descr))
                .map(Map.Entry::getKey).findFirst().orElseThrow(() -> fault(name, "element type '" + descr
                        + "', supported are " + DESCR_OF.values().stream().sorted().collect(Collectors.joining(" "))
                        + " |S<bytes>"));
        return new NpyArray(type, shape,
                elements(name, source, type.byteLength(shape.elementCount()), type + " " + shape));
    }

    private static Shape shape(String name, String dimensions) throws IOException {
        try {
            Shape shape =
                    Shape.of(Arrays.stream(dimensions.split(",")).map(String::strip).filter(part -> !part.isEmpty())
                            .mapToInt(Integer::parseInt).toArray());
            // Counted here, where the message can name the shape.
            shape.elementCount();
            return shape;
        } catch (ArithmeticException | NumberFormatException e) {
            throw fault(name, "shape (" + dimensions + ") has more than 2^31-1 elements");
        }
    }

    private static ByteBuffer elements(String name, Source source, long expected, String array)
            throws IOException {
        long found = source.remaining();
        if (found != expected) {
            throw fault(name, "holds " + found + " bytes of elements, expected " + expected + " for " + array);
        }
        if (expected > Integer.MAX_VALUE) {
            throw fault(name, "holds " + expected + " bytes of elements, supported are up to 2 GiB");
        }
        ByteBuffer elements = source.read((int) expected);
        if (elements.remaining() != expected) {
            throw fault(name, "ends after " + elements.remaining() + " of " + expected + " bytes of elements");
        }
        return elements;
    }

    private static NpyArray ofPadded(Shape shape, int width, ByteBuffer bytes) {
        byte[][] strings = new byte[shape.elementCount()][];
        byte[] padded = new byte[width];
        for (int i = 0; i < strings.length; i++) {
            bytes.get(padded);
            strings[i] = NpyArray.withoutPadding(padded);
        }
        return NpyArray.ofStrings(shape, strings);
    }

    private static String find(String name, Pattern pattern, String header, String key) throws IOException {
        Matcher matcher = pattern.matcher(header);
        if (!matcher.find()) {
            throw fault(name, "header without '" + key + "': " + header.strip());
        }
        return matcher.group(1);
    }

    private static IOException fault(String name, String found) {
        return new IOException("[" + name + "] " + found);
    }

    /// Writes an array as format version 1; the file appears whole or not at all.
    public static void write(Path path, NpyArray array) throws IOException {
        byte[] elements;
        String descr;
        if (array.type() == ElementType.STRING) {
            byte[][] strings = array.strings();
            // NumPy has no strings of width 0.
            int width = Arrays.stream(strings).mapToInt(string -> string.length).reduce(1, Math::max);
            descr = "|S" + width;
            elements = padded(strings, width);
        } else {
            descr = DESCR_OF.get(array.type());
            elements = new byte[array.data().remaining()];
            array.data().get(elements);
        }
        if (descr == null) {
            throw new IllegalArgumentException(array.type() + " has no .npy element type");
        }
        List<Integer> dimensions = array.shape().toList();
        // Python writes a tuple of one as (5,).
        String shape = dimensions.stream().map(String::valueOf).collect(Collectors.joining(", "))
                + (dimensions.size() == 1 ? "," : "");
        String dictionary = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (" + shape + "), }";
        int unpadded = VERSION_END + Short.BYTES + dictionary.length() + 1;
        String header = dictionary + " ".repeat(Math.ceilDiv(unpadded, ALIGNMENT) * ALIGNMENT - unpadded) + "\n";
        ByteBuffer start = ByteBuffer.allocate(VERSION_END + Short.BYTES + header.length())
                .order(ByteOrder.LITTLE_ENDIAN).put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) header.length())
                .put(header.getBytes(StandardCharsets.US_ASCII));
        AtomicFile.write(path, out -> {
            out.write(start.array());
            out.write(elements);
        });
    }

    private static byte[] padded(byte[][] strings, int width) {
        byte[] elements = new byte[Math.multiplyExact(strings.length, width)];
        for (int i = 0; i < strings.length; i++) {
            System.arraycopy(strings[i], 0, elements, i * width, strings[i].length);
        }
        return elements;
    }
}

package dev.whittle.cli.report;

import java.nio.ByteBuffer;
import java.util.Base64;

/// A PNG picture inside a page.
///
/// @param uri the whole picture as a `data:` URI
/// @param width in pixels
/// @param height in pixels
public record Picture(String uri, int width, int height) {
    private static final int SIGNATURE_AND_CHUNK_HEADER = 16;

    /// @throws IllegalArgumentException if `png` does not begin like a PNG file
    static Picture of(String name, byte[] png) {
        if (png.length < SIGNATURE_AND_CHUNK_HEADER + 2 * Integer.BYTES || png[1] != 'P' || png[2] != 'N'
                || png[3] != 'G') {
            throw new IllegalArgumentException("[" + name + "] is not a PNG picture");
        }
        // The first chunk of a PNG file, IHDR, begins with the width and the height, big-endian.
        ByteBuffer header = ByteBuffer.wrap(png, SIGNATURE_AND_CHUNK_HEADER, 2 * Integer.BYTES);
        return new Picture("data:image/png;base64," + Base64.getEncoder().encodeToString(png), header.getInt(),
                header.getInt());
    }
}

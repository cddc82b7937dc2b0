package dev.whittle.engine.emitted.x86;

/// One line of a listing.
///
/// @param offset of the first byte from the start of the code
/// @param hex    the bytes, two digits each; empty for a label
/// @param text   what the GNU assembler turns into these bytes under `.intel_syntax noprefix`
public record ListingLine(int offset, String hex, String text) {

    /// Offset, bytes and text in columns.
    @Override
    public String toString() {
        return String.format("%05x  %-26s %s", offset, hex, hex.isEmpty() ? text : "  " + text).stripTrailing();
    }
}

package dev.whittle.engine.emitted.x86;

/// A vector register, and as a destination which of its lanes are written.
///
/// @param number  0 to 31; from 16 on EVEX forms only
/// @param bits    128, 256 or 512
/// @param mask    the lanes written, [Mask#K0] for all
/// @param zeroing whether the other lanes become 0 instead of staying as they are
public record Vector(int number, int bits, Mask mask, boolean zeroing) implements VectorSource {

    public Vector {
        if (number < 0 || number > 31) {
            throw new IllegalArgumentException("vector register " + number + ", must be 0 to 31");
        }
        if (bits != 128 && bits != 256 && bits != 512) {
            throw new IllegalArgumentException("vector of " + bits + " bits, must be 128, 256 or 512");
        }
        if (zeroing) {
            mask.selecting();
        }
    }

    /// 128 bits.
    public static Vector xmm(int number) {
        return of(number, 128);
    }

    /// 256 bits.
    public static Vector ymm(int number) {
        return of(number, 256);
    }

    /// 512 bits.
    public static Vector zmm(int number) {
        return of(number, 512);
    }

    /// A whole register of the given width.
    public static Vector of(int number, int bits) {
        return new Vector(number, bits, Mask.K0, false);
    }

    /// As a destination that keeps the lanes whose bit in the mask is 0.
    public Vector masked(Mask k) {
        return new Vector(number, bits, k.selecting(), false);
    }

    /// As a destination that sets the lanes to 0 whose bit in the mask is 0.
    public Vector zeroed(Mask k) {
        return new Vector(number, bits, k, true);
    }

    /// The same register, of another width.
    public Vector as(int otherBits) {
        return new Vector(number, otherBits, mask, zeroing);
    }

    boolean isMasked() {
        return mask != Mask.K0;
    }

    @Override
    public String toString() {
        String name = (bits == 128 ? "xmm" : bits == 256 ? "ymm" : "zmm") + number;
        return name + (isMasked() ? "{" + mask + "}" : "") + (zeroing ? "{z}" : "");
    }
}

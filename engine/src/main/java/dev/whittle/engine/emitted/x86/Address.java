package dev.whittle.engine.emitted.x86;

import org.jspecify.annotations.Nullable;

/// Memory at `base + index · scale + displacement`.
///
/// @param base         always present
/// @param index        any but RSP, which has no encoding there
/// @param scale        1, 2, 4 or 8; 1 without an index
/// @param displacement in bytes
/// @param isBroadcast  whether one element is read and repeated in every lane (EVEX)
/// @param mask         of a store, the lanes written, [Mask#K0] for all
public record Address(Gpr base, @Nullable Gpr index, int scale, int displacement, boolean isBroadcast, Mask mask)
        implements IntegerSource, VectorSource {

    public Address {
        if (index == Gpr.RSP) {
            throw new IllegalArgumentException("index rsp, must be another register");
        }
        if (scale != 1 && scale != 2 && scale != 4 && scale != 8) {
            throw new IllegalArgumentException("scale " + scale + ", must be 1, 2, 4 or 8");
        }
        if (index == null && scale != 1) {
            throw new IllegalArgumentException("scale " + scale + " without an index, must be 1");
        }
        if (isBroadcast && mask != Mask.K0) {
            throw new IllegalArgumentException("mask " + mask + " on a broadcast, which is read and not written");
        }
    }

    /// What the register points to.
    public static Address of(Gpr base) {
        return new Address(base, null, 1, 0, false, Mask.K0);
    }

    /// So many bytes further; what an `int` cannot hold is an [IllegalArgumentException].
    public Address plus(int bytes) {
        long sum = (long) displacement + bytes;
        if (sum != (int) sum) {
            throw new IllegalArgumentException("displacement " + sum + ", must fit 32 bits");
        }
        return new Address(base, index, scale, (int) sum, isBroadcast, mask);
    }

    /// With an index, in place of the one there was.
    public Address index(Gpr register, int times) {
        return new Address(base, register, times, displacement, isBroadcast, mask);
    }

    /// One element, repeated in every lane.
    public Address broadcast() {
        return new Address(base, index, scale, displacement, true, mask);
    }

    /// As the destination of a store that leaves alone the elements whose bit in the mask is 0.
    public Address masked(Mask k) {
        return new Address(base, index, scale, displacement, isBroadcast, k.selecting());
    }

    @Override
    public int number() {
        return base.number();
    }

    boolean isMasked() {
        return mask != Mask.K0;
    }

    /// Without its size, which the instruction knows.
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("[").append(base);
        if (index != null) {
            text.append('+').append(index).append('*').append(scale);
        }
        if (displacement != 0) {
            text.append(displacement < 0 ? "" : "+").append(displacement);
        }
        text.append(']');
        return isMasked() ? text.append('{').append(mask).append('}').toString() : text.toString();
    }
}

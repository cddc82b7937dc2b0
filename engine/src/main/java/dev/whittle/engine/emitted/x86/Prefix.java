package dev.whittle.engine.emitted.x86;

/// How a vector instruction is encoded where that decides which processors run it: `VPDPBUSD` on 128 and 256 bits is
/// AVX-VNNI with [#VEX], AVX512-VNNI and AVX512VL with [#EVEX].
public enum Prefix {
    VEX, EVEX
}

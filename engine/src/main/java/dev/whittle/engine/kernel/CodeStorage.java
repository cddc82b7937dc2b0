package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;

/// How the integers that carry quantized numbers lie in the arrays of [Memory]. For loops that serve every width alike;
/// those that must be fast have their array's type written out.
enum CodeStorage {
    INT8 {
        @Override
        int get(Object array, int index) {
            return ((byte[]) array)[index];
        }

        @Override
        void set(Object array, int index, int code) {
            ((byte[]) array)[index] = (byte) code;
        }
    },
    UINT8 {
        @Override
        int get(Object array, int index) {
            return ((byte[]) array)[index] & 0xff;
        }

        @Override
        void set(Object array, int index, int code) {
            ((byte[]) array)[index] = (byte) code;
        }
    },
    INT16 {
        @Override
        int get(Object array, int index) {
            return ((short[]) array)[index];
        }

        @Override
        void set(Object array, int index, int code) {
            ((short[]) array)[index] = (short) code;
        }
    },
    UINT16 {
        @Override
        int get(Object array, int index) {
            return ((short[]) array)[index] & 0xffff;
        }

        @Override
        void set(Object array, int index, int code) {
            ((short[]) array)[index] = (short) code;
        }
    };

    abstract int get(Object array, int index);

    /// Stores a code that lies within the type.
    abstract void set(Object array, int index, int code);

    static CodeStorage of(ElementType type) {
        return switch (type) {
            case INT8 -> INT8;
            case UINT8 -> UINT8;
            case INT16 -> INT16;
            case UINT16 -> UINT16;
            default -> throw new AssertionError(type);
        };
    }
}

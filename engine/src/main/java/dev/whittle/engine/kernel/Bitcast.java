package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// BITCAST: the bytes of the input, little-endian, as elements of the output's type. Where those are smaller the output
/// has one dimension more, with the parts of each element; where they are larger the last dimension holds the parts and is
/// dropped.
final class Bitcast implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        EnumSet<ElementType> types = EnumSet.allOf(ElementType.class);
        types.removeIf(type -> type.bits() < Byte.SIZE);
        return types;
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 1, 1);
        int to = p.outputTensor(0).type().bits();
        if (to < Byte.SIZE) {
            throw p.unsupported("output is " + p.outputTensor(0).type() + ", must have elements of whole bytes");
        }
        int from = p.inputTensor(0).type().bits();
        Shape input = p.inputTensor(0).shape();
        int last = input.rank() - 1;
        if (from > to) {
            return List.of(ExpandDims.expanded(input, last + 1, from / to));
        }
        if (from == to) {
            return List.of(input);
        }
        if (last < 0 || input.dimension(last) != to / from) {
            throw p.malformed("input has shape " + input + ", its last dimension must be " + to / from + " to make "
                    + p.outputTensor(0).type() + " of " + p.inputTensor(0).type());
        }
        return List.of(Shape.of(Arrays.copyOf(input.toArray(), last)));
    }

    /// Reads an array element as its bits.
    @FunctionalInterface
    private interface Reader {
        long bits(Object array, int i);
    }

    /// Writes the low bits as an array element.
    @FunctionalInterface
    private interface Writer {
        void put(Object array, int i, long bits);
    }

    @Override
    public Kernel prepare(Preparation p) {
        Slot input = p.input(0);
        Slot output = p.output(0);
        StorageType inputStorage = storage(input);
        StorageType outputStorage = storage(output);
        int inputs = input.elementCount() * StorageType.width(input.type());
        int outputs = output.elementCount() * StorageType.width(output.type());
        int inputBytes = inputStorage.elementBytes();
        int outputBytes = outputStorage.elementBytes();
        Reader reader = reader(inputStorage);
        Writer writer = writer(outputStorage);
        if (inputBytes >= outputBytes) {
            int parts = inputBytes / outputBytes;
            return memory -> {
                Object from = memory.array(input);
                Object to = memory.array(output);
                for (int i = 0; i < inputs; i++) {
                    long bits = reader.bits(from, memory.offset(input) + i);
                    for (int part = 0; part < parts; part++) {
                        writer.put(to, memory.offset(output) + i * parts + part,
                                bits >>> part * outputBytes * Byte.SIZE);
                    }
                }
            };
        }
        int parts = outputBytes / inputBytes;
        long mask = (1L << inputBytes * Byte.SIZE) - 1;
        return memory -> {
            Object from = memory.array(input);
            Object to = memory.array(output);
            for (int i = 0; i < outputs; i++) {
                long bits = 0;
                for (int part = 0; part < parts; part++) {
                    bits |= (reader.bits(from, memory.offset(input) + i * parts + part) & mask) << part * inputBytes
                            * Byte.SIZE;
                }
                writer.put(to, memory.offset(output) + i, bits);
            }
        };
    }

    private static StorageType storage(Slot slot) {
        StorageType storage = StorageType.of(slot.type());
        if (storage == null) {
            throw new AssertionError(slot.type());
        }
        return storage;
    }

    private static Reader reader(StorageType storage) {
        return switch (storage) {
            case FLOATS -> (array, i) -> Float.floatToRawIntBits(((float[]) array)[i]);
            case BYTES -> (array, i) -> ((byte[]) array)[i];
            case SHORTS -> (array, i) -> ((short[]) array)[i];
            case INTS -> (array, i) -> ((int[]) array)[i];
            case LONGS -> (array, i) -> ((long[]) array)[i];
            case DOUBLES -> (array, i) -> Double.doubleToRawLongBits(((double[]) array)[i]);
            case STRINGS -> throw new AssertionError(storage);
        };
    }

    private static Writer writer(StorageType storage) {
        return switch (storage) {
            case FLOATS -> (array, i, bits) -> ((float[]) array)[i] = Float.intBitsToFloat((int) bits);
            case BYTES -> (array, i, bits) -> ((byte[]) array)[i] = (byte) bits;
            case SHORTS -> (array, i, bits) -> ((short[]) array)[i] = (short) bits;
            case INTS -> (array, i, bits) -> ((int[]) array)[i] = (int) bits;
            case LONGS -> (array, i, bits) -> ((long[]) array)[i] = bits;
            case DOUBLES -> (array, i, bits) -> ((double[]) array)[i] = Double.longBitsToDouble(bits);
            case STRINGS -> throw new AssertionError(storage);
        };
    }
}

package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// STABLEHLO_RNG_BIT_GENERATOR: random bits from a state, and the state after them (LiteRT `rng_bit_generator.cc`). Algorithm
/// 2 is Threefry, with a state of two 64-bit numbers, key and counter; the others are [Philox], whose counter may have a
/// third. In memory a 64-bit number is two words, the low one first; only the first number of the counter counts on.
final class RandomBits implements OperatorKernel {
    private static final int THREEFRY = 2;

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.UINT64);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 1, 1, 2);
        TensorChecks.rank(p, "state", p.inputTensor(0), 1);
        Shape output = p.outputTensor(1).shape();
        if (!output.isKnown()) {
            throw p.unsupported("output 1 has shape " + output + ", must be known");
        }
        return List.of(p.inputTensor(0).shape(), output);
    }

    @Override
    public Kernel prepare(Preparation p) {
        boolean isThreefry = ((Options.StablehloRngBitGenerator) p.options()).algorithm() == THREEFRY;
        int size = p.inputTensor(0).shape().elementCount();
        if (size != 2 && (isThreefry || size != 3)) {
            throw p.malformed("state has " + size + " elements, must have 2" + (isThreefry ? "" : " or 3"));
        }
        TensorChecks.sameType(p, "output 0", p.outputTensor(0), ElementType.UINT64);
        ElementType type = p.outputTensor(1).type();
        boolean isWide = type == ElementType.INT64 || type == ElementType.UINT64;
        if (!isWide && type != ElementType.INT32 && type != ElementType.UINT32) {
            throw p.unsupported("output 1 is " + type + ", supported are INT32, INT64, UINT32 and UINT64");
        }
        Slot state = p.input(0);
        Slot newState = p.output(0);
        Slot output = p.output(1);
        Slot words = p.scratch(ElementType.INT32, Philox.GROUP);
        return new Generator(isThreefry, isWide, state, newState, output, words)::run;
    }

    private record Generator(boolean isThreefry, boolean isWide, Slot state, Slot newState, Slot output, Slot words) {

        void run(Memory memory) {
            long[] from = memory.longs(state);
            int first = memory.offset(state);
            int key0 = (int) from[first];
            int key1 = (int) (from[first] >>> Integer.SIZE);
            long counter = from[first + 1];
            // Philox's upper half: the third number, or the key again.
            long upper = state.elementCount() == 3 ? from[first + 2] : from[first];
            int[] group = memory.ints(words);
            int start = memory.offset(words);
            int groupSize = isThreefry ? 2 : Philox.GROUP;
            int count = output.elementCount();
            int wanted = isWide ? 2 : 1;
            long low = 0;
            int at = 0;
            int half = 0;
            while (at < count) {
                group[start] = (int) counter;
                group[start + 1] = (int) (counter >>> Integer.SIZE);
                if (isThreefry) {
                    Philox.threefry(key0, key1, group, start);
                } else {
                    group[start + 2] = (int) upper;
                    group[start + 3] = (int) (upper >>> Integer.SIZE);
                    Philox.encrypt(key0, key1, group, start);
                }
                counter++;
                for (int i = 0; i < groupSize && at < count; i++) {
                    half++;
                    if (half < wanted) {
                        low = Integer.toUnsignedLong(group[start + i]);
                    } else {
                        put(memory, at, isWide ? (long) group[start + i] << Integer.SIZE | low : group[start + i]);
                        at++;
                        half = 0;
                    }
                }
            }
            long[] to = memory.longs(newState);
            System.arraycopy(from, first, to, memory.offset(newState), state.elementCount());
            to[memory.offset(newState) + 1] = counter;
        }

        private void put(Memory memory, int index, long value) {
            Integers.write(output.type(), value, memory.array(output), memory.offset(output) + index);
        }
    }
}

package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/// SKIP_GRAM: all sequences of `ngramSize` words of a text in their order, up to `maxSkipSize` words left out between two
/// neighbours; with `includeAllNgrams` shorter ones as well (LiteRT `skip_gram.cc`). Words are what stands between white
/// space, and a sequence is its words with a space between them. A text with fewer words than `ngramSize` has none.
final class SkipGram implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.STRING);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 1, 1);
        // How many there are depends on the text.
        return List.of(Shape.of(-1));
    }

    @Override
    public Kernel prepare(Preparation p) {
        Options.SkipGram options = (Options.SkipGram) p.options();
        TensorChecks.sameType(p, "output", p.outputTensor(0), ElementType.STRING);
        if (options.ngramSize() < 1 || options.maxSkipSize() < 0) {
            throw p.malformed("n-gram size is " + options.ngramSize() + " and skip size " + options.maxSkipSize()
                    + ", must be at least 1 and 0");
        }
        Slot input = p.input(0);
        Slot output = p.output(0);
        String where = p.where();
        return memory -> {
            byte[] text = input.elementCount() == 0 ? new byte[0] : memory.strings(input)[memory.offset(input)];
            List<byte[]> grams = grams(memory, words(text), options, where);
            Slot to = memory.shaped(output, Shape.of(grams.size()));
            for (int i = 0; i < grams.size(); i++) {
                memory.strings(to)[memory.offset(to) + i] = grams.get(i);
            }
        };
    }

    private static List<byte[]> words(byte[] text) {
        List<byte[]> words = new ArrayList<>();
        int start = 0;
        for (int i = 1; i < text.length; i++) {
            if (isSpace(text[i])) {
                if (i > start && !isSpace(text[start])) {
                    words.add(Arrays.copyOfRange(text, start, i));
                }
                start = i + 1;
            }
        }
        if (text.length > start) {
            words.add(Arrays.copyOfRange(text, start, text.length));
        }
        return words;
    }

    private static boolean isSpace(byte c) {
        return c == ' ' || c >= '\t' && c <= '\r';
    }

    /// Goes through the choices of words depth first, in the order in which the reference lists them.
    private static List<byte[]> grams(Memory memory, List<byte[]> words, Options.SkipGram options, String where) {
        List<byte[]> grams = new ArrayList<>();
        int size = options.ngramSize();
        if (words.size() < size) {
            return grams;
        }
        int[] chosen = new int[size];
        int depth = 1;
        while (depth >= 0) {
            memory.countLoop(where);
            boolean goesOn = depth < size && chosen[depth] + 1 < words.size()
                    && (depth == 0 || chosen[depth] - chosen[depth - 1] <= options.maxSkipSize());
            if (goesOn) {
                chosen[depth]++;
                depth++;
                if (depth < size) {
                    chosen[depth] = chosen[depth - 1];
                }
            } else {
                if (depth == size || depth > 0 && options.includeAllNgrams()) {
                    grams.add(joined(words, chosen, depth));
                }
                depth--;
            }
        }
        return grams;
    }

    private static byte[] joined(List<byte[]> words, int[] chosen, int count) {
        ByteArrayOutputStream gram = new ByteArrayOutputStream();
        for (int i = 0; i < count; i++) {
            if (i > 0) {
                gram.write(' ');
            }
            gram.writeBytes(words.get(chosen[i]));
        }
        return gram.toByteArray();
    }
}

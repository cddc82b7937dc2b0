package dev.whittle.trainer.data;

import java.util.List;
import java.util.function.IntUnaryOperator;

/// A source of two classes that has labels but no pixels.
record Labels(IntUnaryOperator labels, int size) implements ImageSource {
    @Override
    public List<String> classNames() {
        return List.of("a", "b");
    }

    @Override
    public int label(int i) {
        return labels.applyAsInt(i);
    }

    @Override
    public String name(int i) {
        return "image " + i;
    }

    @Override
    public PixelImage image(int i) {
        throw new UnsupportedOperationException("only labels here");
    }
}

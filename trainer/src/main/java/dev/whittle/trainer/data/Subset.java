package dev.whittle.trainer.data;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Some images of another source, renumbered.
final class Subset implements ImageSource {
    private final ImageSource source;
    private final int[] indices;

    Subset(ImageSource source, int[] indices) {
        this.source = source;
        this.indices = indices.clone();
        for (int index : indices) {
            Objects.checkIndex(index, source.size());
        }
    }

    @Override
    public List<String> classNames() {
        return source.classNames();
    }

    @Override
    public int size() {
        return indices.length;
    }

    @Override
    public int label(int i) {
        return source.label(indices[i]);
    }

    @Override
    public String name(int i) {
        return source.name(indices[i]);
    }

    @Override
    public @Nullable Path file(int i) {
        return source.file(indices[i]);
    }

    @Override
    public PixelImage image(int i) {
        return source.image(indices[i]);
    }

    @Override
    public Thumbnail thumbnail(int i) {
        return source.thumbnail(indices[i]);
    }

    @Override
    public int[] groups(int threads) {
        int[] groups = source.groups(threads);
        Map<Integer, Integer> renumbered = new HashMap<>();
        int[] own = new int[indices.length];
        for (int i = 0; i < own.length; i++) {
            own[i] = renumbered.merge(groups[indices[i]], renumbered.size(), (known, next) -> known);
        }
        return own;
    }
}

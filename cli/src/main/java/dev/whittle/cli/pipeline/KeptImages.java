package dev.whittle.cli.pipeline;

import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.data.PixelImage;
import dev.whittle.trainer.data.Thumbnail;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;

/// Keeps decoded images in memory as long as a budget lasts: the main job looks at each image many times.
final class KeptImages implements ImageSource {
    private final ImageSource source;
    private final AtomicReferenceArray<PixelImage> kept;
    private final AtomicLong budgetBytes;

    /// @param budgetBytes what may still be kept, shared by all that are given it
    KeptImages(ImageSource source, AtomicLong budgetBytes) {
        this.source = source;
        this.budgetBytes = budgetBytes;
        kept = new AtomicReferenceArray<>(source.size());
    }

    @Override
    public List<String> classNames() {
        return source.classNames();
    }

    @Override
    public int size() {
        return source.size();
    }

    @Override
    public int label(int i) {
        return source.label(i);
    }

    @Override
    public String name(int i) {
        return source.name(i);
    }

    @Override
    public PixelImage image(int i) {
        PixelImage found = kept.get(i);
        if (found != null) {
            return found;
        }
        PixelImage image = source.image(i);
        long bytes = image.byteCount();
        if (budgetBytes.addAndGet(-bytes) < 0 || !kept.compareAndSet(i, null, image)) {
            budgetBytes.addAndGet(bytes);
        }
        return image;
    }

    @Override
    public Thumbnail thumbnail(int i) {
        return source.thumbnail(i);
    }
}

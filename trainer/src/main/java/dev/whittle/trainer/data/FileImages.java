package dev.whittle.trainer.data;

import java.io.IOException;
import java.lang.ref.SoftReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/// Image files that could be decoded. What is held for an image is its name, its label and, as long as memory is not
/// wanted for something else, its thumbnail.
final class FileImages implements ImageSource {
    private final Path root;
    private final List<String> classNames;
    private final List<Entry> entries;
    private final AtomicReferenceArray<@Nullable SoftReference<Thumbnail>> thumbnails;

    /// @param name path below the root, with slashes
    private record Entry(String name, int label) {
    }

    private FileImages(Path root, List<String> classNames, List<Entry> entries, List<SoftReference<Thumbnail>> found) {
        this.root = root;
        this.classNames = List.copyOf(classNames);
        this.entries = List.copyOf(entries);
        thumbnails = new AtomicReferenceArray<>(found.toArray(SoftReference[]::new));
    }

    /// Decodes every file once on `threads` threads to find the broken ones.
    ///
    /// @param listed what an error names: the folder or the list that the files are in
    /// @param root what the names are relative to
    /// @param broken takes the files that cannot be decoded, in the order of the names
    /// @throws DataException if every image of a class is broken
    static FileImages open(Path listed, Path root, List<String> classNames, List<String> names, List<Integer> labels,
            int threads, List<BrokenImage> broken) {
        List<Entry> entries = new ArrayList<>();
        List<SoftReference<Thumbnail>> found = new ArrayList<>();
        @Nullable BrokenImage[] firstBroken = new BrokenImage[classNames.size()];
        new ParallelLoader(threads).run(names.size(), i -> Checked.of(root.resolve(names.get(i))), (i, checked) -> {
            switch (checked) {
                case Checked.Good(SoftReference<Thumbnail> thumbnail) -> {
                    entries.add(new Entry(names.get(i), labels.get(i)));
                    found.add(thumbnail);
                }
                case Checked.Bad(String reason) -> {
                    BrokenImage image = new BrokenImage(names.get(i), reason);
                    broken.add(image);
                    if (firstBroken[labels.get(i)] == null) {
                        firstBroken[labels.get(i)] = image;
                    }
                }
            }
        });
        FileImages images = new FileImages(root, classNames, entries, found);
        int[] counts = images.classCounts();
        for (int label = 0; label < counts.length; label++) {
            BrokenImage first = firstBroken[label];
            if (counts[label] == 0 && first != null) {
                throw new DataException("[%s] every image of class \"%s\" is broken, the first: %s (%s)"
                        .formatted(listed, classNames.get(label), first.name(), first.reason()));
            }
        }
        return images;
    }

    /// What decoding one file showed.
    private sealed interface Checked {
        record Good(SoftReference<Thumbnail> thumbnail) implements Checked {
        }

        record Bad(String reason) implements Checked {
        }

        static Checked of(Path file) {
            if (!Files.isRegularFile(file)) {
                return new Bad("no such file");
            }
            try {
                return new Good(new SoftReference<>(Thumbnail.of(ImageFile.read(file))));
            } catch (IOException e) {
                return new Bad(String.valueOf(e.getMessage()));
            }
        }
    }

    @Override
    public List<String> classNames() {
        return classNames;
    }

    @Override
    public int size() {
        return entries.size();
    }

    @Override
    public int label(int i) {
        return entries.get(i).label();
    }

    @Override
    public String name(int i) {
        return entries.get(i).name();
    }

    @Override
    public Path file(int i) {
        return root.resolve(entries.get(i).name());
    }

    @Override
    public Thumbnail thumbnail(int i) {
        SoftReference<Thumbnail> reference = thumbnails.get(i);
        Thumbnail kept = reference == null ? null : reference.get();
        if (kept != null) {
            return kept;
        }
        Thumbnail made = Thumbnail.of(image(i));
        thumbnails.set(i, new SoftReference<>(made));
        return made;
    }

    @Override
    public PixelImage image(int i) {
        try {
            return ImageFile.read(file(i));
        } catch (IOException e) {
            throw new DataException("[%s] can no longer be read: %s".formatted(file(i), e.getMessage()), e);
        }
    }
}

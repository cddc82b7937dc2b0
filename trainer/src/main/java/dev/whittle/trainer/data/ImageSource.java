package dev.whittle.trainer.data;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Labelled images by number, in a fixed order. Every method may be called from several threads at once, and
/// `image(i)` gives the same pixels every time; images are decoded (or drawn) on demand and not kept.
public interface ImageSource {
    /// The names of the classes, in a fixed order; a label is an index into this list.
    List<String> classNames();

    /// How many images there are.
    int size();

    /// The class of image `i`, `0 ≤ label < classNames().size()`.
    int label(int i);

    /// What a person would call image `i`: its path below the folder, or the generator's number.
    String name(int i);

    /// The file that image `i` alone is in; null where it is in none.
    default @Nullable Path file(int i) {
        return null;
    }

    /// The pixels of image `i`.
    ///
    /// @throws DataException if the file can no longer be read
    PixelImage image(int i);

    /// The thumbnail of image `i`; a source that has decoded the image before may have kept it.
    default Thumbnail thumbnail(int i) {
        return Thumbnail.of(image(i));
    }

    /// The group of every image, numbered from 0 in the order of first appearance: images of one group show the same
    /// photograph and must not be divided between training and validation.
    default int[] groups(int threads) {
        return NearDuplicates.groups(NearDuplicates.thumbnails(this, threads), NearDuplicates.DEFAULT_THRESHOLD,
                threads);
    }

    /// The images `indices[0], indices[1], …` of this source as a source of their own.
    default ImageSource subset(int[] indices) {
        return new Subset(this, indices);
    }

    /// The number of images of each class.
    default int[] classCounts() {
        int[] counts = new int[classNames().size()];
        for (int i = 0; i < size(); i++) {
            counts[label(i)]++;
        }
        return counts;
    }
}

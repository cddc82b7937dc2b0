package dev.whittle.trainer.data;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Several sources of the same classes, one after the other.
public record JoinedImages(List<ImageSource> sources) implements ImageSource {

    public JoinedImages {
        sources = List.copyOf(sources);
    }

    @Override
    public List<String> classNames() {
        return sources.getFirst().classNames();
    }

    @Override
    public int size() {
        return sources.stream().mapToInt(ImageSource::size).sum();
    }

    @Override
    public int label(int i) {
        Place place = place(i);
        return place.source().label(place.index());
    }

    @Override
    public String name(int i) {
        Place place = place(i);
        return place.source().name(place.index());
    }

    @Override
    public @Nullable Path file(int i) {
        Place place = place(i);
        return place.source().file(place.index());
    }

    @Override
    public Thumbnail thumbnail(int i) {
        Place place = place(i);
        return place.source().thumbnail(place.index());
    }

    @Override
    public PixelImage image(int i) {
        Place place = place(i);
        return place.source().image(place.index());
    }

    /// Image `index` of one of the sources.
    private record Place(ImageSource source, int index) {
    }

    private Place place(int i) {
        int index = i;
        for (ImageSource source : sources) {
            if (index < source.size()) {
                return new Place(source, index);
            }
            index -= source.size();
        }
        throw new IndexOutOfBoundsException("image " + i + " of " + size());
    }
}

package dev.whittle.trainer.data;

import java.awt.image.BufferedImage;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import javax.imageio.IIOException;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.FileImageInputStream;
import javax.imageio.stream.ImageInputStream;
import org.jspecify.annotations.Nullable;

/// One JPEG, PNG or BMP file.
public final class ImageFile {
    /// Larger images are refused before a pixel is decoded: a header of a few bytes can ask for gigabytes.
    public static final long MAX_PIXELS = 64L << 20;

    private static final Set<String> FORMATS = Set.of("jpeg", "png", "bmp");
    private static final Pattern NAME =
            Pattern.compile(".*\\.(jpe?g|png|bmp)", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    // The JDK's decoder fills the rest of a cut-off JPEG with grey and only warns.
    private static final Pattern INCOMPLETE = Pattern.compile("truncated|premature end", Pattern.CASE_INSENSITIVE);

    private ImageFile() {}

    /// Whether a file of this name is taken for an image.
    public static boolean isImageName(String fileName) {
        return NAME.matcher(fileName).matches();
    }

    /// Decodes the first image of `file`. The orientation tag of a camera is not applied.
    ///
    /// @throws IOException if the file cannot be read, is no JPEG, PNG or BMP, is cut off or damaged, or has more than
    ///     [#MAX_PIXELS] pixels; the message is the reason in one line, without the file's name
    public static PixelImage read(Path file) throws IOException {
        try (ImageInputStream stream = new FileImageInputStream(file.toFile())) {
            if (stream.length() == 0) {
                throw new IIOException("the file is empty");
            }
            ImageReader reader = reader(stream);
            if (reader == null) {
                throw new IIOException("not a JPEG, PNG or BMP image");
            }
            try {
                reader.setInput(stream, true, true);
                return decode(reader);
            } finally {
                reader.dispose();
            }
        }
    }

    private static @Nullable ImageReader reader(ImageInputStream stream) throws IOException {
        for (Iterator<ImageReader> readers = ImageIO.getImageReaders(stream); readers.hasNext();) {
            ImageReader reader = readers.next();
            if (FORMATS.contains(reader.getFormatName().toLowerCase(Locale.ROOT))) {
                return reader;
            }
        }
        return null;
    }

    private static PixelImage decode(ImageReader reader) throws IOException {
        BufferedImage decoded;
        List<String> warnings = new ArrayList<>();
        try {
            long height = reader.getHeight(0);
            long width = reader.getWidth(0);
            if (height * width > MAX_PIXELS) {
                throw new IIOException("%d x %d pixels, at most %d are read".formatted(width, height, MAX_PIXELS));
            }
            reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
            decoded = reader.read(0);
        } catch (RuntimeException e) {
            // The JDK's readers answer some damaged files with unchecked exceptions of many types.
            throw new IIOException("damaged: " + oneLine(e), e);
        } catch (EOFException e) {
            throw new IIOException("cut off: the file ends early", e);
        } catch (IOException e) {
            throw new IIOException(oneLine(e), e);
        }
        for (String warning : warnings) {
            if (INCOMPLETE.matcher(warning).find()) {
                throw new IIOException("cut off: " + warning.strip());
            }
        }
        return PixelImage.of(decoded);
    }

    private static String oneLine(Exception e) {
        String message = e.getMessage();
        return message == null || message.isBlank()
                ? e.getClass().getSimpleName()
                : message.strip().replaceAll("\\s*\\R\\s*", "; ");
    }
}

package dev.whittle.trainer.data;

import dev.whittle.engine.file.AtomicFile;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import javax.imageio.ImageIO;

/// Samples of every class on one picture: a labelled row per class, the images spread evenly over the class.
public final class ContactSheet {
    private static final int GAP = 8;
    private static final int LABEL_HEIGHT = 30;
    private static final Color PAPER = Color.WHITE;
    private static final Color INK = new Color(0x222222);
    private static final Font CAPTION = new Font(Font.SANS_SERIF, Font.PLAIN, 11);
    private static final Font LABEL = new Font(Font.SANS_SERIF, Font.BOLD, 16);

    private ContactSheet() {}

    /// Draws `columns` samples of each class in cells of `cell` × `cell` pixels; a picture keeps its aspect.
    public static BufferedImage draw(ImageSource source, int columns, int cell) {
        List<String> classNames = source.classNames();
        int[] counts = source.classCounts();
        int rowHeight = LABEL_HEIGHT + cell + GAP;
        BufferedImage sheet = new BufferedImage(
                GAP + columns * (cell + GAP), classNames.size() * rowHeight + GAP, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = paper(sheet);
        try {
            for (int label = 0; label < classNames.size(); label++) {
                int top = label * rowHeight;
                graphics.setColor(INK);
                graphics.setFont(LABEL);
                graphics.drawString(
                        String.format(Locale.ROOT, "%s  (%,d)", classNames.get(label), counts[label]),
                        GAP,
                        top + LABEL_HEIGHT - GAP);
                int column = 0;
                for (int i : spread(source, label, columns)) {
                    drawFitted(graphics, source.image(i), GAP + column++ * (cell + GAP), top + LABEL_HEIGHT, cell);
                }
            }
        } finally {
            graphics.dispose();
        }
        return sheet;
    }

    /// Two images to be looked at beside each other.
    ///
    /// @param caption one line above them
    public record Pair(PixelImage left, PixelImage right, String caption) {
    }

    /// Draws pairs of images, `columns` pairs in a row.
    ///
    /// @param pairs called once for each, in order
    public static BufferedImage drawPairs(int count, IntFunction<Pair> pairs, int columns, int cell) {
        int rowHeight = LABEL_HEIGHT + cell + GAP;
        int pairWidth = 2 * cell + 3 * GAP;
        BufferedImage sheet = new BufferedImage(GAP + columns * pairWidth,
                Math.max(1, Math.ceilDiv(count, columns)) * rowHeight + GAP, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = paper(sheet);
        try {
            for (int i = 0; i < count; i++) {
                Pair pair = pairs.apply(i);
                int x = GAP + i % columns * pairWidth;
                int top = i / columns * rowHeight;
                graphics.setColor(INK);
                graphics.setFont(CAPTION);
                graphics.setClip(x, top, pairWidth - GAP, LABEL_HEIGHT);
                graphics.drawString(pair.caption, x, top + LABEL_HEIGHT - GAP);
                graphics.setClip(null);
                drawFitted(graphics, pair.left, x, top + LABEL_HEIGHT, cell);
                drawFitted(graphics, pair.right, x + cell + GAP, top + LABEL_HEIGHT, cell);
            }
        } finally {
            graphics.dispose();
        }
        return sheet;
    }

    /// Draws the sheet of a source and writes it as PNG.
    public static void write(ImageSource source, int columns, int cell, Path file) throws IOException {
        write(draw(source, columns, cell), file);
    }

    /// Writes a sheet as PNG; the file appears whole or not at all.
    public static void write(BufferedImage sheet, Path file) throws IOException {
        AtomicFile.write(file, out -> ImageIO.write(sheet, "png", out));
    }

    /// A white sheet to draw on.
    private static Graphics2D paper(BufferedImage sheet) {
        Graphics2D graphics = sheet.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        graphics.setColor(PAPER);
        graphics.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
        return graphics;
    }

    private static int[] spread(ImageSource source, int label, int columns) {
        List<Integer> members = new ArrayList<>();
        for (int i = 0; i < source.size(); i++) {
            if (source.label(i) == label) {
                members.add(i);
            }
        }
        int[] chosen = new int[Math.min(columns, members.size())];
        Arrays.setAll(chosen, k -> members.get((int) ((long) k * members.size() / chosen.length)));
        return chosen;
    }

    private static void drawFitted(Graphics2D graphics, PixelImage image, int x, int y, int cell) {
        double scale = (double) cell / Math.max(image.height(), image.width());
        int width = (int) Math.max(1, Math.round(image.width() * scale));
        int height = (int) Math.max(1, Math.round(image.height() * scale));
        // Java2D samples four or sixteen neighbours only, so large pictures are halved first.
        BufferedImage picture = image.toBufferedImage();
        while (picture.getWidth() >= 2 * width && picture.getHeight() >= 2 * height) {
            picture = halved(picture);
        }
        graphics.drawImage(picture, x + (cell - width) / 2, y + (cell - height) / 2, width, height, null);
    }

    private static BufferedImage halved(BufferedImage picture) {
        int width = picture.getWidth() / 2;
        int height = picture.getHeight() / 2;
        BufferedImage half = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = half.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
        graphics.drawImage(picture, 0, 0, width, height, null);
        graphics.dispose();
        return half;
    }
}

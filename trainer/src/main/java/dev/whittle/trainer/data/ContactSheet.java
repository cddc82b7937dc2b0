package dev.whittle.trainer.data;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;

/// Samples of every class on one picture: a labelled row per class, the images spread evenly over the class.
public final class ContactSheet {
    private static final int GAP = 8;
    private static final int LABEL_HEIGHT = 30;
    private static final Color PAPER = Color.WHITE;
    private static final Color INK = new Color(0x222222);
    private static final Font LABEL = new Font(Font.SANS_SERIF, Font.BOLD, 16);

    private ContactSheet() {}

    /// Draws `columns` samples of each class in cells of `cell` × `cell` pixels; a picture keeps its aspect.
    public static BufferedImage draw(ImageSource source, int columns, int cell) {
        List<String> classNames = source.classNames();
        int[] counts = source.classCounts();
        int rowHeight = LABEL_HEIGHT + cell + GAP;
        BufferedImage sheet = new BufferedImage(
                GAP + columns * (cell + GAP), classNames.size() * rowHeight + GAP, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = sheet.createGraphics();
        try {
            graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
            graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            graphics.setColor(PAPER);
            graphics.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
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

    /// Draws the sheet and writes it as PNG, to a temporary file first that is then moved to `file`.
    public static void write(ImageSource source, int columns, int cell, Path file) throws IOException {
        BufferedImage sheet = draw(source, columns, cell);
        Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
        try {
            try (var out = Files.newOutputStream(temporary)) {
                ImageIO.write(sheet, "png", out);
            }
            Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(temporary);
        }
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

package dev.whittle.trainer.explain;

import dev.whittle.trainer.data.PixelImage;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;

/// An explanation drawn over its image: green regions speak for the class, red ones against it, the stronger the more opaque.
/// Regions of at least half the largest weight are outlined.
public final class Overlay {
    private static final int FOR = 0x1B9E3C;
    private static final int AGAINST = 0xD62728;
    private static final double STRONGEST_TINT = 0.55;
    private static final double OUTLINE_FROM = 0.5;

    private Overlay() {}

    /// Draws the overlay with the longer side `size` pixels.
    public static BufferedImage draw(PixelImage image, Explanation explanation, int size) {
        Superpixels regions = explanation.superpixels();
        if (regions.height() != image.height() || regions.width() != image.width()) {
            throw new IllegalArgumentException("an explanation of %d x %d pixels for an image of %d x %d"
                    .formatted(regions.height(), regions.width(), image.height(), image.width()));
        }
        double scale = (double) size / Math.max(image.height(), image.width());
        int height = (int) Math.max(1, Math.round(image.height() * scale));
        int width = (int) Math.max(1, Math.round(image.width() * scale));
        BufferedImage overlay = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = overlay.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
        graphics.drawImage(image.toBufferedImage(), 0, 0, width, height, null);
        graphics.dispose();

        double largest = explanation.weights().stream().mapToDouble(Math::abs).max().orElse(0);
        if (largest == 0) {
            return overlay;
        }
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int region = region(regions, y, x, height, width);
                double strength = explanation.weights().get(region) / largest;
                boolean border = region != region(regions, Math.max(0, y - 1), x, height, width)
                        || region != region(regions, y, Math.max(0, x - 1), height, width)
                        || region != region(regions, Math.min(height - 1, y + 1), x, height, width)
                        || region != region(regions, y, Math.min(width - 1, x + 1), height, width);
                double opacity = border && Math.abs(strength) >= OUTLINE_FROM ? 1 : STRONGEST_TINT * Math.abs(strength);
                overlay.setRGB(x, y, mix(overlay.getRGB(x, y), strength > 0 ? FOR : AGAINST, opacity));
            }
        }
        return overlay;
    }

    private static int region(Superpixels regions, int y, int x, int height, int width) {
        return regions.label(y * regions.height() / height, x * regions.width() / width);
    }

    private static int mix(int below, int above, double opacity) {
        int mixed = 0;
        for (int shift = 0; shift <= 16; shift += 8) {
            int from = below >> shift & 0xFF;
            int to = above >> shift & 0xFF;
            mixed |= (int) Math.round(from + opacity * (to - from)) << shift;
        }
        return mixed;
    }
}

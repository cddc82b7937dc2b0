package dev.whittle.trainer.data;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RadialGradientPaint;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Area;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Point2D;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;
import java.util.List;

/// One made-up photograph of a pump impeller casting from above, grey, square.
///
/// Java2D draws the part as a map of materials, in units of the outer radius: the red channel holds how bright the surface is,
/// green how much it shines like turned metal, blue how rough it is. [#photograph] then turns the map into a picture: turned
/// metal reflects in two opposite fans, shows its concentric tool marks, cast skin has grain, the light falls off to one side
/// and to the corners, and the lens and sensor add blur and noise.
///
/// Every number comes from one [SplitMix64] stream and every function used is exact or from [StrictMath], so a casting is the
/// same on every machine.
final class Casting {
    private static final double GROOVE_RADIUS = 0.635;
    private static final double INNER_RING_RADIUS = 0.57;
    private static final double CAVITY_RADIUS = 0.50;
    private static final double HUB_RADIUS = 0.27;
    private static final double BORE_RADIUS = 0.19;
    private static final double BOLT_CIRCLE_RADIUS = 0.81;
    private static final double BOLT_RADIUS = 0.062;
    private static final int BOLTS = 6;
    private static final int VANES = 7;
    private static final int GRAIN_CELLS = 97;
    private static final int TOOL_MARKS = 256;
    private static final float[] LENS = {1 / 16f, 4 / 16f, 6 / 16f, 4 / 16f, 1 / 16f};

    private final SplitMix64 random;
    private final int size;
    private final double radius;
    private final double centreX;
    private final double centreY;
    private final double turn;
    private final double squeeze;
    private final double lightX;
    private final double lightY;

    private Casting(SplitMix64 random, int size) {
        this.random = random;
        this.size = size;
        this.radius = size * random.uniform(0.385, 0.425);
        this.centreX = size * random.uniform(0.47, 0.53);
        this.centreY = size * random.uniform(0.47, 0.53);
        this.turn = random.uniform(0, 2 * Math.PI);
        this.squeeze = random.uniform(0.97, 1.0);
        double light = random.uniform(0, 2 * Math.PI);
        this.lightX = StrictMath.cos(light);
        this.lightY = StrictMath.sin(light);
    }

    /// Draws a casting with the given defects at `size` × `size` pixels.
    static PixelImage draw(SplitMix64 random, int size, List<Defect> defects) {
        Casting casting = new Casting(random, size);
        BufferedImage materials = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = materials.createGraphics();
        try {
            graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
            casting.drawTable(graphics);
            graphics.translate(casting.centreX, casting.centreY);
            graphics.rotate(casting.turn);
            graphics.scale(casting.radius, casting.radius * casting.squeeze);
            casting.drawPart(graphics);
            casting.drawHarmlessMarks(graphics);
            for (Defect defect : defects) {
                casting.drawDefect(graphics, defect);
            }
        } finally {
            graphics.dispose();
        }
        return casting.photograph(materials);
    }

    private static Color material(double brightness, double shine, double roughness) {
        return new Color((float) brightness, (float) shine, (float) roughness);
    }

    private static Color material(double brightness, double shine, double roughness, double opacity) {
        return new Color((float) brightness, (float) shine, (float) roughness, (float) opacity);
    }

    private static Shape disc(double x, double y, double radius) {
        return new Ellipse2D.Double(x - radius, y - radius, 2 * radius, 2 * radius);
    }

    private void drawTable(Graphics2D graphics) {
        graphics.setColor(material(random.uniform(0.52, 0.66), 0, 0.25));
        graphics.fillRect(0, 0, size, size);
        double reach = radius * random.uniform(1.12, 1.25);
        float rim = (float) (radius / reach);
        Point2D centre = new Point2D.Double(
                centreX - lightX * radius * 0.05, centreY - lightY * radius * 0.05);
        graphics.setPaint(new RadialGradientPaint(
                centre,
                (float) reach,
                new float[]{0, rim * 0.97f, 1},
                new Color[]{material(0.1, 0, 0.2), material(0.1, 0, 0.2, 0.75), material(0.1, 0, 0.2, 0)}));
        graphics.fill(disc(centre.getX(), centre.getY(), reach));
    }

    private void drawPart(Graphics2D graphics) {
        double metal = random.uniform(0.76, 0.82);
        graphics.setColor(material(0.55, 0.5, 0.3));
        graphics.fill(disc(0, 0, 1));
        graphics.setColor(material(metal, 1, 0.2));
        graphics.fill(disc(0, 0, 0.98));
        graphics.setColor(material(metal * 0.9, 0.9, 0.3));
        graphics.fill(disc(0, 0, 0.675));
        graphics.setColor(material(0.3, 0.1, 0.2));
        graphics.fill(disc(0.012, 0.012, GROOVE_RADIUS));
        graphics.setColor(material(metal * 1.05, 0.8, 0.3));
        graphics.fill(disc(0, 0, INNER_RING_RADIUS));
        graphics.setColor(material(0.1, 0, 0.5));
        graphics.fill(disc(0, 0, CAVITY_RADIUS));
        for (int vane = 0; vane < VANES; vane++) {
            drawVane(graphics, 2 * Math.PI * vane / VANES);
        }
        graphics.setColor(material(0.05, 0, 0.2));
        graphics.fill(disc(0, 0, HUB_RADIUS + 0.02));
        graphics.setColor(material(metal * 1.08, 0.55, 0.5));
        graphics.fill(disc(0, 0, HUB_RADIUS));
        graphics.setPaint(new RadialGradientPaint(
                new Point2D.Double(-0.06, -0.05),
                (float) (BORE_RADIUS * 1.4),
                new float[]{0, 1},
                new Color[]{material(0.55, 0, 0.2), material(0.2, 0, 0.2)}));
        graphics.fill(disc(0, 0, BORE_RADIUS));
        for (int bolt = 0; bolt < BOLTS; bolt++) {
            double angle = 2 * Math.PI * bolt / BOLTS;
            double x = BOLT_CIRCLE_RADIUS * StrictMath.cos(angle);
            double y = BOLT_CIRCLE_RADIUS * StrictMath.sin(angle);
            graphics.setColor(material(metal * 1.1, 0.6, 0.2));
            graphics.fill(disc(x, y, BOLT_RADIUS + 0.012));
            graphics.setColor(material(0.6, 0.2, 0.2));
            graphics.fill(disc(x, y, BOLT_RADIUS));
        }
    }

    private void drawVane(Graphics2D graphics, double angle) {
        Path2D vane = new Path2D.Double();
        vane.moveTo(HUB_RADIUS, 0);
        vane.quadTo(0.42, 0.04, CAVITY_RADIUS * 0.86, CAVITY_RADIUS * 0.5);
        graphics.setColor(material(0.27, 0, 0.5));
        graphics.setStroke(new BasicStroke(0.03f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
        graphics.draw(AffineTransform.getRotateInstance(angle).createTransformedShape(vane));
    }

    /// What good and defective castings have alike: dust, stains, faint marks of handling.
    private void drawHarmlessMarks(Graphics2D graphics) {
        for (int speck = random.below(4); speck > 0; speck--) {
            double[] at = onFace(0.02);
            graphics.setColor(material(random.uniform(0.35, 0.55), 0.3, 0.4, 0.5));
            graphics.fill(disc(at[0], at[1], random.uniform(0.005, 0.012)));
        }
        for (int stain = random.below(3); stain > 0; stain--) {
            double[] at = onFace(0.05);
            double reach = random.uniform(0.06, 0.16);
            double brightness = random.uniform(0.35, 0.8);
            fade(graphics, at[0], at[1], reach, brightness, random.uniform(0.1, 0.3));
        }
        for (int mark = random.below(3); mark > 0; mark--) {
            stroke(graphics, random.uniform(0.05, 0.2), random.uniform(0.006, 0.01), random.uniform(0.5, 0.8), 0.3);
        }
    }

    private void drawDefect(Graphics2D graphics, Defect defect) {
        switch (defect) {
            case BLOW_HOLE -> drawBlowHoles(graphics);
            case SCRATCH -> {
                double length = random.uniform(0.4, 0.9);
                stroke(graphics, length, random.uniform(0.03, 0.05), random.uniform(0.06, 0.16), 0.95);
            }
            case DENT -> drawDent(graphics);
            case BURR -> drawBurr(graphics);
            case MISSING_EDGE -> drawMissingEdge(graphics);
        }
    }

    private void drawBlowHoles(Graphics2D graphics) {
        double[] at = onFace(0.06);
        for (int hole = 2 + random.below(3); hole > 0; hole--) {
            double holeRadius = random.uniform(0.045, 0.085);
            Shape outline = blob(at[0], at[1], holeRadius);
            graphics.setColor(material(0.95, 0.5, 0.3, 0.7));
            graphics.setStroke(new BasicStroke(0.014f));
            graphics.draw(outline);
            graphics.setColor(material(random.uniform(0.05, 0.18), 0, 0.4));
            graphics.fill(outline);
            at[0] += random.uniform(-0.16, 0.16);
            at[1] += random.uniform(-0.16, 0.16);
        }
    }

    private void drawDent(Graphics2D graphics) {
        double[] at = onFace(0.1);
        double reach = random.uniform(0.12, 0.17);
        double angle = random.uniform(0, 2 * Math.PI);
        double x = 0.45 * reach * StrictMath.cos(angle);
        double y = 0.45 * reach * StrictMath.sin(angle);
        fade(graphics, at[0] + x, at[1] + y, reach, 0.08, 0.95);
        fade(graphics, at[0] - x, at[1] - y, reach, 1, 0.9);
    }

    private void drawBurr(Graphics2D graphics) {
        double from = random.uniform(0, 2 * Math.PI);
        double span = random.uniform(0.6, 2.0);
        int teeth = (int) (span / 0.07);
        Path2D burr = new Path2D.Double();
        burr.moveTo(0.97 * StrictMath.cos(from), 0.97 * StrictMath.sin(from));
        for (int tooth = 1; tooth < teeth; tooth++) {
            double angle = from + span * tooth / teeth;
            double reach = random.uniform(1.03, 1.16);
            burr.lineTo(reach * StrictMath.cos(angle), reach * StrictMath.sin(angle));
        }
        burr.lineTo(0.97 * StrictMath.cos(from + span), 0.97 * StrictMath.sin(from + span));
        burr.closePath();
        graphics.setColor(material(random.uniform(0.1, 0.25), 0.1, 1));
        graphics.fill(burr);
        graphics.setColor(material(0.85, 0.5, 0.6, 0.8));
        graphics.setStroke(new BasicStroke(0.012f));
        graphics.draw(burr);
    }

    private void drawMissingEdge(Graphics2D graphics) {
        double angle = random.uniform(0, 2 * Math.PI);
        double depth = random.uniform(0.14, 0.24);
        double reach = random.uniform(0.2, 0.32);
        double at = 1 + reach - depth;
        Area bite = new Area(blob(at * StrictMath.cos(angle), at * StrictMath.sin(angle), reach));
        Area rim = new Area(disc(0, 0, 1.01));
        rim.subtract(new Area(disc(0, 0, 0.75)));
        bite.intersect(rim);
        graphics.setColor(material(random.uniform(0.12, 0.24), 0, 0.3));
        graphics.fill(bite);
        bite.intersect(new Area(disc(0, 0, 0.98)));
        graphics.setColor(material(0.12, 0.1, 0.8));
        graphics.setStroke(new BasicStroke(0.02f));
        graphics.draw(bite);
    }

    /// A scratch or mark over a random point of the face, slightly bent, more along the rim than across it.
    private void stroke(Graphics2D graphics, double length, double width, double brightness, double opacity) {
        double[] middle = onFace(0.08);
        double angle = StrictMath.atan2(middle[0], -middle[1]) + random.uniform(-0.6, 0.6);
        double bend = random.uniform(-0.1, 0.1);
        double halfX = length / 2 * StrictMath.cos(angle);
        double halfY = length / 2 * StrictMath.sin(angle);
        Path2D line = new Path2D.Double();
        line.moveTo(middle[0] - halfX, middle[1] - halfY);
        line.quadTo(
                middle[0] - bend * halfY, middle[1] + bend * halfX, middle[0] + halfX, middle[1] + halfY);
        Area face = new Area(disc(0, 0, 0.98));
        face.subtract(new Area(disc(0, 0, GROOVE_RADIUS + 0.02)));
        Shape clip = graphics.getClip();
        graphics.clip(face);
        graphics.setStroke(new BasicStroke((float) width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
        graphics.setColor(material(brightness, 0.2, 0.4, opacity));
        graphics.draw(line);
        graphics.setClip(clip);
    }

    private static void fade(Graphics2D graphics, double x, double y, double reach, double brightness, double opacity) {
        graphics.setPaint(new RadialGradientPaint(
                new Point2D.Double(x, y),
                (float) reach,
                new float[]{0, 0.4f, 1},
                new Color[]{material(brightness, 0.4, 0.4, opacity), material(brightness, 0.4, 0.4, opacity),
                    material(brightness, 0.4, 0.4, 0)}));
        graphics.fill(disc(x, y, reach));
    }

    /// A point of the turned face, at least `margin` from its borders.
    private double[] onFace(double margin) {
        double distance = random.uniform(0.66 + margin, 0.97 - margin);
        double angle = random.uniform(0, 2 * Math.PI);
        return new double[]{distance * StrictMath.cos(angle), distance * StrictMath.sin(angle)};
    }

    private Shape blob(double x, double y, double reach) {
        int corners = 9;
        Path2D blob = new Path2D.Double();
        for (int corner = 0; corner < corners; corner++) {
            double angle = 2 * Math.PI * corner / corners;
            double distance = reach * random.uniform(0.7, 1.25);
            double cornerX = x + distance * StrictMath.cos(angle);
            double cornerY = y + distance * StrictMath.sin(angle);
            if (corner == 0) {
                blob.moveTo(cornerX, cornerY);
            } else {
                blob.lineTo(cornerX, cornerY);
            }
        }
        blob.closePath();
        return blob;
    }

    private PixelImage photograph(BufferedImage materials) {
        int[] map = ((DataBufferInt) materials.getRaster().getDataBuffer()).getData();
        float[] light = new float[size * size];
        float[] toolMarks = toolMarks();
        float[] grain = grain();
        double fan = random.uniform(0, Math.PI);
        double fanX = StrictMath.cos(2 * fan);
        double fanY = StrictMath.sin(2 * fan);
        double fanStrength = random.uniform(0.1, 0.25);
        double exposure = random.uniform(0.92, 1.08);
        double falloff = random.uniform(0.03, 0.14) / size;
        double vignette = random.uniform(0.1, 0.25) / ((double) size * size);
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                int material = map[y * size + x];
                double dx = x + 0.5 - centreX;
                double dy = y + 0.5 - centreY;
                double square = Math.max(1, dx * dx + dy * dy);
                // cos 2θ and sin 2θ of the point around the centre, without a transcendental per pixel.
                double fanned = ((dx * dx - dy * dy) * fanX + 2 * dx * dy * fanY) / square;
                double reflection = fanStrength * fanned * Math.abs(fanned);
                double shine = (material >> 8 & 0xFF) / 255.0;
                double roughness = (material & 0xFF) / 255.0;
                double brightness = (material >> 16 & 0xFF) / 255.0;
                brightness *= 1 + shine * (reflection + toolMark(toolMarks, Math.sqrt(square)));
                brightness += roughness * grain(grain, x, y);
                double middleX = x - size / 2.0;
                double middleY = y - size / 2.0;
                double shade = exposure
                        + falloff * (middleX * lightX + middleY * lightY)
                        - vignette * (middleX * middleX + middleY * middleY);
                light[y * size + x] = (float) (brightness * shade);
            }
        }
        return exposed(light);
    }

    /// Noise of the sensor over the lens's picture.
    private PixelImage exposed(float[] light) {
        double noise = random.uniform(0.004, 0.01);
        byte[] rgb = new byte[size * size * PixelImage.CHANNELS];
        float[] picture = blurred(blurred(light, size, 1), 1, size);
        for (int i = 0; i < picture.length; i++) {
            long bits = random.next();
            // The sum of four bytes is near enough to a normal distribution; 148 is its standard deviation.
            int bytes = (int) ((bits & 0xFF) + (bits >> 8 & 0xFF) + (bits >> 16 & 0xFF) + (bits >> 24 & 0xFF));
            double value = picture[i] + noise * (bytes - 510) / 148;
            byte grey = (byte) Math.clamp(Math.round(value * 255), 0, 255);
            rgb[i * PixelImage.CHANNELS] = grey;
            rgb[i * PixelImage.CHANNELS + 1] = grey;
            rgb[i * PixelImage.CHANNELS + 2] = grey;
        }
        return PixelImage.of(size, size, rgb);
    }

    /// Blur of the lens along one axis: five binomial taps, a standard deviation of one pixel.
    private float[] blurred(float[] light, int lineStride, int pixelStride) {
        float[] blurred = new float[light.length];
        for (int line = 0; line < size; line++) {
            int start = line * lineStride;
            for (int i = 0; i < size; i++) {
                float sum = 0;
                for (int tap = 0; tap < LENS.length; tap++) {
                    int from = Math.clamp(i + tap - LENS.length / 2, 0, size - 1);
                    sum += LENS[tap] * light[start + from * pixelStride];
                }
                blurred[start + i * pixelStride] = sum;
            }
        }
        return blurred;
    }

    /// Relative brightness by distance from the centre, from -0.05 to 0.05.
    private float[] toolMarks() {
        float[] marks = new float[TOOL_MARKS + 1];
        double drift = 0;
        for (int i = 0; i < marks.length; i++) {
            drift = 0.8 * drift + random.uniform(-0.012, 0.012);
            marks[i] = (float) (drift + random.uniform(-0.012, 0.012));
        }
        return marks;
    }

    private double toolMark(float[] marks, double distance) {
        double at = Math.min(distance / radius, 1) * TOOL_MARKS;
        return marks[(int) at];
    }

    private float[] grain() {
        float[] lattice = new float[GRAIN_CELLS * GRAIN_CELLS];
        for (int i = 0; i < lattice.length; i++) {
            lattice[i] = (float) random.uniform(-0.08, 0.08);
        }
        return lattice;
    }

    /// Bilinear noise whose cells are 1/64 of the picture.
    private double grain(float[] lattice, int x, int y) {
        double cellX = x * 64.0 / size;
        double cellY = y * 64.0 / size;
        int left = (int) cellX;
        int top = (int) cellY;
        double rightShare = cellX - left;
        double bottomShare = cellY - top;
        int at = top * GRAIN_CELLS + left;
        double upper = lattice[at] + rightShare * (lattice[at + 1] - lattice[at]);
        double lower = lattice[at + GRAIN_CELLS]
                + rightShare * (lattice[at + GRAIN_CELLS + 1] - lattice[at + GRAIN_CELLS]);
        return upper + bottomShare * (lower - upper);
    }
}

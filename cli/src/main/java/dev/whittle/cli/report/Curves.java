package dev.whittle.cli.report;

import de.erichseifert.vectorgraphics2d.VectorGraphics2D;
import de.erichseifert.vectorgraphics2d.svg.SVGProcessor;
import de.erichseifert.vectorgraphics2d.util.PageSize;
import dev.whittle.trainer.callback.EpochReport;
import java.awt.BasicStroke;
import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/// Charts of a training run: one line for the training images, one for the validation images.
public final class Curves {
    private static final Color TRAINING = new Color(0x9A6B1F);
    private static final Color VALIDATION = new Color(0x1F6F8B);
    private static final Color INK = new Color(0x333333);
    private static final Color GRID = new Color(0xE3E0DA);
    private static final int WIDTH = 640;
    private static final int HEIGHT = 360;

    private Curves() {}

    static Picture loss(List<EpochReport> epochs) throws IOException {
        return picture("Loss", chart("Loss", epochs, EpochReport::loss, EpochReport::validationLoss));
    }

    static Picture accuracy(List<EpochReport> epochs) throws IOException {
        return picture("Accuracy",
                chart("Accuracy", epochs, EpochReport::accuracy, EpochReport::validationAccuracy));
    }

    /// The charts below each other, as SVG; without those that have no values.
    public static String svg(List<EpochReport> epochs) {
        List<XYChart> charts = new ArrayList<>();
        charts.add(chart("Loss", epochs, EpochReport::loss, EpochReport::validationLoss));
        if (epochs.stream().noneMatch(report -> Double.isNaN(report.accuracy()))) {
            charts.add(chart("Accuracy", epochs, EpochReport::accuracy, EpochReport::validationAccuracy));
        }
        VectorGraphics2D graphics = new VectorGraphics2D();
        for (XYChart chart : charts) {
            chart.paint(graphics, WIDTH, HEIGHT);
            graphics.translate(0, HEIGHT);
        }
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        try {
            new SVGProcessor()
                    .getDocument(graphics.getCommands(), new PageSize(WIDTH, HEIGHT * (double) charts.size()))
                    .writeTo(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString(StandardCharsets.UTF_8);
    }

    private static Picture picture(String title, XYChart chart) throws IOException {
        return Picture.of(title, BitmapEncoder.getBitmapBytes(chart, BitmapFormat.PNG));
    }

    private static XYChart chart(String title, List<EpochReport> epochs, ToDoubleFunction<EpochReport> training,
            ToDoubleFunction<EpochReport> validation) {
        XYChart chart = new XYChartBuilder().width(WIDTH).height(HEIGHT).title(title).xAxisTitle("Epoch").build();
        chart.getStyler()
                .setLegendPosition(LegendPosition.OutsideS)
                .setLegendLayout(LegendLayout.Horizontal)
                .setChartBackgroundColor(Color.WHITE)
                .setPlotBackgroundColor(Color.WHITE)
                .setPlotBorderVisible(false)
                .setChartTitleBoxVisible(false)
                .setLegendBorderColor(Color.WHITE)
                .setChartFontColor(INK);
        chart.getStyler().setPlotGridLinesColor(GRID).setPlotGridLinesStroke(new BasicStroke(1));
        chart.getStyler().setXAxisMin(1.0);
        chart.getStyler().setXAxisMax((double) Math.max(2, epochs.size()));
        chart.getStyler().setXAxisDecimalPattern("0");
        chart.getStyler().setYAxisDecimalPattern("0.####");
        line(chart, "training", TRAINING, epochs, training);
        if (epochs.stream().noneMatch(report -> Double.isNaN(validation.applyAsDouble(report)))) {
            line(chart, "validation", VALIDATION, epochs, validation);
        }
        return chart;
    }

    private static void line(XYChart chart, String name, Color color, List<EpochReport> epochs,
            ToDoubleFunction<EpochReport> value) {
        XYSeries series = chart.addSeries(name, epochs.stream().mapToDouble(report -> report.epoch() + 1).toArray(),
                epochs.stream().mapToDouble(value).toArray());
        series.setMarkerColor(color);
        series.setMarker(SeriesMarkers.CIRCLE);
        series.setLineColor(color);
        series.setLineStyle(new BasicStroke(2));
    }
}

package dev.whittle.cli.report;

import dev.whittle.trainer.callback.EpochReport;
import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
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
final class Curves {
    private static final Color TRAINING = new Color(0x9A6B1F);
    private static final Color VALIDATION = new Color(0x1F6F8B);
    private static final Color INK = new Color(0x333333);
    private static final Color GRID = new Color(0xE3E0DA);
    private static final int WIDTH = 640;
    private static final int HEIGHT = 360;

    private Curves() {}

    static Picture loss(List<EpochReport> epochs) throws IOException {
        return chart("Loss", epochs, EpochReport::loss, EpochReport::validationLoss);
    }

    static Picture accuracy(List<EpochReport> epochs) throws IOException {
        return chart("Accuracy", epochs, EpochReport::accuracy, EpochReport::validationAccuracy);
    }

    private static Picture chart(String title, List<EpochReport> epochs, ToDoubleFunction<EpochReport> training,
            ToDoubleFunction<EpochReport> validation) throws IOException {
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
        line(chart, "validation", VALIDATION, epochs, validation);
        return Picture.of(title, BitmapEncoder.getBitmapBytes(chart, BitmapFormat.PNG));
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

package dev.whittle.cli.pipeline;

import dev.whittle.cli.pipeline.Experiment.LayerRow;
import dev.whittle.trainer.layer.AveragePool2D;
import dev.whittle.trainer.layer.BatchNorm;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.DepthwiseConv2D;
import dev.whittle.trainer.layer.Dropout;
import dev.whittle.trainer.layer.FakeQuantize;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.GlobalAveragePool;
import dev.whittle.trainer.layer.HardSwish;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.LeakyReLU;
import dev.whittle.trainer.layer.MaxPool2D;
import dev.whittle.trainer.layer.MergingLayer;
import dev.whittle.trainer.layer.RandomAugmentation;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.layer.ReLU6;
import dev.whittle.trainer.layer.Rescaling;
import dev.whittle.trainer.layer.Reshape;
import dev.whittle.trainer.layer.Resizing;
import dev.whittle.trainer.layer.Sigmoid;
import dev.whittle.trainer.layer.Softmax;
import dev.whittle.trainer.layer.Tanh;
import dev.whittle.trainer.layer.ZeroPadding;
import dev.whittle.trainer.network.Network;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// The layers of a network, in words.
final class LayerRows {
    private LayerRows() {}

    static List<LayerRow> of(Network network) {
        List<LayerRow> rows = new ArrayList<>();
        for (int i = 0; i < network.layers().size(); i++) {
            Layer layer = network.layers().get(i);
            String shape =
                    network.outputShape(i).toList().stream().map(String::valueOf).collect(Collectors.joining(" × "));
            rows.add(new LayerRow(layer.getClass().getSimpleName(), detail(layer), shape, network.parameterCount(i)));
        }
        return rows;
    }

    private static String detail(Layer layer) {
        return switch (layer) {
            case Resizing resizing -> "bilinear";
            case Rescaling rescaling -> rescaling.scale() < 1 ? "divided by " + Math.round(1 / rescaling.scale())
                    : "times " + rescaling.scale();
            case RandomAugmentation augmentation -> "while training";
            case Dropout dropout -> "while training";
            case Conv2D conv -> "%d of %d × %d".formatted(conv.filters(), conv.kernelHeight(), conv.kernelWidth());
            case MaxPool2D pool -> "%d × %d".formatted(pool.poolHeight(), pool.poolWidth());
            case Dense dense -> "fully connected";
            case DepthwiseConv2D conv -> "each channel, %d × %d".formatted(conv.kernelHeight(), conv.kernelWidth());
            case AveragePool2D pool -> "%d × %d".formatted(pool.poolHeight(), pool.poolWidth());
            case ZeroPadding padding -> "%d + %d rows, %d + %d columns".formatted(padding.top(), padding.bottom(),
                    padding.left(), padding.right());
            case ReLU _,ReLU6 _,LeakyReLU _,HardSwish _,Sigmoid _,Tanh _,Softmax _ -> "";
            case BatchNorm _,GlobalAveragePool _,Flatten _,Reshape _,MergingLayer _ -> "";
            case FakeQuantize fake -> "to int8 and back";
        };
    }
}

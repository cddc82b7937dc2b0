package dev.whittle.quantizer.qat;

import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.Dropout;
import dev.whittle.trainer.layer.FakeQuantize;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.MaxPool2D;
import dev.whittle.trainer.layer.RandomAugmentation;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.layer.Rescaling;
import dev.whittle.trainer.layer.Resizing;
import dev.whittle.trainer.layer.Softmax;
import java.util.ArrayList;
import java.util.List;

/// Places fake quantization in a chain of layers, wherever the int8 model has numbers with a range of their own: in the
/// kernels, behind each convolution or fully-connected layer (and its ReLU, which is fused), and once behind the
/// preprocessing. Max-pooling and flattening pass numbers on under the parameters that they have, and the softmax's
/// parameters are fixed: nothing stands behind these.
final class FakeQuantization {
    /// How much of an activation's range stays at each step.
    private static final float MOMENTUM = 0.99f;

    private FakeQuantization() {}

    /// The layers with fake quantization between and in them.
    static List<Layer> place(List<Layer> layers) {
        List<Layer> placed = new ArrayList<>();
        boolean ownRange = true;
        for (int index = 0; index < layers.size(); index++) {
            Layer layer = layers.get(index);
            if (ownRange && !(isPreprocessing(layer) || fusesInto(layers, index))) {
                placed.add(new FakeQuantize(placed.isEmpty() ? "input/range" : placed.getLast().name() + "/range",
                        MOMENTUM, false));
                ownRange = false;
            }
            placed.add(switch (layer) {
                case Conv2D conv -> conv.withFakeQuantizedKernel();
                case Dense dense -> dense.withFakeQuantizedKernel();
                case FakeQuantize fake -> throw new IllegalArgumentException(
                        "layer \"" + fake.name() + "\": the network has fake quantization already");
                case Dropout _,Flatten _,MaxPool2D _,RandomAugmentation _,ReLU _,Rescaling _,Resizing _,Softmax _ ->
                        layer;
            });
            ownRange |= layer instanceof Conv2D || layer instanceof Dense || layer instanceof ReLU;
        }
        return placed;
    }

    private static boolean isPreprocessing(Layer layer) {
        return layer instanceof Resizing || layer instanceof Rescaling || layer instanceof RandomAugmentation;
    }

    private static boolean fusesInto(List<Layer> layers, int index) {
        return layers.get(index) instanceof ReLU && index > 0
                && (layers.get(index - 1) instanceof Conv2D || layers.get(index - 1) instanceof Dense);
    }

    /// The layers with every range frozen.
    static List<Layer> freeze(List<Layer> layers) {
        return layers.stream().map(layer -> layer instanceof FakeQuantize fake ? fake.withFrozen(true) : layer)
                .toList();
    }
}

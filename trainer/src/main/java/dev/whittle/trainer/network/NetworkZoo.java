package dev.whittle.trainer.network;

import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.layer.Add;
import dev.whittle.trainer.layer.AveragePool2D;
import dev.whittle.trainer.layer.BatchNorm;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.DepthwiseConv2D;
import dev.whittle.trainer.layer.Dropout;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.Initializer;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.layer.Rescaling;
import dev.whittle.trainer.layer.Softmax;
import java.util.List;

/// Networks of others, ready to be trained: the four of the benchmark MLPerf Tiny (Banbury et al. 2021, "MLPerf Tiny
/// Benchmark", and the training scripts that belong to it) and one more. The notebook's is [NetworkSpec#imageClassifier].
public final class NetworkZoo {
    private NetworkZoo() {}

    /// ResNet-8 for 32 × 32 pictures, values as they come (He et al. 2016, "Deep Residual Learning for Image Recognition", cut
    /// down by MLPerf Tiny): three residual blocks of 16, 32 and 64 channels. 10 classes with CIFAR-10.
    public static NetworkSpec resNet8(List<String> labels) {
        NetworkBuilder network = new NetworkBuilder(Shape.of(32, 32, 3));
        convolution(network, "conv_1", 16, 3, 1).add(new BatchNorm("norm_1")).add(new ReLU("relu_1"));
        for (int block = 1; block <= 3; block++) {
            String shortcut = network.last();
            String name = "block_" + block;
            int filters = 8 << block;
            int stride = block == 1 ? 1 : 2;
            convolution(network, name + "/conv_1", filters, 3, stride).add(new BatchNorm(name + "/norm_1"))
                    .add(new ReLU(name + "/relu_1"));
            convolution(network, name + "/conv_2", filters, 3, 1).add(new BatchNorm(name + "/norm_2"));
            String residual = network.last();
            if (stride > 1) {
                network.add(new Conv2D(name + "/shortcut", filters, 1, Padding.SAME).withStride(stride)
                        .withInitializer(Initializer.HE_NORMAL), shortcut);
                shortcut = network.last();
            }
            network.add(new Add(name + "/add"), shortcut, residual).add(new ReLU(name + "/relu_2"));
        }
        return network.add(new AveragePool2D("pool", 8, 8)).add(new Flatten("flatten"))
                .add(new Dense("logits", labels.size()).withInitializer(Initializer.HE_NORMAL))
                .add(new Softmax("softmax")).build(labels);
    }

    /// DS-CNN for spectrograms of 49 × 10 (Zhang et al. 2017, "Hello Edge: Keyword Spotting on Microcontrollers"): a
    /// convolution and four depthwise separable ones, all of 64 channels. 12 classes with Speech Commands.
    public static NetworkSpec dsCnn(List<String> labels) {
        NetworkBuilder network = new NetworkBuilder(Shape.of(49, 10, 1));
        network.add(new Conv2D("conv_1", 64, 10, 4, 2, 2, Padding.SAME)).add(new BatchNorm("norm_1"))
                .add(new ReLU("relu_1")).add(new Dropout("dropout_1", 0.2f));
        for (int block = 2; block <= 5; block++) {
            separable(network, String.valueOf(block), 64, 1, Initializer.GLOROT_UNIFORM);
        }
        return network.add(new Dropout("dropout_2", 0.4f)).add(new AveragePool2D("pool", 24, 5))
                .add(new Flatten("flatten")).add(new Dense("logits", labels.size())).add(new Softmax("softmax"))
                .build(labels);
    }

    /// MobileNet of a quarter of the channels for 96 × 96 photographs (Howard et al. 2017, "MobileNets: Efficient Convolutional
    /// Neural Networks for Mobile Vision Applications"). 2 classes with Visual Wake Words.
    public static NetworkSpec mobileNet(List<String> labels) {
        int[] filters = {16, 32, 32, 64, 64, 128, 128, 128, 128, 128, 128, 256, 256};
        int[] strides = {1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1};
        NetworkBuilder network = new NetworkBuilder(Shape.of(96, 96, 3));
        network.add(new Rescaling("rescaling", 1 / 255f, 0));
        convolution(network, "conv_1", 8, 3, 2).add(new BatchNorm("norm_1")).add(new ReLU("relu_1"));
        for (int block = 0; block < filters.length; block++) {
            separable(network, String.valueOf(block + 2), filters[block], strides[block], Initializer.HE_NORMAL);
        }
        return network.add(new AveragePool2D("pool", 3, 3)).add(new Flatten("flatten"))
                .add(new Dense("logits", labels.size())).add(new Softmax("softmax")).build(labels);
    }

    /// The autoencoder of sound frames (Purohit et al. 2019 and DCASE 2020 task 2): 640 features through layers of 128 and a
    /// bottleneck of 8, to be trained with the mean squared error.
    public static NetworkSpec autoencoder() {
        int[] units = {128, 128, 128, 128, 8, 128, 128, 128, 128};
        NetworkBuilder network = new NetworkBuilder(Shape.of(640));
        for (int i = 0; i < units.length; i++) {
            network.add(new Dense("dense_" + (i + 1), units[i])).add(new BatchNorm("norm_" + (i + 1)))
                    .add(new ReLU("relu_" + (i + 1)));
        }
        return network.add(new Dense("output", 640)).build(List.of());
    }

    /// Two convolutions of 32 filters and a fully-connected layer of 128 for grey pictures of 32 × 32, values 0 to 1: house
    /// numbers (SVHN) with 10 classes. Without pooling, nearly all parameters are in the fully-connected layer.
    public static NetworkSpec houseNumbers(List<String> labels) {
        return new NetworkBuilder(Shape.of(32, 32, 1))
                .add(new Conv2D("conv_1", 32, 3, Padding.VALID)).add(new ReLU("relu_1"))
                .add(new Conv2D("conv_2", 32, 3, Padding.VALID)).add(new ReLU("relu_2"))
                .add(new Flatten("flatten")).add(new Dense("dense", 128)).add(new ReLU("relu_3"))
                .add(new Dense("logits", labels.size())).add(new Softmax("softmax")).build(labels);
    }

    private static NetworkBuilder convolution(NetworkBuilder network, String name, int filters, int kernel,
            int stride) {
        return network.add(new Conv2D(name, filters, kernel, Padding.SAME).withStride(stride)
                .withInitializer(Initializer.HE_NORMAL));
    }

    /// A depthwise convolution and one of single pixels, each with normalization and ReLU.
    private static void separable(NetworkBuilder network, String number, int filters, int stride,
            Initializer initializer) {
        network.add(new DepthwiseConv2D("depthwise_" + number, 3, stride, Padding.SAME).withInitializer(initializer))
                .add(new BatchNorm("depthwise_norm_" + number)).add(new ReLU("depthwise_relu_" + number))
                .add(new Conv2D("conv_" + number, filters, 1, Padding.SAME).withInitializer(initializer))
                .add(new BatchNorm("norm_" + number)).add(new ReLU("relu_" + number));
    }
}

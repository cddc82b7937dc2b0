package dev.whittle.trainer.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Each layer against plain loops in double precision: what it computes, and its gradients against the central differences of
/// those loops.
class ReferenceTest {
    private static final int IMAGES = 3;
    private static final double DISTANCE = 1e-5;

    record Case(Layer layer, Shape input) {
    }

    static Stream<Case> layers() {
        Shape image = Shape.of(7, 6, 3);
        Stream<Layer> onImages = Stream.of(
                new Conv2D("conv", 5, 3, Padding.VALID),
                new Conv2D("conv", 17, 3, Padding.SAME).withoutBias(),
                new Conv2D("conv", 4, 2, 3, 2, 1, Padding.SAME),
                new Conv2D("conv", 4, 3, 2, 2, 3, Padding.VALID),
                new Conv2D("conv", 5, 3, Padding.VALID).withDilation(2, 1),
                new Conv2D("conv", 5, 3, Padding.SAME).withDilation(1, 2),
                new Conv2D("conv", 5, 3, 2, 1, 1, Padding.VALID).withDilation(3, 4),
                new Conv2D("conv", 3, 3, 3, 2, 2, Padding.SAME).withDilation(2, 2),
                new Conv2D("conv", 6, 2, 2, 2, 3, Padding.VALID).withDilation(2, 3),
                new DepthwiseConv2D("conv", 3, 1, Padding.SAME),
                new DepthwiseConv2D("conv", 3, 2, Padding.VALID).withoutBias(),
                new DepthwiseConv2D("conv", 2, 3, 2, 1, 1, 2, 1, Padding.SAME, true, Initializer.HE_NORMAL, 0),
                new DepthwiseConv2D("conv", 3, 2, 1, 2, 2, 1, 3, Padding.VALID, true, Initializer.HE_NORMAL, 0),
                new DepthwiseConv2D("conv", 2, 2, 2, 2, 1, 1, 2, Padding.SAME, false, Initializer.HE_NORMAL, 0),
                new AveragePool2D("pool", 2, 3),
                new AveragePool2D("pool", 3, 2, 2, 1, Padding.SAME),
                new MaxPool2D("pool", 3, 2, 2, 1, Padding.SAME),
                new GlobalAveragePool("pool"),
                new ZeroPadding("padding", 2), new ZeroPadding("padding", 0, 1, 3, 0),
                new BatchNorm("norm"), new BatchNorm("norm", 0.5f, 0.1f),
                new ReLU("relu"), new ReLU6("relu"), new LeakyReLU("relu"), new LeakyReLU("relu", 0.01f),
                new HardSwish("swish"), new Sigmoid("sigmoid"), new Tanh("tanh"),
                new Rescaling("rescaling", 0.25f, -3), new Flatten("flatten"),
                new Reshape("reshape", Shape.of(3, 14, 3)));
        return Stream.concat(onImages.map(layer -> new Case(layer, image)), Stream.of(
                new Case(new Dense("dense", 19), Shape.of(33)),
                new Case(new Dense("dense", 4).withoutBias(), Shape.of(7)),
                new Case(new BatchNorm("norm"), Shape.of(5)),
                new Case(new BatchNorm("norm"), Shape.of(9, 9, 17)),
                new Case(new DepthwiseConv2D("conv", 3, 1, Padding.SAME), Shape.of(5, 5, 33)),
                new Case(new Softmax("softmax"), Shape.of(5))));
    }

    @ParameterizedTest
    @MethodSource("layers")
    void valuesAndGradientsAreThoseOfTheReference(Case tested) {
        LayerRun run = new LayerRun(tested.layer, tested.input, IMAGES, 21);
        // Away from the corners of piecewise functions, and on both sides of all of them.
        for (int i = 0; i < run.x.length; i++) {
            run.x[i] = Math.round(run.x[i] * 4000) / 500f + 1e-3f + i % 7 * 1e-4f;
        }
        double[] x = doubles(run.x);
        double[] parameters = doubles(run.parameters);
        double[] expected = Reference.forward(tested.layer, tested.input, IMAGES, x, parameters);

        assertClose("y", run.forward(), expected);
        LayerRun.Gradients gradients = run.backward();
        assertClose("dx", gradients.input(), differences(tested, run, x, x, parameters));
        assertClose("gradient", gradients.parameters(), differences(tested, run, parameters, x, parameters));
    }

    /// Central differences of `Σ dy · y` along each element of `values`, which is `x` or `parameters`.
    private static double[] differences(Case tested, LayerRun run, double[] values, double[] x, double[] parameters) {
        double[] result = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            double value = values[i];
            values[i] = value + DISTANCE;
            double[] above = Reference.forward(tested.layer, tested.input, IMAGES, x, parameters);
            values[i] = value - DISTANCE;
            double[] below = Reference.forward(tested.layer, tested.input, IMAGES, x, parameters);
            values[i] = value;
            double sum = 0;
            for (int j = 0; j < above.length; j++) {
                sum += (above[j] - below[j]) * run.dy[j];
            }
            result[i] = sum / (2 * DISTANCE);
        }
        return result;
    }

    /// Sums of at most some hundred floats, to their largest.
    private static void assertClose(String what, float[] found, double[] expected) {
        assertThat(found).as(what).hasSize(expected.length);
        double largest = 1;
        for (double value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        for (int i = 0; i < found.length; i++) {
            assertThat((double) found[i]).as("%s[%d]", what, i).isCloseTo(expected[i], within(5e-6 * largest));
        }
    }

    private static double[] doubles(float[] values) {
        double[] doubles = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            doubles[i] = values[i];
        }
        return doubles;
    }

    static Stream<MergingLayer> mergingLayers() {
        return Stream.of(new Add("add"), new Concat("concat"));
    }

    @ParameterizedTest
    @MethodSource("mergingLayers")
    void mergingLayersGiveEachInputItsShareOfTheGradient(MergingLayer layer) {
        List<Shape> shapes = layer instanceof Add
                ? List.of(Shape.of(2, 3, 2), Shape.of(2, 3, 2), Shape.of(2, 3, 2))
                : List.of(Shape.of(2, 3, 2), Shape.of(2, 3, 1), Shape.of(2, 3, 4));
        int elements = layer.outputShape(shapes).elementCount();
        int channels = layer.outputShape(shapes).dimension(2);
        MergingLayer.Merge merge = layer.merge(shapes);
        List<float[]> x = shapes.stream().map(shape -> new float[2 * shape.elementCount()]).toList();
        float[] dy = new float[2 * elements];
        for (int i = 0; i < dy.length; i++) {
            dy[i] = i + 0.5f;
        }
        float number = 1;
        for (float[] values : x) {
            for (int i = 0; i < values.length; i++) {
                values[i] = number++;
            }
        }
        float[] y = new float[2 * elements];
        merge.forward(2, x, y);
        int start = 0;
        for (int k = 0; k < shapes.size(); k++) {
            int width = shapes.get(k).dimension(2);
            float[] dx = new float[x.get(k).length];
            merge.backward(2, k, dy, dx);
            for (int i = 0; i < dx.length; i++) {
                int at = layer instanceof Add ? i : i / width * channels + start + i % width;
                assertThat(dx[i]).isEqualTo(dy[at]);
                float sum = x.get(0)[Math.min(i, x.get(0).length - 1)] + x.get(1)[Math.min(i, x.get(1).length - 1)]
                        + x.get(2)[Math.min(i, x.get(2).length - 1)];
                assertThat(y[at]).isEqualTo(layer instanceof Add ? sum : x.get(k)[i]);
            }
            start += width;
        }
    }
}

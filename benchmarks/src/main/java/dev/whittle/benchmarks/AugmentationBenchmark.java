package dev.whittle.benchmarks;

import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.layer.Binding;
import dev.whittle.trainer.layer.BoundLayer;
import dev.whittle.trainer.layer.Cutout;
import dev.whittle.trainer.layer.GaussianNoise;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.RandomBrightness;
import dev.whittle.trainer.layer.RandomContrast;
import dev.whittle.trainer.layer.RandomFlip;
import dev.whittle.trainer.layer.RandomRotation;
import dev.whittle.trainer.layer.RandomTranslation;
import dev.whittle.trainer.layer.RandomZoom;
import dev.whittle.trainer.layer.Step;
import dev.whittle.trainer.layer.Warp;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// The random layers, per image of 75 × 75 × 3: those that move pixels as one warp, the others one by one.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class AugmentationBenchmark {
    private static final Shape IMAGE = Shape.of(75, 75, 3);
    private static final int IMAGES = 32;

    /// Whether the three channels are equal.
    @Param({"true", "false"}) private boolean grey;

    @Param({"flip+rotation", "flip+rotation+zoom+shift", "contrast", "brightness", "noise",
        "cutout"}) private String layers;

    private BoundLayer.Pass pass;
    private Step step;
    private float[] x;
    private float[] y;
    private long epoch;

    @Setup
    public void prepare() {
        RandomFlip flip = new RandomFlip("flip", true, true);
        RandomRotation rotation = new RandomRotation("rotation", 0.2f);
        pass = switch (layers) {
            case "flip+rotation" -> new Warp(List.of(flip, rotation), IMAGE).pass(IMAGES);
            case "flip+rotation+zoom+shift" -> new Warp(List.of(flip, rotation, new RandomZoom("zoom", 0.2f),
                    new RandomTranslation("shift", 0.1f, 0.1f)), IMAGE).pass(IMAGES);
            case "contrast" -> pass(new RandomContrast("contrast", 0.2f, 0, 1));
            case "brightness" -> pass(new RandomBrightness("brightness", 0.2f, 0, 1));
            case "noise" -> pass(new GaussianNoise("noise", 0.01f));
            case "cutout" -> pass(new Cutout("cutout", 0.3f, 0));
            default -> throw new IllegalArgumentException(layers);
        };
        step = new Step(IMAGES, true);
        x = new float[IMAGES * IMAGE.elementCount()];
        y = layers.startsWith("flip") ? new float[x.length] : x;
        Random random = new Random(1);
        for (int i = 0; i < x.length; i++) {
            x[i] = grey && i % 3 != 0 ? x[i - 1] : random.nextFloat();
        }
    }

    private static BoundLayer.Pass pass(Layer layer) {
        return layer
                .bind(new Binding(List.of(IMAGE), IMAGE, KernelTier.selected().portable(), new float[0], 0,
                        new float[0], 0, false,
                        false, false,
                        false))
                .pass(IMAGES);
    }

    @Benchmark
    @OperationsPerInvocation(IMAGES)
    public float[] augment() {
        step.begin(IMAGES);
        for (int image = 0; image < IMAGES; image++) {
            step.setImageKey(image, epoch * IMAGES + image);
        }
        epoch++;
        pass.forward(step, x, y);
        return y;
    }
}

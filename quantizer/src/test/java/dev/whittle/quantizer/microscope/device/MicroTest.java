package dev.whittle.quantizer.microscope.device;

import static dev.whittle.quantizer.microscope.SmallGraph.scale;
import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.quantizer.microscope.SmallGraph;
import org.junit.jupiter.api.Test;

class MicroTest {
    private static final Shape EIGHT = Shape.of(1, 8);

    private static Placement placed(Options options, ElementType type) {
        SmallGraph graph = new SmallGraph();
        int x = graph.input("x", type, type == ElementType.FLOAT32 ? null : scale(1, 0), 1, 8);
        return Micro.map(graph.model(graph.operator(options, "y", type,
                type == ElementType.FLOAT32 ? null : scale(1, 0), EIGHT, x))).placements().getFirst();
    }

    @Test
    void kernelsTakeTheirTypesAndNoOthers() {
        assertThat(placed(new Options.Softmax(1), ElementType.INT8).isMapped()).isTrue();
        assertThat(placed(new Options.Softmax(1), ElementType.UINT8).reason())
                .isEqualTo("works on UINT8, its kernel takes FLOAT32 or INT16 or INT8");
    }

    @Test
    void typeThatCountsIsThatOfTheInputWithTheNumbers() {
        SmallGraph graph = new SmallGraph();
        int shape = graph.ints("shape", 1, 2, 2, 1);
        int filter = graph.codes("filter", ElementType.INT8, scale(1, 0), Shape.of(1, 2, 2, 1), new byte[4]);
        int x = graph.input("x", ElementType.INT8, scale(1, 0), 1, 1, 1, 1);
        int y = graph.operator(new Options.TransposeConv(Padding.VALID, 2, 2, Activation.NONE), "y", ElementType.INT8,
                scale(1, 0), Shape.of(1, 2, 2, 1), shape, filter, x);

        assertThat(Micro.map(graph.model(y)).mapped()).isEqualTo(1);
    }

    @Test
    void kernelsMoveFewerTypesThanTheReferenceRuntimeDoes() {
        assertThat(placed(new Options.ArgExtreme(OperatorCode.ARG_MAX, ElementType.INT32), ElementType.INT16).reason())
                .isEqualTo("works on INT16, its kernel takes FLOAT32 or INT8");
        assertThat(placed(Options.Plain.EXP, ElementType.INT8).reason())
                .isEqualTo("works on INT8, its kernel takes FLOAT32");
    }

    @Test
    void typesThatNobodyReadAreNotClaimed() {
        assertThat(placed(new Options.Reduce(OperatorCode.REDUCE_MIN, true), ElementType.INT16))
                .isEqualTo(new Placement(0, "REDUCE_MIN", "y", true, "has a kernel, whose types are not confirmed"));
    }

    @Test
    void operatorsWithoutAKernelAreNamed() {
        assertThat(placed(Options.Plain.ATAN2, ElementType.FLOAT32).reason()).isEqualTo("has no kernel");
        assertThat(placed(new Options.Custom("Mystery", Buffer.of()), ElementType.FLOAT32))
                .isEqualTo(new Placement(0, "Mystery", "y", false,
                        "is a custom operator that the runtime does not bring"));
    }

    @Test
    void hybridLayersAreRefusedAndFloatOnesTaken() {
        assertThat(Micro.map(dense(false)).placements().getFirst().isMapped()).isTrue();
        assertThat(Micro.map(dense(true)).placements().getFirst().reason())
                .isEqualTo("has FLOAT32 activations and INT8 weights; hybrid kernels are not supported");
    }

    private static Model dense(boolean isHybrid) {
        SmallGraph graph = new SmallGraph();
        int x = graph.input("x", ElementType.FLOAT32, null, 1, 1);
        int weights = isHybrid
                ? graph.codes("w", ElementType.INT8, scale(1, 0), Shape.of(1, 1), (byte) 1)
                : graph.floats("w", Shape.of(1, 1), 1);
        return graph.model(graph.operator(new Options.FullyConnected(Activation.NONE, false, false), "y",
                ElementType.FLOAT32, null, Shape.of(1, 1), x, weights));
    }

    @Test
    void arenaHoldsTensorsWhileTheyLiveInSixteens() {
        SmallGraph graph = new SmallGraph();
        int x = graph.input("x", ElementType.INT8, scale(1, 0), 1, 20);
        int a = graph.operator(Options.Plain.RELU, "a", ElementType.INT8, scale(1, 0), Shape.of(1, 20), x);
        int b = graph.operator(Options.Plain.RELU, "b", ElementType.INT8, scale(1, 0), Shape.of(1, 100), a);
        int c = graph.operator(Options.Plain.RELU, "c", ElementType.INT8, scale(1, 0), Shape.of(1, 20), b);

        TensorArena arena = TensorArena.of(graph.model(c).primary());

        // 20 bytes take 32, 100 take 112: b lies at 0, where x was before it, a and c one after the other at 112.
        assertThat(arena).isEqualTo(new TensorArena(112 + 32, 112 + 32, 1, 4, 0));
    }

    @Test
    void tensorsThatMeetDoNotShareAndConstantsAreFlash() {
        Model model = SmallGraph.int8Conv(new byte[]{1, 0, 0, 1}, new int[]{0, 0});

        assertThat(TensorArena.of(model.primary())).isEqualTo(new TensorArena(32, 32, 0, 2, 4 + 8));
    }
}

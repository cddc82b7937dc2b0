package dev.whittle.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import java.lang.ref.WeakReference;
import java.util.List;
import org.junit.jupiter.api.Test;

class LivePlansTest {

    private static Model model() {
        List<Tensor> tensors = List.of(Tensor.activation("x", ElementType.FLOAT32, Shape.of(1, 2), null),
                Tensor.activation("y", ElementType.FLOAT32, Shape.of(1, 2), null));
        return new Model("relu.tflite", Model.SCHEMA_VERSION, "",
                List.of(new Subgraph("main", tensors, List.of(0), List.of(1),
                        List.of(new Operator(Options.Plain.RELU, List.of(0), List.of(1), 1)))),
                List.of(), List.of());
    }

    @Test
    void interpretersOfOneModelShareAPlan() {
        Model model = model();
        try (Interpreter first = Interpreter.of(model); Interpreter second = Interpreter.of(model)) {
            assertThat(second.plan()).isSameAs(first.plan());
            first.resizeInput(0, Shape.of(5, 2));
            assertThat(second.plan()).isNotSameAs(first.plan());
            second.resizeInput(0, Shape.of(5, 2));
            assertThat(second.plan()).isSameAs(first.plan());
        }
    }

    @Test
    void otherChoicesAndOtherModelsHavePlansOfTheirOwn() {
        Model model = model();
        PlanOptions options = PlanOptions.defaults().withTier(KernelTier.SCALAR);
        try (Interpreter first = Interpreter.of(model, options);
                Interpreter second = Interpreter.of(model, options.withPreserveAllTensors(true));
                Interpreter equal = Interpreter.of(model(), options)) {
            assertThat(second.plan()).isNotSameAs(first.plan());
            assertThat(equal.plan()).isNotSameAs(first.plan());
        }
    }

    @Test
    void planThatNobodyUsesIsNotKept() throws InterruptedException {
        WeakReference<Plan> plan = new WeakReference<>(Interpreter.of(model()).plan());
        for (int i = 0; i < 100 && plan.get() != null; i++) {
            System.gc();
            Thread.sleep(10);
        }

        assertThat(plan.get()).isNull();
    }
}

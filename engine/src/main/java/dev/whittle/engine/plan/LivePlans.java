package dev.whittle.engine.plan;

import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Shape;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/// The plans that are in use, so that interpreters of one model share one plan and its packed weights. Holds none of them:
/// a plan lives as long as an interpreter, or whoever asked for it, does.
final class LivePlans {
    private static final Queue<WeakReference<Plan>> PLANS = new ConcurrentLinkedQueue<>();
    private static final ReferenceQueue<Plan> COLLECTED = new ReferenceQueue<>();

    private LivePlans() {}

    /// Makes a plan known; gives it, or the one that is already in use for the same.
    static Plan add(Plan made) {
        Plan other = present(made.model(), made.subgraphIndex(), made.inputShapes(), made.options());
        if (other != null) {
            return other;
        }
        PLANS.add(new WeakReference<>(made, COLLECTED));
        return made;
    }

    /// The plan that is in use for the same model and choices, if there is one.
    static @Nullable Plan present(Model model, int subgraph, List<Shape> inputShapes, PlanOptions options) {
        forgetCollected();
        for (WeakReference<Plan> reference : PLANS) {
            Plan plan = reference.get();
            // The identity of the model: comparing what models contain takes longer than planning them.
            if (plan != null && plan.model() == model && plan.subgraphIndex() == subgraph
                    && plan.inputShapes().equals(inputShapes) && plan.options().equals(options)) {
                return plan;
            }
        }
        return null;
    }

    private static void forgetCollected() {
        for (Reference<? extends Plan> gone = COLLECTED.poll(); gone != null; gone = COLLECTED.poll()) {
            PLANS.remove(gone);
        }
    }
}

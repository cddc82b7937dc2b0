package dev.whittle.engine.plan;

import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Shape;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The plans that are in use, so that interpreters of one model share one plan and its packed weights. Holds none of them:
/// a plan lives as long as an interpreter, or whoever asked for it, does.
final class LivePlans {
    private static final Map<Key, Entry> ENTRIES = new ConcurrentHashMap<>();
    private static final ReferenceQueue<Plan> COLLECTED = new ReferenceQueue<>();

    private LivePlans() {}

    /// What a plan is for.
    ///
    /// @param model the identity of the model, which a key must not hold: comparing what models contain takes longer than
    ///        planning them
    private record Key(int model, int subgraph, List<Shape> inputShapes, PlanOptions options) {
    }

    private static final class Entry extends WeakReference<Plan> {
        private final Key key;

        Entry(Key key, Plan plan) {
            super(plan, COLLECTED);
            this.key = key;
        }
    }

    /// The plan that is in use for the same model and choices, or else a new one.
    static Plan get(Model model, int subgraph, List<Shape> inputShapes, PlanOptions options, Supplier<Plan> planning) {
        forgetCollected();
        Key key = new Key(System.identityHashCode(model), subgraph, inputShapes, options);
        Plan present = present(key, model);
        if (present != null) {
            return present;
        }
        // Not under a lock, as it may take long. Of two threads that plan the same at once, the later uses what is there.
        Plan made = planning.get();
        Plan other = present(key, model);
        if (other != null) {
            return other;
        }
        ENTRIES.put(key, new Entry(key, made));
        return made;
    }

    /// Two models may have one identity hash code; then the later one is not shared.
    private static @Nullable Plan present(Key key, Model model) {
        Entry entry = ENTRIES.get(key);
        Plan plan = entry == null ? null : entry.get();
        return plan != null && plan.model() == model ? plan : null;
    }

    private static void forgetCollected() {
        for (Reference<? extends Plan> gone = COLLECTED.poll(); gone != null; gone = COLLECTED.poll()) {
            if (gone instanceof Entry entry) {
                ENTRIES.remove(entry.key, entry);
            }
        }
    }
}

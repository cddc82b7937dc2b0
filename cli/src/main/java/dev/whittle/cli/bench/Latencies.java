package dev.whittle.cli.bench;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.plan.Plan;
import dev.whittle.engine.plan.PlanOptions;
import dev.whittle.quantizer.microscope.compare.RandomInputs;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleConsumer;

/// Times several models beside each other on random inputs, each on one thread, in turns as [Interleaving] has them. Vector
/// kernels run from the first inference on.
public final class Latencies {
    private static final int MIN_RUNS = 50;

    private Latencies() {}

    /// The times of an inference of each, in the order given.
    ///
    /// @param seconds of measurement for each, at least; warm-up takes as long or longer
    /// @param progress hears the share that is done, 0 to 1
    public static List<Measurement.Latency> of(List<Model> models, double seconds, DoubleConsumer progress) {
        List<LoadedModel> loaded = new ArrayList<>();
        try {
            for (Model model : models) {
                Interpreter interpreter = Interpreter.of(Plan.of(model, PlanOptions.defaults()));
                WhittleModel whittle = new WhittleModel(interpreter);
                loaded.add(whittle);
                List<byte[]> inputs = RandomInputs.bytes(interpreter, 1);
                for (int i = 0; i < inputs.size(); i++) {
                    whittle.putInput(i, inputs.get(i));
                }
            }
            return new Interleaving(System::nanoTime, seconds, MIN_RUNS).run(loaded, progress).stream()
                    .map(timed -> timed.times().latency()).toList();
        } finally {
            loaded.forEach(LoadedModel::close);
        }
    }
}

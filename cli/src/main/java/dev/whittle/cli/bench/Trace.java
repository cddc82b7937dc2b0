package dev.whittle.cli.bench;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.plan.PlannedOperator;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A few inferences as a Chrome trace, for `chrome://tracing` or https://ui.perfetto.dev: a span for each inference and, in
/// it, one for each operator. Format: "Trace Event Format", complete events; times in microseconds.
///
/// @param traceEvents the spans
/// @param displayTimeUnit what the viewer shows times in
public record Trace(List<Span> traceEvents, String displayTimeUnit) {
    private static final double NANOS_PER_MICRO = 1e3;
    /// Viewers become slow with more.
    private static final int MAX_SPANS = 100_000;

    public Trace {
        traceEvents = List.copyOf(traceEvents);
    }

    /// @param ph the kind of event, `X` for one with a duration
    /// @param ts start
    /// @param dur duration
    public record Span(String name, String cat, String ph, double ts, double dur, int pid, int tid,
            Map<String, Object> args) {
        public Span {
            args = Map.copyOf(args);
        }
    }

    static Trace of(Interpreter interpreter, int runs) {
        // The first one loads the classes that spans need.
        inference(interpreter, 0, System.nanoTime());
        List<Span> spans = new ArrayList<>();
        long origin = System.nanoTime();
        for (int run = 0; run < runs && spans.size() < MAX_SPANS; run++) {
            spans.addAll(inference(interpreter, run, origin));
        }
        return new Trace(spans, "ns");
    }

    private static List<Span> inference(Interpreter interpreter, int run, long origin) {
        List<Span> operators = new ArrayList<>();
        long start = System.nanoTime();
        interpreter.invoke((operator, nanoseconds) -> operators.add(
                span(interpreter, operator, System.nanoTime() - nanoseconds - origin, nanoseconds)));
        operators.addFirst(new Span("inference", "inference", "X", (start - origin) / NANOS_PER_MICRO,
                (System.nanoTime() - start) / NANOS_PER_MICRO, 1, 1, Map.of("run", run)));
        return operators;
    }

    private static Span span(Interpreter interpreter, PlannedOperator operator, long start, long nanoseconds) {
        Tensor output = interpreter.plan().tensors().get(operator.operator().outputs().getFirst());
        return new Span(operator.operator().code().name(), "operator", "X", start / NANOS_PER_MICRO,
                nanoseconds / NANOS_PER_MICRO, 1, 1, Map.of("operator", operator.index(), "output", output.name(),
                        "shape", output.shape().toString()));
    }
}

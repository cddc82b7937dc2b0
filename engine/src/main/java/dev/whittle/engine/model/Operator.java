package dev.whittle.engine.model;

import java.util.List;

/// One step of a subgraph.
///
/// @param options what to do
/// @param inputs tensor indices; [#ABSENT] for an optional input that is not given
/// @param outputs tensor indices
/// @param intermediates tensor indices; they carry the quantization of values inside the operator (recurrent kernels of
///        integers) and hold nothing
/// @param version the operator version of the file, nominal: kernels go by types and shapes
public record Operator(Options options, List<Integer> inputs, List<Integer> outputs, List<Integer> intermediates,
        int version) {
    /// Stands for an optional input that is not given.
    public static final int ABSENT = -1;

    public Operator {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        intermediates = List.copyOf(intermediates);
    }

    /// An operator without intermediates.
    public Operator(Options options, List<Integer> inputs, List<Integer> outputs, int version) {
        this(options, inputs, outputs, List.of(), version);
    }

    public OperatorCode code() {
        return options.code();
    }
}

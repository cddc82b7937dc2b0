package dev.whittle.quantizer.microscope;

import java.util.List;

/// What [Trace] found.
///
/// @param model the quantized model
/// @param twin where the float twin's weights are from; the quantized model itself where no other was given
/// @param samples how many there were
/// @param unaligned operators with weights that have no partner in the float model
/// @param operators inputs of the model, then operators, in order
/// @param suspects the first is the worst; at most [#MOST_SUSPECTS]
public record TraceReport(String model, String twin, int samples, int unaligned, List<OperatorTrace> operators,
        List<Suspect> suspects) {
    static final int MOST_SUSPECTS = 5;

    public TraceReport {
        operators = List.copyOf(operators);
        suspects = List.copyOf(suspects);
    }

    /// The first suspect.
    public Suspect first() {
        return suspects.getFirst();
    }
}

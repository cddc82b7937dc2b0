package dev.whittle.quantizer.microscope;

import java.util.List;

/// The error of one output tensor of one operator on one sample, element by element, as a sum of parts (equations M1
/// and M2). It starts from the float twin's own output and changes one thing after another until it is what the integer
/// kernel gave; each part is one such difference, so that they add up to the whole error however large they are.
///
/// @param exact what the float twin has
/// @param stages the output after each change, one for each [Cause] in its order; the last is the kernel's
record ErrorSplit(float[] exact, List<float[]> stages) {

    int elementCount() {
        return exact.length;
    }

    /// What the integer kernel gave.
    float[] actual() {
        return stages.getLast();
    }

    /// The whole error of an element.
    double error(int element) {
        return (double) actual()[element] - exact[element];
    }

    /// The part of an element's error that has this cause.
    double part(Cause cause, int element) {
        int stage = cause.ordinal();
        float before = stage == 0 ? exact[element] : stages.get(stage - 1)[element];
        return (double) stages.get(stage)[element] - before;
    }

    /// The error that the operator itself makes on the inputs that it has: all parts but [Cause#PROPAGATED].
    double local(int element) {
        return (double) actual()[element] - stages.getFirst()[element];
    }
}

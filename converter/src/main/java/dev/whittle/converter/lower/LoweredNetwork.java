package dev.whittle.converter.lower;

import dev.whittle.engine.model.Model;
import dev.whittle.trainer.layer.FakeQuantize;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/// A network as a float model.
///
/// @param model with float tensors throughout
/// @param fakeQuantized the tensor of `model` that each fake quantization of the network stands behind
public record LoweredNetwork(Model model, SequencedMap<FakeQuantize, Integer> fakeQuantized) {
    public LoweredNetwork {
        fakeQuantized = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(fakeQuantized));
    }
}

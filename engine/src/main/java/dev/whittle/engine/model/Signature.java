package dev.whittle.engine.model;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/// A named entry point: argument and result names mapped to tensor indices of one subgraph.
public record Signature(String key, int subgraph, SequencedMap<String, Integer> inputs,
        SequencedMap<String, Integer> outputs) {

    public Signature {
        inputs = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(inputs));
        outputs = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(outputs));
    }
}

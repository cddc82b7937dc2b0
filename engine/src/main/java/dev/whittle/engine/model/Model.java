package dev.whittle.engine.model;

import java.util.List;
import java.util.Optional;

/// A model as data: immutable, and shared freely between plans, interpreters and threads.
///
/// @param source where it came from (the file name), for messages; not a part of the file
/// @param version the schema version, 3
/// @param subgraphs the first is the one that runs
public record Model(String source, int version, String description, List<Subgraph> subgraphs,
        List<Signature> signatures, List<Metadata> metadata) {
    /// The schema version that the engine reads and writes.
    public static final int SCHEMA_VERSION = 3;

    public Model {
        subgraphs = List.copyOf(subgraphs);
        signatures = List.copyOf(signatures);
        metadata = List.copyOf(metadata);
    }

    /// The subgraph that runs.
    public Subgraph primary() {
        return subgraphs.getFirst();
    }

    /// The metadata entry with the given name.
    public Optional<Buffer> metadata(String name) {
        return metadata.stream().filter(entry -> entry.name().equals(name)).map(Metadata::content).findFirst();
    }
}

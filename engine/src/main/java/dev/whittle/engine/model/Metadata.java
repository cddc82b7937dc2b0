package dev.whittle.engine.model;

/// A named blob that travels with a model and does not take part in inference.
public record Metadata(String name, Buffer content) {
}

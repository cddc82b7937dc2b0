package dev.whittle.quantizer.microscope.device;

/// Where an operator runs.
///
/// @param index its number in the first subgraph
/// @param operator its name in the schema, a custom operator's own name
/// @param name of its first output tensor; empty where it has none
/// @param isMapped true where the target runs it
/// @param reason why it is not mapped, or under which condition it is; empty where there is nothing to say
public record Placement(int index, String operator, String name, boolean isMapped, String reason) {
}

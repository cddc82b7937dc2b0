package dev.whittle.quantizer.microscope.lint;

/// A mistake that was found.
///
/// @param id of the [LintRule]
/// @param where an operator, a tensor, or what else of the model or run
/// @param found what was seen there
/// @param cure what to do about it
public record Finding(String id, Severity severity, String where, String found, String cure) {
}

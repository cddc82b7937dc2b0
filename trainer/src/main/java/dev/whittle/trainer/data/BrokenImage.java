package dev.whittle.trainer.data;

/// An image file that was left out.
///
/// @param name the path below the data folder
/// @param reason why it could not be decoded, without a full stop
public record BrokenImage(String name, String reason) {}

package dev.whittle.trainer.metrics;

/// How well one class is recognised, with that class as the positive one.
///
/// @param className the class, or "macro" for the mean over all classes
/// @param precision of the images taken for the class, the share that are
/// @param recall of the images of the class, the share taken for it
/// @param f1 the harmonic mean of the two
/// @param support images of the class
public record ClassScores(String className, double precision, double recall, double f1, int support) {}

/// A training as a folder: what decides it, where it ran, how it went, its weights, and how it is stopped and repeated.
@NullMarked
package dev.whittle.cli.training;

import org.jspecify.annotations.NullMarked;

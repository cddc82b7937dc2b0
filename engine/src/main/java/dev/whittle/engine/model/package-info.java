/// The immutable graph: what a `.tflite` file says, free of its byte format.
///
/// `Model` holds `Subgraph`s, which hold `Tensor`s and `Operator`s. Nothing here knows FlatBuffers, kernels or memory.
@NullMarked
package dev.whittle.engine.model;

import org.jspecify.annotations.NullMarked;

/// The TFLite file format: field slots of the schema, bounds-checked views over FlatBuffers, and the reader that turns a
/// file into a `Model`.
@NullMarked
package dev.whittle.engine.schema;

import org.jspecify.annotations.NullMarked;

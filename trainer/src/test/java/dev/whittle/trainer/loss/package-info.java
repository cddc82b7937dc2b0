@org.jspecify.annotations.NullMarked
package dev.whittle.trainer.loss;

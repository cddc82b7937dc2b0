/// Training that starts from a model of somebody else: its graph as a network, and a head for other classes.
@NullMarked
package dev.whittle.trainer.transfer;

import org.jspecify.annotations.NullMarked;

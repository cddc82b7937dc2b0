/// What training tells while it runs, and who listens: reports of batches and epochs, the history, the log.
@NullMarked
package dev.whittle.trainer.callback;

import org.jspecify.annotations.NullMarked;

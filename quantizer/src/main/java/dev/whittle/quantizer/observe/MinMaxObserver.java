package dev.whittle.quantizer.observe;

import org.jspecify.annotations.Nullable;

/// The smallest and the largest value ever seen: nothing that was observed saturates.
public final class MinMaxObserver implements Observer {
    private @Nullable Range seen;

    @Override
    public void observe(float[] values) {
        Range range = Range.of(values);
        seen = seen == null ? range : seen.union(range);
    }

    @Override
    public Range range() {
        if (seen == null) {
            throw new IllegalStateException("nothing observed yet");
        }
        return seen;
    }
}

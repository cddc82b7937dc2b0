package dev.whittle.quantizer.recipe;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Which weights share a scale.
public sealed interface Granularity {
    /// All of a tensor.
    record PerTensor() implements Granularity {
        @Override
        public String toString() {
            return "per_tensor";
        }
    }

    /// Those of an output channel.
    record PerChannel() implements Granularity {
        @Override
        public String toString() {
            return "per_channel";
        }
    }

    /// Runs along the last dimension of a fully-connected filter.
    ///
    /// @param size weights in a block; divides the row
    record Blockwise(int size) implements Granularity {
        public Blockwise {
            if (size < 1) {
                throw new IllegalArgumentException("block size " + size + ", must be 1 or more");
            }
        }

        @Override
        public String toString() {
            return "blockwise_" + size;
        }
    }

    /// The inverse of `toString`: `per_tensor`, `per_channel`, or `blockwise_32` for blocks of 32.
    ///
    /// @throws IllegalArgumentException when the text is another
    static Granularity parse(String text) {
        Matcher blockwise = Pattern.compile("blockwise_([1-9][0-9]{0,8})").matcher(text);
        if (blockwise.matches()) {
            return new Blockwise(Integer.parseInt(blockwise.group(1)));
        }
        return switch (text) {
            case "per_tensor" -> new PerTensor();
            case "per_channel" -> new PerChannel();
            default -> throw new IllegalArgumentException(
                    "\"" + text + "\", expected per_tensor, per_channel or blockwise_N");
        };
    }
}

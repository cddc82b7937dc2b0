package dev.whittle.quantizer.microscope;

import java.util.List;
import java.util.stream.IntStream;

/// What a model is looked at with: inputs as real numbers and, where they are known, classes. May be asked by several
/// threads at once; the same number gives the same sample every time.
public interface Samples {
    /// Stands for a class that is not known.
    int NO_LABEL = -1;

    /// How many there are; at least one.
    int count();

    /// One array for each input of the model, as many elements as the model's own shape has.
    List<float[]> inputs(int number);

    /// The class of a sample, or [#NO_LABEL].
    default int label(int number) {
        return NO_LABEL;
    }

    /// The inputs of all samples.
    default List<List<float[]>> all() {
        return IntStream.range(0, count()).mapToObj(this::inputs).toList();
    }

    /// Samples without classes.
    static Samples of(List<List<float[]>> inputs) {
        return new Samples() {
            @Override
            public int count() {
                return inputs.size();
            }

            @Override
            public List<float[]> inputs(int number) {
                return inputs.get(number);
            }
        };
    }
}

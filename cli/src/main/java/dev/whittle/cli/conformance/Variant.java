package dev.whittle.cli.conformance;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One folder with a model, the inputs of its cases, and the outputs that other kernels gave for them.
///
/// @param folder where `model.tflite`, `in_<case>_<i>.npy` and `out_<kernel>_<case>_<i>.npy` lie
/// @param path the folder relative to where the search began, with forward slashes
/// @param wholeModel true for the layout of real models (`cases` is a list), false for that of single operators
/// @param operator the operator, or the name of a whole model
/// @param elementType the flavour, such as `int8` or `hybrid`
/// @param stateful the cases run in order on one interpreter, variables kept; else each on a fresh one
/// @param kernels whose outputs count, such as `ref` and `builtin`
/// @param aliases the file that stands for an output file which is not stored because it is the same
record Variant(Path folder, String path, boolean wholeModel, String operator, String elementType, boolean stateful,
        List<String> kernels, Map<String, String> aliases, List<Case> cases, Tolerance tolerance) {

    Variant {
        kernels = List.copyOf(kernels);
        aliases = Map.copyOf(aliases);
        cases = List.copyOf(cases);
    }

    /// One set of inputs.
    ///
    /// @param signature the key of the signature to run, inputs and outputs sorted by name; null for the plain inputs
    /// @param inputs one `.npy` file for each input
    record Case(String name, @Nullable String signature, List<Path> inputs) {
        Case {
            inputs = List.copyOf(inputs);
        }
    }

    Path model() {
        return folder.resolve("model.tflite");
    }

    /// The file with output `index` of a case as `kernel` computed it; it need not exist.
    Path golden(String kernel, String caseName, int index) {
        String file = "out_%s_%s_%d.npy".formatted(kernel, caseName, index);
        return folder.resolve(aliases.getOrDefault(file, file));
    }
}

package dev.whittle.cli.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;

/// Another runtime for `.tflite` files, to compare with. Whittle itself has none and needs none; those on the class path
/// are found through [Provider].
public interface ReferenceRuntime {
    /// How to get the runtimes that belong to the project.
    String HOW_TO_GET = "mvn -q -Dmaven.test.skip=true -pl benchmarks -am package";

    /// What a person asks for it by, as in `tflite`.
    String name();

    /// Its version, as it gives it itself.
    String version();

    /// Why it cannot run on this machine; empty if it can.
    Optional<String> obstacle();

    /// A model in memory of its own, ready to run.
    ///
    /// @throws IllegalArgumentException if this runtime cannot run the model
    LoadedModel load(Path file, int threads);

    /// A library that brings runtimes, registered in `META-INF/services`.
    interface Provider {
        List<ReferenceRuntime> runtimes();
    }

    /// The runtimes of these names, in this order.
    ///
    /// @throws IllegalArgumentException if one is not there or cannot run here
    static List<ReferenceRuntime> named(List<String> names) {
        List<ReferenceRuntime> found = installed();
        if (found.isEmpty()) {
            throw new IllegalArgumentException("the reference runtime is not there, get it with: " + HOW_TO_GET);
        }
        List<ReferenceRuntime> chosen = new ArrayList<>();
        for (String name : names) {
            ReferenceRuntime runtime = found.stream().filter(candidate -> candidate.name().equals(name)).findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("no reference runtime is named \"%s\", there are %s"
                            .formatted(name, found.stream().map(ReferenceRuntime::name).toList())));
            runtime.obstacle().ifPresent(obstacle -> {
                throw new IllegalArgumentException("the reference runtime " + name + " cannot run here: " + obstacle);
            });
            chosen.add(runtime);
        }
        return List.copyOf(chosen);
    }

    private static List<ReferenceRuntime> installed() {
        List<ReferenceRuntime> found = new ArrayList<>();
        try {
            ServiceLoader.load(Provider.class).forEach(provider -> found.addAll(provider.runtimes()));
        } catch (ServiceConfigurationError | LinkageError e) {
            throw new IllegalArgumentException(
                    "the reference runtime is of another build (" + e.getMessage() + "); build it anew: " + HOW_TO_GET,
                    e);
        }
        return found;
    }
}

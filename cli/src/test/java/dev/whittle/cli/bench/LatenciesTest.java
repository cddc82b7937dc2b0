package dev.whittle.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.cli.TinyModel;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.schema.ModelReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LatenciesTest {
    @Test
    void eachModelHasItsOwnTimesAndProgressEndsWithAll(@TempDir Path folder) throws IOException {
        Model model = ModelReader.read(TinyModel.write(folder.resolve("float.tflite")));
        List<Double> shares = new ArrayList<>();

        List<Measurement.Latency> latencies = Latencies.of(List.of(model, model), 0.01, shares::add);

        assertThat(latencies).hasSize(2).allSatisfy(latency -> {
            assertThat(latency.p50()).isPositive();
            assertThat(latency.p99()).isGreaterThanOrEqualTo(latency.p50());
        });
        assertThat(shares).isSorted().last().isEqualTo(1.0);
    }
}

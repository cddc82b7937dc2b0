package dev.whittle.trainer.callback;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CsvLogTest {

    @Test
    void theLogHoldsAllEpochsAlsoThoseBeforeAResumption(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("history.csv");
        CsvLog log = new CsvLog(file);
        log.trainingStarted(2, 10, 320, List.of(new EpochReport(0, 0.75, 0.5, 0.5, 0.625, 0.001f, 1.25, 512, 2.5)));
        log.epochEnded(new EpochReport(1, 0.25, 1, Double.NaN, Double.NaN, 0.5f, 2, 300.25, 3.5));
        assertThat(Files.readAllLines(file)).containsExactly(
                "epoch,loss,accuracy,validation_loss,validation_accuracy,learning_rate,seconds,images_per_second,cpu_seconds",
                "1,0.75,0.5,0.5,0.625,0.001,1.250,512.0,2.500", "2,0.25,1.0,NaN,NaN,0.5,2.000,300.3,3.500");
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }
}

package dev.whittle.quantizer.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whittle.converter.reference.SampleModels;
import dev.whittle.converter.write.ModelWriter;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Metadata;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.quantizer.observe.CalibrationMethod;
import dev.whittle.quantizer.recipe.Mode;
import dev.whittle.quantizer.recipe.Recipe;
import dev.whittle.quantizer.rewrite.Ends;
import dev.whittle.quantizer.rewrite.Quantizer;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CalibrationRecordTest {
    private static final String HASH = "0123456789abcdef".repeat(4);

    private static RepresentativeSet samples(Model model) {
        return RandomSamples.of(model, RandomSamples.Distribution.of("uniform:0:255"), 8, 1);
    }

    @Test
    void aFileGivesItsRecordBack() {
        Model model = SampleModels.cnn(1);
        CalibrationRecord record = CalibrationRecord.of(samples(model), "entropy", List.of("equalize", "bias"))
                .withMethods(Map.of("softmax", "min_max"));

        Model written = ModelReader.read("m", ByteBuffer.wrap(ModelWriter.toBytes(record.attachTo(model))));

        assertThat(CalibrationRecord.of(written)).contains(record);
        assertThat(written.metadata("labels.txt")).isPresent();
        assertThat(CalibrationRecord.of(model)).isEmpty();
    }

    @Test
    void aRecordReplacesTheOneBefore() {
        Model model = SampleModels.cnn(1);
        CalibrationRecord record = CalibrationRecord.of(samples(model), "mse", List.of());

        Model twice = record.attachTo(CalibrationRecord.of(samples(model), "entropy", List.of()).attachTo(model));

        assertThat(twice).isEqualTo(record.attachTo(model));
    }

    @Test
    void longListsAreCutButTheirDigestIsNot() {
        RepresentativeSet set = new RepresentativeSet("many", 1000, Collections.nCopies(1000, HASH), List.of());

        CalibrationRecord record = CalibrationRecord.of(set, "min_max", List.of());

        assertThat(record.hashes()).hasSize(256).containsOnly("0123456789abcdef");
        assertThat(record.sampleCount()).isEqualTo(1000);
        assertThat(record.holds(HASH)).isTrue();
        assertThat(record.holds("f".repeat(64))).isFalse();
        assertThat(record.digest()).isNotEqualTo(CalibrationRecord
                .of(new RepresentativeSet("many", 1000, Collections.nCopies(999, HASH), List.of()), "min_max",
                        List.of())
                .digest());
    }

    @Test
    void metadataThatIsNoRecordFailsNamingTheFile() {
        Model model = SampleModels.cnn(1);
        Model broken = new Model(model.source(), model.version(), "", model.subgraphs(), model.signatures(),
                List.of(new Metadata(CalibrationRecord.METADATA_NAME, Buffer.of((byte) '{'))));

        assertThatThrownBy(() -> CalibrationRecord.of(broken)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("[sample] metadata \"whittle.calibration\" cannot be read: ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"min_max", "moving_average", "percentile", "entropy", "mse"})
    void filesAreEqualFromRunToRunAndForOneAndTwoThreads(String method) {
        byte[] once = quantized(method, 1);

        assertThat(quantized(method, 1)).isEqualTo(once);
        assertThat(quantized(method, 2)).isEqualTo(once);
    }

    private static byte[] quantized(String method, int threads) {
        Model model = SampleModels.cnn(1);
        RepresentativeSet set = samples(model);
        Calibration calibration = Calibrator.of(CalibrationMethod.of(method)).withThreads(threads).calibrate(model,
                set.samples());
        return ModelWriter.toBytes(CalibrationRecord.of(set, method, List.of())
                .attachTo(Quantizer.quantize(model, Recipe.of(Mode.INT8), calibration,
                        new Ends(ElementType.INT8, ElementType.INT8))));
    }
}

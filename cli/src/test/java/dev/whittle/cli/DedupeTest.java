package dev.whittle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class DedupeTest {
    @TempDir private static Path folder;
    private static Path photos;

    /// Of eight test images one is a training image and one a copy of another class.
    @BeforeAll
    static void writePhotographs() throws IOException {
        photos = TinyModel.writePhotographs(folder.resolve("photos"), 40, 8);
        Files.copy(photos.resolve("train/ok_front/casting_003.png"), photos.resolve("test/ok_front/copy.png"));
        Files.copy(photos.resolve("train/ok_front/casting_005.png"), photos.resolve("test/def_front/wrong.png"));
        Files.writeString(photos.resolve("train/ok_front/broken.png"), "no picture");
    }

    @Test
    void leaksAreCountedAndListed() throws IOException {
        Path groups = folder.resolve("groups.csv");
        Path sheet = folder.resolve("leaks.png");
        Run run = Run.of("data", "dedupe", photos, "--threshold", "0.999", "--groups", groups, "--sheet", sheet,
                "--json", "--threads", "2");

        assertThat(run.code()).as(run.err()).isZero();
        JsonNode document = Json.tree("dedupe", run.out());
        assertThat(document.at("/format").asInt()).isEqualTo(1);
        assertThat(document.at("/images").asInt()).isEqualTo(50);
        assertThat(document.at("/groups").asInt()).isEqualTo(48);
        assertThat(document.at("/largestGroup").asInt()).isEqualTo(2);
        JsonNode leak = document.at("/leaks/0");
        assertThat(leak.at("/set").asString()).isEqualTo("test");
        assertThat(leak.at("/of").asString()).isEqualTo("train");
        assertThat(leak.at("/images").asInt()).isEqualTo(10);
        assertThat(leak.at("/pixelIdentical").asInt()).isEqualTo(2);
        assertThat(leak.at("/near").asInt()).isEqualTo(2);
        assertThat(leak.at("/inOtherClass").asInt()).isEqualTo(1);
        assertThat(document.at("/nearestNeighbour/0/division").asString()).isEqualTo("as published");
        assertThat(document.at("/nearestNeighbour/0/testImages").asInt()).isEqualTo(10);
        assertThat(document.at("/nearestNeighbour/0/seenImages").asInt()).isEqualTo(40);
        assertThat(document.at("/nearestNeighbour/1/division").asString()).isEqualTo("by group");
        assertThat(document.at("/broken/0/name").asString()).isEqualTo("train/ok_front/broken.png");
        assertThat(sheet).isNotEmptyFile();
        List<String> lines = Files.readAllLines(groups);
        assertThat(lines).hasSize(51).startsWith("group,set,path,label");
        String group =
                lines.stream().filter(line -> line.contains("casting_003")).findFirst().orElseThrow().split(",")[0];
        assertThat(lines).contains(group + ",test,test/ok_front/copy.png,ok_front");
    }

    @Test
    void listsOfADivisionByGroupCanBeTrainedFrom() throws IOException {
        Path lists = folder.resolve("lists");
        Run run = Run.of("data", "dedupe", photos, "--threshold", "0.999", "--split", lists, "--no-baseline", "--seed",
                "3");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).contains("50 images in 48 groups", "wrote " + lists.resolve("train.csv"))
                .containsSubsequence("images of", "seen in", "same pixels", "near-duplicates")
                .doesNotContain("nearest neighbour");
        Map<String, String> setOfGroup = new HashMap<>();
        int images = 0;
        for (String set : List.of("train", "validation", "test")) {
            List<String> lines = Files.readAllLines(lists.resolve(set + ".csv"));
            assertThat(lines.getFirst()).isEqualTo("path,label,group");
            assertThat(lines.size()).isGreaterThan(4);
            for (String line : lines.subList(1, lines.size())) {
                images++;
                assertThat(setOfGroup.computeIfAbsent(line.split(",")[2], group -> set)).isEqualTo(set);
            }
        }
        assertThat(images).isEqualTo(50);

        Run data = Run.of("data", "--data", lists, "--json");
        assertThat(data.code()).as(data.err()).isZero();
        JsonNode document = Json.tree("data", data.out());
        assertThat(document.at("/seenTestImages").asInt()).isZero();
        assertThat(document.at("/splitRule").asString()).startsWith("All sets are the data's own; 0 of the ");
        Run train = Run.of("train", "--data", lists, "--size", "32", "--epochs", "1", "--out", folder.resolve("out"));
        assertThat(train.code()).as(train.err()).isZero();
    }

    @Test
    void wrongOptionsAreWrongUsage() {
        assertThat(Run.of("data", "dedupe", photos, "--threshold", "0")).isEqualTo(Run.misused(
                "whittle data dedupe: --threshold is 0.0, must be above 0 and at most 1 (see whittle data dedupe --help)"));
        assertThat(Run.of("data", "dedupe", photos, "--groups", "groups.txt")).isEqualTo(Run.misused(
                "whittle data dedupe: --groups is groups.txt, must end in .csv or .json (see whittle data dedupe --help)"));
    }

    @Test
    void helpHasExamples() {
        Run run = Run.of("data", "dedupe", "--help");
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("Usage: whittle data dedupe", "Exit codes:", "Example:",
                "  whittle data dedupe photos --split lists --seed 3 --no-baseline");
    }
}
